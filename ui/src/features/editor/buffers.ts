//! The open files of one project: Monaco's models, what the disk held when they were read, and what to do when it
//! changes. A person's unsaved text is never replaced: the disk's text waits beside it until they choose.
import type { FileContent, OpenFile, Saved } from '../../server/types'
import { lineEdits, withOwnEndings } from './edits'
import { addressOf, monaco } from './monaco'

/** The project's files, as the server keeps them. `write` answers `stale` when the file is not what `hash` says. */
export interface Disk {
  read(path: string): Promise<FileContent | 'gone'>
  write(path: string, content: string, hash: string | undefined): Promise<Saved | 'stale'>
}

export type BufferState = 'loading' | 'text' | 'binary' | 'large' | 'gone' | 'failed'

/** The disk's side of a file that has unsaved changes here. */
export interface Clash {
  /** Absent: the file was deleted. */
  readonly content: string | undefined
  readonly hash: string | undefined
}

export interface BufferInfo {
  readonly path: string
  readonly state: BufferState
  readonly dirty: boolean
  readonly saving: boolean
  readonly size: number
  readonly hash: string | undefined
  readonly clash: Clash | undefined
  /** Why it could not be read or saved, for a person. */
  readonly problem: string | undefined
  readonly eol: 'LF' | 'CRLF' | 'Mixed'
}

interface Buffer {
  info: BufferInfo
  model: monaco.editor.ITextModel | undefined
  savedVersion: number
  /** The text as it was read, kept only where line ends are mixed. */
  original: string | undefined
  quiet: boolean
}

export class Buffers {
  readonly #disk: Disk
  readonly #buffers = new Map<string, Buffer>()
  readonly #listeners = new Set<() => void>()
  readonly #textListeners = new Set<(path: string) => void>()
  #snapshot: ReadonlyMap<string, BufferInfo> = new Map()

  constructor(disk: Disk) {
    this.#disk = disk
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  readonly snapshot = (): ReadonlyMap<string, BufferInfo> => this.#snapshot

  /** Tells of every change of a text, by the person or from the disk. */
  onText(listener: (path: string) => void): () => void {
    this.#textListeners.add(listener)
    return () => this.#textListeners.delete(listener)
  }

  model(path: string): monaco.editor.ITextModel | undefined {
    return this.#buffers.get(path)?.model
  }

  text(path: string): string | undefined {
    return this.#buffers.get(path)?.model?.getValue()
  }

  async open(path: string): Promise<void> {
    if (this.#buffers.has(path)) return
    this.#buffers.set(path, {
      info: blank(path),
      model: undefined,
      savedVersion: 0,
      original: undefined,
      quiet: false,
    })
    this.#tell()
    await this.#load(path)
  }

