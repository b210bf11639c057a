// The project's files as a tree: one stop for Tab, arrows and letters inside, names edited in place.
import { ChevronDown, ChevronRight, Folder, FolderOpen } from 'lucide-react'
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import { Confirm, type Question } from '../../kit/confirm'
import { FileIcon } from '../../kit/file-icon'
import type { FileEntry } from '../../server/types'
import { RowMenu } from './row-menu'
import {
  baseName,
  foldersAbove,
  joinPath,
  type Mark,
  move,
  nameProblem,
  parentOf,
  type TreeRow,
  typeahead,
  visibleRows,
} from './tree'

export type FileActs = {
  createFile: (path: string) => Promise<void>
  createFolder: (path: string) => Promise<void>
  rename: (from: string, to: string) => Promise<void>
  remove: (path: string) => Promise<void>
}

/** What the buttons above the tree ask of it. */
export type TreeRequest = { kind: 'new-file' | 'new-folder' | 'collapse' }

type FileTreeProps = {
  entries: readonly FileEntry[]
  marks: ReadonlyMap<string, Mark>
  open: ReadonlySet<string>
  onOpen: (open: ReadonlySet<string>) => void
  selected: string | undefined
  request: TreeRequest | undefined
  acts: FileActs
  onSelect: (path: string) => void
  onProblem: (error: unknown) => void
}

type Editing = { kind: 'file' | 'folder' | 'rename'; folder: string; path: string; name: string }

const TYPED_FOR_MS = 700

export function FileTree(props: FileTreeProps) {
  const { entries, marks, open, onOpen, selected, request, acts, onSelect, onProblem } = props
  const rows = useMemo(() => visibleRows(entries, open, marks), [entries, open, marks])
  const taken = useMemo(() => new Set(entries.map((entry) => entry.path)), [entries])
  const [focused, setFocused] = useState<string>()
  const [editing, setEditing] = useState<Editing>()
  const [question, setQuestion] = useState<Question>()
  const typed = useRef({ text: '', at: 0 })
  const host = useRef<HTMLDivElement>(null)
  const at = Math.max(
    rows.findIndex((row) => row.path === (focused ?? selected)),
    0,
  )

  // biome-ignore lint/correctness/useExhaustiveDependencies: a request is answered once, when it is made
  useEffect(() => {
    if (!request) return
    if (request.kind === 'collapse') {
      onOpen(new Set())
      return
    }
    const row = rows[at]
    const folder =
      focused === undefined && selected === undefined
        ? ''
        : row?.kind === 'folder'
          ? row.path
          : parentOf(row?.path ?? '')
    begin({ kind: request.kind === 'new-file' ? 'file' : 'folder', folder, path: '', name: '' })
  }, [request])

  const begin = (next: Editing) => {
    if (next.folder !== '') onOpen(new Set([...open, next.folder, ...foldersAbove(next.folder)]))
    setEditing(next)
  }
  const focus = (index: number) => {
    const row = rows[index]
    if (!row) return
    setFocused(row.path)
    host.current?.querySelectorAll<HTMLElement>('[role="treeitem"]')[index]?.focus()
  }
  const toggle = (path: string) => {
    const next = new Set(open)
    if (!next.delete(path)) next.add(path)
    onOpen(next)
  }
  const activate = (row: TreeRow) => {
    setFocused(row.path)
    if (row.kind === 'folder') toggle(row.path)
    else onSelect(row.path)
  }
  const askRemove = (row: TreeRow) =>
    setQuestion({
      title: `Delete ${row.name}?`,
      text:
        row.kind === 'folder'
          ? 'The folder and everything in it goes away from this computer.'
          : 'The file goes away from this computer.',
      safe: 'Keep it',
      act: { label: 'Delete', danger: true, run: () => void acts.remove(row.path).catch(onProblem) },
    })
  const startRename = (row: TreeRow) =>
    begin({ kind: 'rename', folder: parentOf(row.path), path: row.path, name: row.name })

  const onKey = (event: KeyboardEvent) => {
    const row = rows[at]
    if (event.ctrlKey || event.metaKey || event.altKey || !row) return
    const moved = move(rows, at, event.key)
    if (moved) {
      event.preventDefault()
      if (moved.toggle) toggle(row.path)
      else focus(moved.to)
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      activate(row)
    } else if (event.key === 'F2' && !row.proposed) {
      event.preventDefault()
      startRename(row)
    } else if (event.key === 'Delete' && !row.proposed) {
      event.preventDefault()
      askRemove(row)
    } else if (event.key.length === 1) {
      event.preventDefault()
      const now = event.timeStamp
      const text = now - typed.current.at < TYPED_FOR_MS ? typed.current.text + event.key : event.key
      typed.current = { text, at: now }
      focus(typeahead(rows, at, text))
    }
  }

  const finish = async (name: string) => {
    const now = editing
    setEditing(undefined)
    if (!now || name === '' || (now.kind === 'rename' && name === now.name)) return
    const path = joinPath(now.folder, name)
    try {
      if (now.kind === 'file') await acts.createFile(path)
      else if (now.kind === 'folder') await acts.createFolder(path)
      else await acts.rename(now.path, path)
      setFocused(path)
    } catch (error) {
      onProblem(error)
    }
  }

  const field = editing && (
    <NameField
      key="editing"
      initial={editing.name}
      label={
        editing.kind === 'rename'
          ? `New name of ${editing.name}`
          : editing.kind === 'file'
            ? 'Name of the new file'
            : 'Name of the new folder'
      }
      problem={(name) =>
        editing.kind === 'rename' && name === editing.name
          ? undefined
          : nameProblem(name, editing.folder, taken)
      }
      depth={editing.folder === '' ? 0 : editing.folder.split('/').length}
      folder={editing.kind === 'folder'}
      onDone={(name) => void finish(name)}
    />
  )
  const creating = editing && editing.kind !== 'rename'
  return (
    <div ref={host} className="tree" role="tree" aria-label="Files" data-testid="file-tree" onKeyDown={onKey}>
      {creating && editing.folder === '' && field}
      {rows.map((row, index) => (
        <div key={row.path} role="none">
          {editing?.kind === 'rename' && editing.path === row.path ? (
            field
          ) : (
            <RowMenu
              row={row}
              onNew={(kind) =>
                begin({
                  kind,
                  folder: row.kind === 'folder' ? row.path : parentOf(row.path),
                  path: '',
                  name: '',
                })
              }
              onRename={() => startRename(row)}
              onDelete={() => askRemove(row)}
            >
              <div
                className="tree-row"
                role="treeitem"
                style={{ '--d': row.depth }}
                tabIndex={index === at ? 0 : -1}
                aria-level={row.depth + 1}
                aria-posinset={row.position}
                aria-setsize={row.siblings}
                aria-selected={row.path === selected}
                aria-expanded={row.kind === 'folder' ? row.open : undefined}
                aria-label={labelOf(row)}
                data-dim={row.ignored || undefined}
                data-path={row.path}
                onClick={() => activate(row)}
                onFocus={() => setFocused(row.path)}
              >
                <RowIcon row={row} />
                <span
                  className={row.mark || row.holdsMark ? 'name ai' : 'name'}
                  data-gone={row.mark === 'deleted' || undefined}
                >
                  {row.name}
                </span>
                {row.mark && (
                  <span className="st ai" title={MARK_WORDS[row.mark]}>
                    {MARK_LETTERS[row.mark]}
                  </span>
                )}
                {row.holdsMark && <span className="dot dot--ai push" title="Proposed changes inside" />}
              </div>
            </RowMenu>
          )}
          {creating && editing.folder === row.path && field}
        </div>
      ))}
      <Confirm question={question} onClose={() => setQuestion(undefined)} />
    </div>
  )
}

