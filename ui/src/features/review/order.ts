// The hunks of a change set in the order of the review, and how far it has come.
import type { FileChange, Hunk, Task } from '../../server/types'

export type Item = { path: string; hunk: Hunk }

export function itemsOf(task: Task): Item[] {
  return (task.result?.filesModified ?? []).flatMap((file) =>
    file.hunks.map((hunk) => ({ path: file.path, hunk })),
  )
}

export function decided(file: FileChange): number {
  return file.hunks.filter((hunk) => hunk.review !== 'pending').length
}

/** Where the review goes on after `id` was decided: the next pending hunk, or the first one left. */
export function after(items: readonly Item[], id: string): string | undefined {
  const at = items.findIndex((item) => item.hunk.id === id)
  const pending = (item: Item) => item.hunk.review === 'pending' && item.hunk.id !== id
  return (items.slice(at + 1).find(pending) ?? items.find(pending))?.hunk.id
}

/** The hunk `step` away, staying inside the list. */
export function step(items: readonly Item[], id: string | undefined, by: number): string | undefined {
  const at = items.findIndex((item) => item.hunk.id === id)
  if (at < 0) return items[0]?.hunk.id
  return items[Math.min(Math.max(at + by, 0), items.length - 1)]?.hunk.id
}

/** The first hunk of the next or previous file. */
export function stepFile(items: readonly Item[], id: string | undefined, by: 1 | -1): string | undefined {
  const paths = [...new Set(items.map((item) => item.path))]
  const here = items.find((item) => item.hunk.id === id)?.path
  const next = paths[Math.min(Math.max(paths.indexOf(here ?? '') + by, 0), paths.length - 1)]
  return items.find((item) => item.path === next)?.hunk.id
}

/** `14 to 20`, `9`, or what happens to the file as a whole. */
export function linesInWords(hunk: Hunk): string {
  switch (hunk.act) {
    case 'create':
      return hunk.newLines > 1 ? `1 to ${hunk.newLines}` : '1'
    case 'delete':
      return 'Delete the file'
    case 'rename':
      return 'Move the file'
    case 'mode':
      return 'Permission'
    case 'replace':
      return 'Replace the file'
    default: {
      const lines = hunk.lines.map((line) => line.slice(0, 1))
      const lead = lines.findIndex((sign) => sign !== ' ')
      const tail = [...lines].reverse().findIndex((sign) => sign !== ' ')
      const from = hunk.newStart + Math.max(lead, 0)
      const to = hunk.newStart + hunk.newLines - 1 - Math.max(tail, 0)
      return to > from ? `${from} to ${to}` : String(Math.max(from, 1))
    }
  }
}

export type FoundWords = { label: string; why: string; look: 'plain' | 'warn' }

export function foundInWords(hunk: Hunk): FoundWords {
  switch (hunk.found) {
    case 'exact':
      return { label: 'Exact', why: 'Found word for word in your file', look: 'plain' }
    case 'whitespace':
      return {
        label: 'Blanks differ',
        why: 'Only blanks at line ends or quotation marks differed',
        look: 'plain',
      }
    case 'indentation':
      return { label: 'Indentation adapted', why: 'The indentation was made to fit your file', look: 'plain' }
    case 'aligned':
      return {
        label: 'Found by its surroundings',
        why: 'The place was found by the lines around it; look once',
        look: 'warn',
      }
    case 'moved':
      return {
        label: 'Moved',
        why: 'Your file has moved on since: the text was found elsewhere, unchanged',
        look: 'plain',
      }
    case 'merged':
      return {
        label: 'Merged with your edit',
        why: 'You changed a line nearby. Both changes are kept; look once',
        look: 'warn',
      }
    case 'new_file':
      return { label: 'New file', why: 'This file does not exist yet', look: 'plain' }
  }
}
