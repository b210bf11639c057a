// The texts of a project as the person sees them: the disk, with unsaved buffers laid over. For the preview and for the
// language services; bounded, because a project may be of any size.
import type { Buffers } from '../../features/editor/buffers'
import type { FileContent, FileEntry } from '../../server/types'

const MOST_FILES = 800
const LARGEST_BYTES = 400_000
const AT_ONCE = 4

const TEXT =
  /\.([cm]?[jt]sx?|json|css|scss|sass|less|html?|svg|md|mdx|txt|csv|ya?ml|toml|graphql|gql|vue|svelte|glsl|wgsl)$/i

type Read = (path: string) => Promise<FileContent | 'gone'>

export class ProjectTexts {
  readonly #read: Read
  readonly #disk = new Map<string, string>()
  readonly #listeners = new Set<() => void>()
  readonly #stop: () => void
  #buffers: Buffers
  #wanted = new Set<string>()
  #loaded = false
  #snapshot: { texts: ReadonlyMap<string, string>; loaded: boolean } = { texts: new Map(), loaded: false }

  constructor(read: Read, buffers: Buffers) {
    this.#read = read
    this.#buffers = buffers
    this.#stop = buffers.onText((path) => {
      if (TEXT.test(path)) this.#tell()
    })
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  readonly snapshot = () => this.#snapshot

  /** Reads what is new in the list, forgets what is not in it. */
  async list(entries: readonly FileEntry[]): Promise<void> {
    const wanted = entries
      .filter(
        (entry) =>
          entry.kind === 'file' && !entry.ignored && entry.size <= LARGEST_BYTES && TEXT.test(entry.path),
      )
      .slice(0, MOST_FILES)
      .map((entry) => entry.path)
    this.#wanted = new Set(wanted)
    for (const path of this.#disk.keys()) if (!this.#wanted.has(path)) this.#disk.delete(path)
    await this.#readAll(wanted.filter((path) => !this.#disk.has(path)))
    this.#loaded = true
    this.#tell()
  }

  /** A file changed on disk. */
  async changed(path: string): Promise<void> {
    if (!TEXT.test(path)) return
    await this.#readAll([path])
    this.#tell()
  }

  /** Anything may have changed. */
  async recheck(): Promise<void> {
    await this.#readAll([...this.#wanted])
    this.#tell()
  }

  /** A closed buffer with unsaved text gives its place back to the disk. */
  refresh(): void {
    this.#tell()
  }

  dispose(): void {
    this.#stop()
    this.#listeners.clear()
  }

  async #readAll(paths: readonly string[]): Promise<void> {
    const queue = [...paths]
    const worker = async () => {
      for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
        const found = await this.#read(path).catch(() => undefined)
        if (found === 'gone') this.#disk.delete(path)
        else if (typeof found?.content === 'string') this.#disk.set(path, found.content)
      }
    }
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, queue.length) }, worker))
  }

  #tell(): void {
    const texts = new Map(this.#disk)
    for (const [path, info] of this.#buffers.snapshot()) {
      const text = this.#buffers.text(path)
      if (info.state === 'text' && text !== undefined && TEXT.test(path)) texts.set(path, text)
    }
    this.#snapshot = { texts, loaded: this.#loaded }
    for (const listener of this.#listeners) listener()
  }
}