const MARK_LETTERS: Readonly<Record<Mark, string>> = { added: 'A', modified: 'M', deleted: 'D' }
const MARK_WORDS: Readonly<Record<Mark, string>> = {
  added: 'Proposed new file',
  modified: 'Proposed change',
  deleted: 'Proposed to be deleted',
}

function labelOf(row: TreeRow): string {
  const mark = row.mark ? `, ${MARK_WORDS[row.mark].toLowerCase()}` : ''
  return `${baseName(row.path)}${mark}${row.ignored ? ', ignored' : ''}`
}

function RowIcon({ row }: { row: TreeRow }) {
  if (row.kind !== 'folder') {
    return (
      <>
        <span className="i-gap" />
        <FileIcon path={row.path} />
      </>
    )
  }
  const Arrow = row.open ? ChevronDown : ChevronRight
  const Icon = row.open ? FolderOpen : Folder
  return (
    <>
      <Arrow className="i" aria-hidden />
      <Icon className="i i--s" aria-hidden />
    </>
  )
}

type NameFieldProps = {
  initial: string
  label: string
  depth: number
  folder: boolean
  problem: (name: string) => string | undefined
  onDone: (name: string) => void
}

function NameField({ initial, label, depth, folder, problem, onDone }: NameFieldProps) {
  const [name, setName] = useState(initial)
  const input = useRef<HTMLInputElement>(null)
  const done = useRef(false)
  const wrong = problem(name.trim())
  useEffect(() => {
    const dot = initial.lastIndexOf('.')
    input.current?.focus()
    input.current?.setSelectionRange(0, dot > 0 ? dot : initial.length)
  }, [initial])
  const finish = (value: string) => {
    if (done.current) return
    done.current = true
    onDone(value)
  }
  return (
    <div className="tree-row tree-row--edit" style={{ '--d': depth }}>
      <span className="i-gap" />
      {folder ? <Folder className="i i--s" aria-hidden /> : <FileIcon path={name} />}
      <input
        ref={input}
        className="tree-row__input"
        aria-label={label}
        aria-invalid={wrong !== undefined}
        aria-describedby={wrong ? 'name-problem' : undefined}
        value={name}
        spellCheck={false}
        onChange={(event) => setName(event.target.value)}
        onBlur={() => finish(wrong === undefined ? name.trim() : '')}
        onKeyDown={(event) => {
          event.stopPropagation()
          if (event.key === 'Escape') finish('')
          if (event.key === 'Enter' && wrong === undefined) finish(name.trim())
        }}
      />
      {wrong && (
        <span id="name-problem" className="tip tree-row__problem error" role="alert">
          {wrong}
        </span>
      )}
    </div>
  )
}
