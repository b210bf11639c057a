// Hits of a search, gathered by file in the order they came.
import type { SearchHit } from '../../server/types'

export type FileHits = { path: string; hits: readonly SearchHit[] }

export function byFile(hits: readonly SearchHit[]): FileHits[] {
  const files = new Map<string, SearchHit[]>()
  for (const hit of hits) {
    const of = files.get(hit.path)
    if (of) of.push(hit)
    else files.set(hit.path, [hit])
  }
  return [...files].map(([path, of]) => ({ path, hits: of }))
}
