//! A hunk as rows to draw: numbers on both sides, pairs for side by side, and the words that differ within a pair.
import type { Hunk } from '../../server/types'

export type Sign = ' ' | '+' | '-'

export interface DiffRow {
  readonly sign: Sign
  readonly text: string
  readonly oldLine: number | undefined
  readonly newLine: number | undefined
  /** The line on the other side that this one replaces, for word highlights. */
  readonly pair: string | undefined
}

export interface SidePair {
  readonly left: DiffRow | undefined
  readonly right: DiffRow | undefined
}

export interface Part {
  readonly text: string
  readonly changed: boolean
}

/** The hunk's lines with their numbers; a removed line and the added one in its place know each other. */
export function diffRows(hunk: Pick<Hunk, 'lines' | 'oldStart' | 'newStart'>): DiffRow[] {
  let oldLine = Math.max(hunk.oldStart, 1)
  let newLine = Math.max(hunk.newStart, 1)
  const rows = hunk.lines.map((line): DiffRow => {
    const sign: Sign = line.startsWith('+') ? '+' : line.startsWith('-') ? '-' : ' '
    const row: DiffRow = {
      sign,
      text: line.slice(1).replace(/\r$/, ''),
      oldLine: sign === '+' ? undefined : oldLine,
      newLine: sign === '-' ? undefined : newLine,
      pair: undefined,
    }
    if (sign !== '+') oldLine += 1
    if (sign !== '-') newLine += 1
    return row
  })
  return paired(rows)
}

function paired(rows: readonly DiffRow[]): DiffRow[] {
  const out = [...rows]
  for (let start = 0; start < rows.length; start += 1) {
    if (rows[start]?.sign !== '-') continue
    let middle = start
    while (rows[middle]?.sign === '-') middle += 1
    let end = middle
    while (rows[end]?.sign === '+') end += 1
    for (let step = 0; step < Math.min(middle - start, end - middle); step += 1) {
      const removed = rows[start + step]
      const added = rows[middle + step]
      if (!removed || !added || !alike(removed.text, added.text)) continue
      out[start + step] = { ...removed, pair: added.text }
      out[middle + step] = { ...added, pair: removed.text }
    }
    start = end - 1
  }
  return out
}

/** Pairs for two columns; where one side has more lines the other stays empty. */
export function sideBySide(rows: readonly DiffRow[]): SidePair[] {
  const pairs: SidePair[] = []
  let left: DiffRow[] = []
  let right: DiffRow[] = []
  const flush = () => {
    for (let step = 0; step < Math.max(left.length, right.length); step += 1) {
      pairs.push({ left: left[step], right: right[step] })
    }
    left = []
    right = []
  }
  for (const row of rows) {
    if (row.sign === '-') {
      if (right.length > 0) flush()
      left.push(row)
    } else if (row.sign === '+') right.push(row)
    else {
      flush()
      pairs.push({ left: row, right: row })
    }
  }
  flush()
  return pairs
}

/** Longest line that is compared word by word; longer ones are shown as changed whole. */
const WORDS_MAX = 400

/** `text` in parts, those marked that `other` has not, in its order. */
export function changedParts(text: string, other: string): Part[] {
  const mine = words(text)
  const theirs = words(other)
  if (mine.length > WORDS_MAX || theirs.length > WORDS_MAX) return [{ text, changed: true }]
  const keep = common(mine, theirs)
  const parts: Part[] = []
  mine.forEach((word, index) => {
    const changed = !keep.has(index)
    const last = parts.at(-1)
    if (last && last.changed === changed) parts[parts.length - 1] = { text: last.text + word, changed }
    else parts.push({ text: word, changed })
  })
  return parts
}

function words(text: string): string[] {
  return text.match(/[\p{L}\p{N}_$]+|\s+|./gu) ?? []
}

function alike(a: string, b: string): boolean {
  const mine = words(a).filter((word) => word.trim() !== '')
  const theirs = words(b).filter((word) => word.trim() !== '')
  if (mine.length === 0 || theirs.length === 0 || mine.length > WORDS_MAX || theirs.length > WORDS_MAX)
    return false
  return common(mine, theirs).size * 2.5 >= Math.max(mine.length, theirs.length)
}

/** The indexes of `a` that are in a longest common subsequence with `b`. */
function common(a: readonly string[], b: readonly string[]): Set<number> {
  const width = b.length + 1
  const table = new Uint16Array((a.length + 1) * width)
  const at = (i: number, j: number) => table[i * width + j] ?? 0
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      table[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const kept = new Set<number>()
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      kept.add(i)
      i += 1
      j += 1
    } else if (at(i + 1, j) >= at(i, j + 1)) i += 1
    else j += 1
  }
  return kept
}
