// Which files are open and which is in front, as plain data.

export type Tabs = { open: readonly string[]; active: string | undefined }

export const noTabs: Tabs = { open: [], active: undefined }

export function openTab(tabs: Tabs, id: string): Tabs {
  if (tabs.open.includes(id)) return { ...tabs, active: id }
  const at = tabs.active === undefined ? tabs.open.length : tabs.open.indexOf(tabs.active) + 1
  return { open: [...tabs.open.slice(0, at), id, ...tabs.open.slice(at)], active: id }
}

/** Closes one; its right neighbour comes to the front, or the left one where there is none. */
export function closeTab(tabs: Tabs, id: string): Tabs {
  const at = tabs.open.indexOf(id)
  if (at < 0) return tabs
  const open = tabs.open.filter((other) => other !== id)
  return { open, active: tabs.active === id ? (open[at] ?? open[at - 1]) : tabs.active }
}

export function renameTab(tabs: Tabs, from: string, to: string): Tabs {
  const moved = (id: string) =>
    id === from ? to : id.startsWith(`${from}/`) ? `${to}${id.slice(from.length)}` : id
  return {
    open: tabs.open.map(moved),
    active: tabs.active === undefined ? undefined : moved(tabs.active),
  }
}

/** Names that are not alike; where two files have one name, the folder is told too. */
export function tabNames(open: readonly string[]): Map<string, string> {
  const base = (path: string) => path.slice(path.lastIndexOf('/') + 1)
  const counts = new Map<string, number>()
  for (const path of open) counts.set(base(path), (counts.get(base(path)) ?? 0) + 1)
  return new Map(
    open.map((path) => {
      const name = base(path)
      const folder = path.split('/').at(-2)
      return [path, (counts.get(name) ?? 0) > 1 && folder ? `${name} · ${folder}` : name]
    }),
  )
}

/** Tabs as they were kept, or none. */
export function readTabs(kept: unknown): Tabs {
  if (typeof kept !== 'object' || kept === null || !('open' in kept) || !Array.isArray(kept.open))
    return noTabs
  const open = kept.open.filter((id): id is string => typeof id === 'string').slice(0, 40)
  const active =
    'active' in kept && typeof kept.active === 'string' && open.includes(kept.active) ? kept.active : open[0]
  return { open, active }
}
