//! The file tree as plain rows: what the server lists, with what an agent proposes laid over it. No DOM, no state.
import type { FileEntry } from '../../server/types'

/** What a pending change set does to a path. */
export type Mark = 'added' | 'modified' | 'deleted'

export interface TreeRow {
  readonly path: string
  readonly name: string
  readonly depth: number
  readonly kind: FileEntry['kind']
  readonly open: boolean
  readonly ignored: boolean
  /** Only proposed: not on disk. */
  readonly proposed: boolean
  readonly mark: Mark | undefined
  /** Something below this folder is proposed, and the folder is closed. */
  readonly holdsMark: boolean
  readonly position: number
  readonly siblings: number
}

interface Node {
  readonly path: string
  readonly name: string
  kind: FileEntry['kind']
  ignored: boolean
  proposed: boolean
  readonly children: Map<string, Node>
}

/** The rows that are in sight when the folders in `open` are open. */
export function visibleRows(
  entries: readonly FileEntry[],
  open: ReadonlySet<string>,
  marks: ReadonlyMap<string, Mark>,
): TreeRow[] {
  const rows: TreeRow[] = []
  const marked = [...marks.keys()]
  const walk = (node: Node, depth: number) => {
    const children = [...node.children.values()].sort(byKindThenName)
    children.forEach((child, index) => {
      const isOpen = child.kind === 'folder' && open.has(child.path)
      rows.push({
        path: child.path,
        name: child.name,
        depth,
        kind: child.kind,
        open: isOpen,
        ignored: child.ignored,
        proposed: child.proposed,
        mark: marks.get(child.path),
        holdsMark:
          child.kind === 'folder' && !isOpen && marked.some((path) => path.startsWith(`${child.path}/`)),
        position: index + 1,
        siblings: children.length,
      })
      if (isOpen) walk(child, depth + 1)
    })
  }
  walk(grow(entries, marks), 0)
  return rows
}

function grow(entries: readonly FileEntry[], marks: ReadonlyMap<string, Mark>): Node {
  const root: Node = {
    path: '',
    name: '',
    kind: 'folder',
    ignored: false,
    proposed: false,
    children: new Map(),
  }
  const place = (path: string, kind: FileEntry['kind'], ignored: boolean, proposed: boolean) => {
    const parts = path.split('/')
    let node = root
    parts.forEach((name, index) => {
      const last = index === parts.length - 1
      let child = node.children.get(name)
      if (!child) {
        child = {
          path: parts.slice(0, index + 1).join('/'),
          name,
          kind: last ? kind : 'folder',
          ignored: last ? ignored : false,
          proposed,
          children: new Map(),
        }
        node.children.set(name, child)
      } else if (last && !proposed) {
        child.kind = kind
        child.ignored = ignored
      }
      node = child
    })
  }
  for (const entry of entries) place(entry.path, entry.kind, entry.ignored, false)
  for (const [path, mark] of marks) if (mark === 'added') place(path, 'file', false, true)
  return root
}

function byKindThenName(a: Node, b: Node): number {
  const folders = Number(b.kind === 'folder') - Number(a.kind === 'folder')
  return folders !== 0 ? folders : a.name.localeCompare(b.name, 'en', { numeric: true, sensitivity: 'base' })
}

/** Where the focus goes for an arrow, Home or End; `toggle` when the key opens or closes the row. */
export function move(
  rows: readonly TreeRow[],
  at: number,
  key: string,
): { readonly to: number; readonly toggle: boolean } | undefined {
  const row = rows[at]
  const last = rows.length - 1
  switch (key) {
    case 'ArrowDown':
      return { to: Math.min(at + 1, last), toggle: false }
    case 'ArrowUp':
      return { to: Math.max(at - 1, 0), toggle: false }
    case 'Home':
      return { to: 0, toggle: false }
    case 'End':
      return { to: last, toggle: false }
    case 'ArrowRight':
      if (row?.kind !== 'folder') return { to: at, toggle: false }
      return row.open ? { to: Math.min(at + 1, last), toggle: false } : { to: at, toggle: true }
    case 'ArrowLeft': {
      if (row?.kind === 'folder' && row.open) return { to: at, toggle: true }
      const parent = row ? rows.findIndex((other) => other.path === parentOf(row.path)) : -1
      return { to: parent >= 0 ? parent : at, toggle: false }
    }
    default:
      return undefined
  }
}

/** The next row after `at` whose name starts with `typed`; one repeated letter walks through its matches. */
export function typeahead(rows: readonly TreeRow[], at: number, typed: string): number {
  const text = typed.toLowerCase()
  const repeated = text.length > 1 && [...text].every((letter) => letter === text[0])
  const wanted = repeated ? text.slice(0, 1) : text
  const first = text.length > 1 && !repeated ? 0 : 1
  for (let step = first; step <= rows.length; step += 1) {
    const index = (at + step) % rows.length
    if (rows[index]?.name.toLowerCase().startsWith(wanted)) return index
  }
  return at
}

export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '' : path.slice(0, slash)
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

export function joinPath(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

/** All folders above a path, outermost first. */
export function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

/** Why `name` can't be used in `folder`, in plain words; undefined when it can. */
export function nameProblem(name: string, folder: string, taken: ReadonlySet<string>): string | undefined {
  const parts = name.split('/')
  if (name === '') return undefined
  if (parts.some((part) => part === '')) return "A name can't begin or end with a slash."
  if (parts.some((part) => part === '.' || part === '..')) return "Names can't be . or .."
  if ([...name].some((letter) => letter < ' ' || letter === '\\'))
    return "Names can't have backslashes or control characters."
  if (/^[a-z]:/i.test(name)) return "Names can't begin with a drive letter."
  if (taken.has(joinPath(folder, name))) return `There is already a “${name}” here.`
  return undefined
}