  async reload(path: string): Promise<void> {
    if (!this.#buffers.has(path)) return this.open(path)
    await this.#load(path)
  }

  /** Forgets the file and its undo history; asking about unsaved text is the caller's. */
  close(path: string): void {
    this.#buffers.get(path)?.model?.dispose()
    this.#buffers.delete(path)
    this.#tell()
  }

  dispose(): void {
    for (const buffer of this.#buffers.values()) buffer.model?.dispose()
    this.#buffers.clear()
    this.#listeners.clear()
    this.#textListeners.clear()
  }

  /** A renamed file keeps its text, dirty or not; Monaco needs a new model for the new address. */
  async renamed(from: string, to: string): Promise<void> {
    const unsaved = this.#buffers.get(from)?.info.dirty === true ? this.text(from) : undefined
    this.close(from)
    await this.open(to)
    const model = this.model(to)
    if (unsaved !== undefined && model) model.setValue(unsaved)
  }

  dirty(): string[] {
    return [...this.#buffers.values()].filter((buffer) => buffer.info.dirty).map((buffer) => buffer.info.path)
  }

  /** What a task must see beside the disk. */
  unsaved(): OpenFile[] {
    return this.dirty().flatMap((path) => {
      const content = this.#outgoing(path)
      return content === undefined ? [] : [{ path, content }]
    })
  }

  /** True when the file is on disk as it stands here. */
  async save(path: string): Promise<boolean> {
    const buffer = this.#buffers.get(path)
    const content = this.#outgoing(path)
    if (!buffer?.model || content === undefined || buffer.info.saving) return false
    if (!buffer.info.dirty && buffer.info.state === 'text') return true
    const version = buffer.model.getAlternativeVersionId()
    this.#set(path, { saving: true, problem: undefined })
    try {
      const saved = await this.#disk.write(path, content, buffer.info.hash)
      if (saved === 'stale') {
        await this.#clash(path)
        return false
      }
      buffer.savedVersion = version
      if (buffer.original !== undefined) buffer.original = content
      this.#set(path, {
        saving: false,
        state: 'text',
        hash: saved.hash,
        clash: undefined,
        dirty: buffer.model.getAlternativeVersionId() !== version,
      })
      return true
    } catch (error) {
      this.#set(path, { saving: false, problem: inWords(error) })
      return false
    }
  }

  /** The file changed on disk, or went away, by whatever hand. */
  async changedOnDisk(path: string, hash: string | undefined): Promise<void> {
    const buffer = this.#buffers.get(path)
    if (!buffer || buffer.info.saving || (hash !== undefined && hash === buffer.info.hash)) return
    if (buffer.info.dirty) await this.#clash(path)
    else await this.#load(path)
  }

  /** Looks at every open file again: after a gap in the feed nobody knows what changed. */
  async recheck(): Promise<void> {
    await Promise.all(
      [...this.#buffers.values()].map(async ({ info }) => {
        const found = await this.#disk.read(info.path).catch(() => undefined)
        if (found !== undefined)
          await this.changedOnDisk(info.path, found === 'gone' ? undefined : found.hash)
      }),
    )
  }

  /** The person's text wins: it is saved over what the disk holds now. */
  async keepMine(path: string): Promise<boolean> {
    const clash = this.#buffers.get(path)?.info.clash
    if (!clash) return false
    this.#set(path, { hash: clash.hash, clash: undefined, dirty: true })
    return this.save(path)
  }

  /** The disk's text comes in as one step that can be undone, so that even this choice loses nothing. */
  takeTheirs(path: string): void {
    const buffer = this.#buffers.get(path)
    const clash = buffer?.info.clash
    if (!buffer?.model || !clash) return
    if (clash.content === undefined) {
      this.#set(path, { clash: undefined, state: 'gone', hash: undefined })
      return
    }
    this.#bring(buffer, clash.content)
    buffer.savedVersion = buffer.model.getAlternativeVersionId()
    this.#set(path, { clash: undefined, hash: clash.hash, dirty: false })
  }

  async #load(path: string): Promise<void> {
    const buffer = this.#buffers.get(path)
    if (!buffer) return
    try {
      const found = await this.#disk.read(path)
      if (this.#buffers.get(path) !== buffer) return
      if (buffer.info.dirty) return await this.#clash(path)
      if (found === 'gone') {
        this.#set(path, { state: 'gone', hash: undefined, problem: undefined })
        return
      }
      if (found.content == null) {
        const state = found.text.encoding === 'unknown' ? 'binary' : 'large'
        this.#set(path, { state, size: found.size, hash: found.hash, problem: undefined })
        return
      }
      this.#fill(buffer, path, found, found.content)
    } catch (error) {
      if (this.#buffers.get(path) === buffer) this.#set(path, { state: 'failed', problem: inWords(error) })
    }
  }

  #fill(buffer: Buffer, path: string, found: FileContent, content: string): void {
    if (buffer.model) this.#bring(buffer, content)
    else {
      const address = addressOf(path)
      monaco.editor.getModel(address)?.dispose()
      const model = monaco.editor.createModel(content, undefined, address)
      buffer.model = model
      model.onDidChangeContent(() => this.#typed(path))
    }
    const model = buffer.model
    buffer.savedVersion = model?.getAlternativeVersionId() ?? 0
    buffer.original = found.text.lineEnding === 'mixed' ? content : undefined
    const eol = found.text.lineEnding === 'mixed' ? 'Mixed' : found.text.lineEnding === 'crlf' ? 'CRLF' : 'LF'
    this.#set(path, {
      state: 'text',
      dirty: false,
      size: found.size,
      hash: found.hash,
      problem: undefined,
      eol,
    })
    for (const listener of this.#textListeners) listener(path)
  }

