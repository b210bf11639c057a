// Finds what a person means by a few letters, and which letters of it they hit.
import { Fzf } from 'fzf'

type Named = { at: number; name: string }

export type Ranked<T> = { item: T; hits: ReadonlySet<number> }

const NO_HITS: ReadonlySet<number> = new Set()

/** The best matches first; without a query the items as they come. */
export function rank<T>(
  items: readonly T[],
  query: string,
  name: (item: T) => string,
  most: number,
): Ranked<T>[] {
  if (!query.trim()) return items.slice(0, most).map((item) => ({ item, hits: NO_HITS }))
  const named = items.map((item, at): Named => ({ at, name: name(item) }))
  const fzf = new Fzf<Named[]>(named, {
    selector: nameOf,
    limit: most,
    casing: 'smart-case',
    tiebreakers: [shorter],
  })
  return fzf.find(query.trim()).flatMap(({ item: { at }, positions }) => {
    const item = items[at]
    return item === undefined ? [] : [{ item, hits: positions }]
  })
}

/** Of two that fit alike, the shorter is meant: it is hit to a larger part. */
function shorter(a: { item: Named }, b: { item: Named }): number {
  return a.item.name.length - b.item.name.length
}

function nameOf(named: Named): string {
  return named.name
}
