//! Text of the disk brought into an open buffer by the smallest edits, so that the cursor and the undo stack survive,
//! and brought back with the line ends it had.
import { diffArrays } from 'diff'

/** Lines `from` to `to` (from 1, `to` excluded) become `lines`. */
export interface LineEdit {
  readonly from: number
  readonly to: number
  readonly lines: readonly string[]
}

/** Past this many lines in the part that differs, it is replaced as one. */
const COMPARE_MAX = 4_000

/** What turns `old` into `text`, top to bottom. Both in lines without line ends. */
export function lineEdits(old: readonly string[], text: readonly string[]): LineEdit[] {
  let top = 0
  while (top < old.length && top < text.length && old[top] === text[top]) top += 1
  let bottom = 0
  const most = Math.min(old.length, text.length) - top
  while (bottom < most && old[old.length - 1 - bottom] === text[text.length - 1 - bottom]) bottom += 1
  const mine = old.slice(top, old.length - bottom)
  const theirs = text.slice(top, text.length - bottom)
  if (mine.length === 0 && theirs.length === 0) return []
  if (mine.length + theirs.length > COMPARE_MAX) {
    return [{ from: top + 1, to: top + 1 + mine.length, lines: theirs }]
  }
  const edits: LineEdit[] = []
  let line = top + 1
  let open: { from: number; to: number; lines: string[] } | undefined
  for (const part of diffArrays(mine, theirs)) {
    if (!part.added && !part.removed) {
      if (open) edits.push(open)
      open = undefined
      line += part.value.length
      continue
    }
    open ??= { from: line, to: line, lines: [] }
    if (part.removed) {
      line += part.value.length
      open.to = line
    } else open.lines.push(...part.value)
  }
  if (open) edits.push(open)
  return edits
}

/** An editor knows one kind of line end per file. Where the file had both, each line that is still there keeps its own. */
export function withOwnEndings(original: string, edited: string): string {
  const before = pieces(original)
  if (!before.some((piece) => piece.end === '\r\n') || !before.some((piece) => piece.end === '\n'))
    return edited
  const usual = before.filter((piece) => piece.end === '\r\n').length * 2 > before.length ? '\r\n' : '\n'
  const after = pieces(edited)
  let at = 0
  let out = ''
  for (const part of diffArrays(
    before.map((piece) => piece.text),
    after.map((piece) => piece.text),
  )) {
    if (part.removed) at += part.value.length
    else
      for (const text of part.value) {
        const end = part.added ? usual : (before[at]?.end ?? usual)
        if (!part.added) at += 1
        out += text + (end === '' ? usual : end)
      }
  }
  const last = after.at(-1)
  return last?.end === '' ? out.replace(/\r?\n$/, '') : out
}

function pieces(text: string): { readonly text: string; readonly end: '' | '\n' | '\r\n' }[] {
  const found = text.match(/[^\n]*\n|[^\n]+$/g) ?? []
  return found.map((piece) => {
    if (piece.endsWith('\r\n')) return { text: piece.slice(0, -2), end: '\r\n' }
    return piece.endsWith('\n') ? { text: piece.slice(0, -1), end: '\n' } : { text: piece, end: '' }
  })
}
