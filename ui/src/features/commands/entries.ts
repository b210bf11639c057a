// What the palette lists: files and projects by name, or commands after `>`.
import { folderName } from '../../lib/words'
import type { FileEntry, Project } from '../../server/types'
import type { Command } from '../../shell/commands'
import { type Ranked, rank } from './rank'

export type Entry =
  | { kind: 'file'; path: string }
  | { kind: 'project'; project: Project }
  | { kind: 'command'; command: Command }

export type Listed = Ranked<Entry> & { label?: string | undefined }

const MOST = 50

/** The commands that mean something now: of several with one id the one in front counts, with the first of its keys. */
export function commandsNow(commands: readonly Command[]): Command[] {
  const byId = new Map<string, Command>()
  for (const command of commands) {
    const before = byId.get(command.id)
    byId.set(command.id, before && before.title === command.title ? before : command)
  }
  return [...byId.values()]
}

export function commandEntries(commands: readonly Command[], query: string): Listed[] {
  const listed = commandsNow(commands).filter((command) => command.id !== 'app.commands')
  return rank(listed, query, (command) => command.title, MOST).map(({ item, hits }) => ({
    item: { kind: 'command', command: item },
    hits,
  }))
}

export function placeEntries(
  files: readonly FileEntry[],
  projects: readonly Project[],
  query: string,
): Listed[] {
  const paths = files.filter((file) => file.kind === 'file' && !file.ignored).map((file) => file.path)
  const found = rank(paths, query, (path) => path, MOST).map(
    ({ item, hits }): Listed => ({ item: { kind: 'file', path: item }, hits }),
  )
  const rest = rank(projects, query, (project) => project.name, 8).map(
    ({ item, hits }, index): Listed => ({
      item: { kind: 'project', project: item },
      hits,
      label: index === 0 ? 'Projects' : undefined,
    }),
  )
  return [...found, ...rest]
}

/** A path as the palette shows it: its name with the letters that were hit, then its folder. */
export function splitPath(
  path: string,
  hits: ReadonlySet<number>,
): { name: string; hits: Set<number>; folder: string } {
  const name = folderName(path)
  const start = path.length - name.length
  return {
    name,
    hits: new Set([...hits].filter((hit) => hit >= start).map((hit) => hit - start)),
    folder: path.slice(0, Math.max(start - 1, 0)),
  }
}
