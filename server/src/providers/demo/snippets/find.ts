import type { Bed } from './types'

/** The beds whose name or note has every one of the words, in any case. No words find all. */
export function findBeds(beds: Bed[], words: string): Bed[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean)
  return beds.filter((bed) => {
    const text = `${bed.name} ${bed.note}`.toLowerCase()
    return wanted.every((word) => text.includes(word))
  })
}
