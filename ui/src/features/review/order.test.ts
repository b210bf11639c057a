import { expect, test } from 'vitest'
import type { Hunk } from '../../server/types'
import { after, type Item, linesInWords, step, stepFile } from './order'

const hunk = (id: string, review: Hunk['review'] = 'pending'): Hunk => ({
  id,
  oldStart: 10,
  oldLines: 3,
  newStart: 12,
  newLines: 4,
  lines: [' a', '-b', '+b1', '+b2', ' c'],
  review,
  found: 'exact',
})
const items: Item[] = [
  { path: 'a', hunk: hunk('1', 'accepted') },
  { path: 'a', hunk: hunk('2') },
  { path: 'b', hunk: hunk('3') },
]

test('after a decision the review goes to what is left', () => {
  expect(after(items, '2')).toBe('3')
  expect(after(items, '3')).toBe('2')
  expect(after([{ path: 'a', hunk: hunk('1') }], '1')).toBeUndefined()
})

test('steps stay inside', () => {
  expect(step(items, '1', -1)).toBe('1')
  expect(step(items, '3', 1)).toBe('3')
  expect(step(items, undefined, 1)).toBe('1')
  expect(stepFile(items, '1', 1)).toBe('3')
  expect(stepFile(items, '3', -1)).toBe('1')
})

test('a hunk is named by its changed lines, without the context', () => {
  expect(linesInWords(hunk('1'))).toBe('13 to 14')
})