  #bring(buffer: Buffer, content: string): void {
    const model = buffer.model
    if (!model) return
    const edits = lineEdits(model.getLinesContent(), content.split(/\r?\n/))
    if (edits.length === 0) return
    buffer.quiet = true
    model.pushStackElement()
    model.pushEditOperations(
      [],
      edits.map((edit) => asOperation(model, edit)),
      () => null,
    )
    model.pushStackElement()
    buffer.quiet = false
  }

  #typed(path: string): void {
    const buffer = this.#buffers.get(path)
    if (!buffer?.model || buffer.quiet) return
    const dirty = buffer.model.getAlternativeVersionId() !== buffer.savedVersion
    if (dirty !== buffer.info.dirty) this.#set(path, { dirty })
    for (const listener of this.#textListeners) listener(path)
  }

  async #clash(path: string): Promise<void> {
    const found = await this.#disk.read(path).catch(() => undefined)
    const buffer = this.#buffers.get(path)
    if (!buffer) return
    if (found === undefined) {
      this.#set(path, { saving: false, problem: 'The file changed on disk, and could not be read again.' })
      return
    }
    if (found !== 'gone' && found.content !== undefined && found.content === this.#outgoing(path)) {
      buffer.savedVersion = buffer.model?.getAlternativeVersionId() ?? 0
      this.#set(path, { saving: false, hash: found.hash, clash: undefined, dirty: false })
      return
    }
    const clash =
      found === 'gone'
        ? { content: undefined, hash: undefined }
        : { content: found.content ?? undefined, hash: found.hash }
    if (clash.hash === buffer.info.hash && clash.hash !== undefined) this.#set(path, { saving: false })
    else this.#set(path, { saving: false, clash })
  }

  #outgoing(path: string): string | undefined {
    const buffer = this.#buffers.get(path)
    const text = buffer?.model?.getValue()
    if (!buffer || text === undefined) return undefined
    return buffer.original === undefined ? text : withOwnEndings(buffer.original, text)
  }

  #set(path: string, part: Partial<BufferInfo>): void {
    const buffer = this.#buffers.get(path)
    if (!buffer) return
    buffer.info = { ...buffer.info, ...part }
    this.#tell()
  }

  #tell(): void {
    this.#snapshot = new Map([...this.#buffers].map(([path, buffer]) => [path, buffer.info]))
    for (const listener of this.#listeners) listener()
  }
}

function blank(path: string): BufferInfo {
  return {
    path,
    state: 'loading',
    dirty: false,
    saving: false,
    size: 0,
    hash: undefined,
    clash: undefined,
    problem: undefined,
    eol: 'LF',
  }
}

/** An edit of whole lines as a range of the model; the last line of a text has no line end to take with it. */
function asOperation(
  model: monaco.editor.ITextModel,
  edit: { readonly from: number; readonly to: number; readonly lines: readonly string[] },
): monaco.editor.IIdentifiedSingleEditOperation {
  const count = model.getLineCount()
  const end = model.getEOL()
  const text = edit.lines.join(end)
  if (edit.to <= count) {
    const whole = edit.lines.length > 0 ? text + end : ''
    return { range: new monaco.Range(edit.from, 1, edit.to, 1), text: whole }
  }
  if (edit.from > count) {
    const column = model.getLineMaxColumn(count)
    return { range: new monaco.Range(count, column, count, column), text: end + text }
  }
  const last = model.getLineMaxColumn(count)
  if (edit.lines.length > 0 || edit.from === 1)
    return { range: new monaco.Range(edit.from, 1, count, last), text }
  return {
    range: new monaco.Range(edit.from - 1, model.getLineMaxColumn(edit.from - 1), count, last),
    text: '',
  }
}

function inWords(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong.'
}
