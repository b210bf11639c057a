//! What a file would be if its pending hunks were kept: the person's text as it is now, with each hunk found in it by
//! its own lines. For looking only; the server decides what an accept writes.
import type { FileChange, Hunk } from '../server/types'

/** One pending hunk in the composed text. Lines count from 1. */
export interface Placed {
  readonly id: string
  /** Where to look: the hunk's first changed line. */
  readonly line: number
  /** Runs of added lines, both ends included. */
  readonly added: readonly { readonly from: number; readonly to: number }[]
  /** Runs of removed lines, and the line of the composed text that they follow (0: the top). */
  readonly removed: readonly { readonly after: number; readonly lines: readonly string[] }[]
}

export interface Composed {
  /** Absent when the file would be gone, or is not text. */
  readonly text: string | undefined
  readonly placed: readonly Placed[]
  /** Pending hunks whose lines are not in the text any more. */
  readonly lost: readonly string[]
}

interface Found {
  readonly hunk: Hunk
  readonly lines: readonly string[]
  readonly at: number
  readonly length: number
}

/** Lays the pending hunks of `change` over `current` (undefined: there is no such file now). */
export function compose(current: string | undefined, change: FileChange): Composed {
  const pending = change.hunks.filter((hunk) => hunk.review === 'pending')
  const whole = pending.find((hunk) => hunk.act === 'create' || hunk.act === 'delete')
  if (change.binary) return { text: current, placed: [], lost: pending.map((hunk) => hunk.id) }
  if (whole?.act === 'create' && current === undefined) return created(whole, change)
  if (whole?.act === 'delete' && current !== undefined) return deleted(whole, current)
  const byLines = pending.filter((hunk) => hunk.act == null)
  if (current === undefined) return { text: undefined, placed: [], lost: byLines.map((hunk) => hunk.id) }
  return overlay(current, byLines)
}

function created(hunk: Hunk, change: FileChange): Composed {
  const lines = hunk.lines.map((line) => bare(line.slice(1)))
  const text = lines.join('\n') + (change.text.finalNewline && lines.length > 0 ? '\n' : '')
  const added = lines.length > 0 ? [{ from: 1, to: lines.length }] : []
  return { text, placed: [{ id: hunk.id, line: 1, added, removed: [] }], lost: [] }
}

function deleted(hunk: Hunk, current: string): Composed {
  const lines = split(current).lines
  return {
    text: undefined,
    placed: [{ id: hunk.id, line: 1, added: [], removed: [{ after: 0, lines }] }],
    lost: [],
  }
}

function overlay(current: string, hunks: readonly Hunk[]): Composed {
  const { lines, ending } = split(current)
  const found: Found[] = []
  const lost: string[] = []
  let floor = 0
  let drift = 0
  for (const hunk of [...hunks].sort((a, b) => a.oldStart - b.oldStart)) {
    const place = find(lines, hunk, floor, Math.max(hunk.oldStart - 1, 0) + drift)
    if (!place) {
      lost.push(hunk.id)
      continue
    }
    found.push(place)
    floor = place.at + place.length
    drift = place.at - Math.max(hunk.oldStart - 1, 0)
  }
  return { ...weave(lines, found, ending), lost }
}

/** The hunk's old lines in the text, nearest to where they are expected; with less context where that fails. */
function find(lines: readonly string[], hunk: Hunk, floor: number, expected: number): Found | undefined {
  let shown = hunk.lines.map(bare)
  let lead = 0
  for (;;) {
    const old = shown.filter((line) => !line.startsWith('+')).map((line) => line.slice(1))
    const at = nearest(lines, old, floor, expected + lead)
    if (at !== undefined) return { hunk, lines: shown, at, length: old.length }
    const top = shown[0]?.startsWith(' ') ?? false
    const bottom = shown.at(-1)?.startsWith(' ') ?? false
    if (!top && !bottom) return undefined
    if (top) lead += 1
    shown = shown.slice(top ? 1 : 0, bottom ? -1 : undefined)
  }
}

function nearest(
  lines: readonly string[],
  block: readonly string[],
  floor: number,
  expected: number,
): number | undefined {
  // A pure insertion without context has no lines to be found by: only an empty file is a sure place.
  if (block.length === 0) return lines.length === 0 || (lines.length === 1 && lines[0] === '') ? 0 : undefined
  const fits = (at: number) => block.every((line, index) => lines[at + index] === line)
  const last = lines.length - block.length
  for (let away = 0; away <= lines.length; away += 1) {
    for (const at of away === 0 ? [expected] : [expected - away, expected + away]) {
      if (at >= floor && at <= last && fits(at)) return at
    }
  }
  return undefined
}

function weave(
  lines: readonly string[],
  found: readonly Found[],
  ending: string,
): { readonly text: string; readonly placed: Placed[] } {
  const out: string[] = []
  const placed: Placed[] = []
  let at = 0
  for (const place of found) {
    out.push(...lines.slice(at, place.at))
    const added: { from: number; to: number }[] = []
    const removed: { after: number; lines: string[] }[] = []
    let line: number | undefined
    let previous = ' '
    for (const shown of place.lines) {
      const sign = shown.slice(0, 1)
      const text = shown.slice(1)
      if (sign === '+') {
        out.push(text)
        const run = added.at(-1)
        if (previous === '+' && run) run.to = out.length
        else added.push({ from: out.length, to: out.length })
        line ??= out.length
      } else if (sign === '-') {
        const run = removed.at(-1)
        if (previous === '-' && run) run.lines.push(text)
        else removed.push({ after: out.length, lines: [text] })
        line ??= out.length + 1
      } else out.push(text)
      previous = sign
    }
    placed.push({ id: place.hunk.id, line: line ?? out.length, added, removed })
    at = place.at + place.length
  }
  out.push(...lines.slice(at))
  const count = Math.max(out.length, 1)
  return {
    text: out.join(ending),
    placed: placed.map((place) => ({ ...place, line: Math.min(place.line, count) })),
  }
}

function split(text: string): { readonly lines: string[]; readonly ending: string } {
  const ending = text.includes('\r\n') ? '\r\n' : '\n'
  return { lines: text.split('\n').map(bare), ending }
}

function bare(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
