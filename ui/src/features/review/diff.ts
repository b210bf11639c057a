//! A hunk as rows to draw: numbers on both sides, pairs for side by side, and the words that differ, as the server says.
import type { Hunk } from '../../server/types'

export type Sign = ' ' | '+' | '-'

export interface DiffRow {
  readonly sign: Sign
  readonly text: string
  readonly oldLine: number | undefined
  readonly newLine: number | undefined
  /** What differs from the line that it replaces, or that replaces it; nothing where the line is changed whole. */
  readonly changed: readonly Span[] | undefined
}

/** From and to, in UTF-16 code units. */
type Span = readonly number[]

export interface SidePair {
  readonly left: DiffRow | undefined
  readonly right: DiffRow | undefined
}

export interface Part {
  readonly text: string
  readonly changed: boolean
}

/** The hunk's lines with their numbers; a removed line and the added one in its place have their words marked. */
export function diffRows(hunk: Pick<Hunk, 'lines' | 'oldStart' | 'newStart' | 'reworded'>): DiffRow[] {
  const changed = new Map<number, readonly Span[]>()
  for (const pair of hunk.reworded ?? []) {
    changed.set(pair.old, pair.gone)
    changed.set(pair.new, pair.come)
  }
  let oldLine = Math.max(hunk.oldStart, 1)
  let newLine = Math.max(hunk.newStart, 1)
  return hunk.lines.map((line, index): DiffRow => {
    const sign: Sign = line.startsWith('+') ? '+' : line.startsWith('-') ? '-' : ' '
    const row: DiffRow = {
      sign,
      text: line.slice(1).replace(/\r$/, ''),
      oldLine: sign === '+' ? undefined : oldLine,
      newLine: sign === '-' ? undefined : newLine,
      changed: changed.get(index),
    }
    if (sign !== '+') oldLine += 1
    if (sign !== '-') newLine += 1
    return row
  })
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

/** `text` in parts, those within `changed` marked. */
export function changedParts(text: string, changed: readonly Span[]): Part[] {
  const parts: Part[] = []
  let at = 0
  for (const [from = 0, to = 0] of changed) {
    if (from > at) parts.push({ text: text.slice(at, from), changed: false })
    parts.push({ text: text.slice(from, to), changed: true })
    at = to
  }
  if (at < text.length) parts.push({ text: text.slice(at), changed: false })
  return parts
}
