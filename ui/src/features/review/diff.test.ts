import { expect, test } from 'vitest'
import { changedParts, diffRows, sideBySide } from './diff'

const hunk = {
  oldStart: 10,
  newStart: 12,
  lines: [' a', '-const x = one(1)', '+const x = two(1)', '+more', ' z'],
  reworded: [{ old: 1, new: 2, gone: [[10, 13]], come: [[10, 13]] }],
}

test('rows carry the numbers of both sides', () => {
  expect(diffRows(hunk).map((row) => [row.sign, row.oldLine, row.newLine])).toEqual([
    [' ', 10, 12],
    ['-', 11, undefined],
    ['+', undefined, 13],
    ['+', undefined, 14],
    [' ', 12, 15],
  ])
})

test('the words of a replaced line are marked as the server says, an added one is changed whole', () => {
  const rows = diffRows(hunk)
  const marked = rows.map((row) =>
    changedParts(row.text, row.changed ?? [])
      .filter((part) => part.changed)
      .map((part) => part.text),
  )
  expect(marked).toEqual([[], ['one'], ['two'], [], []])
  expect(rows[3]?.changed).toBeUndefined()
})

test('side by side keeps what belongs together on one row', () => {
  expect(sideBySide(diffRows(hunk)).map((pair) => [pair.left?.text, pair.right?.text])).toEqual([
    ['a', 'a'],
    ['const x = one(1)', 'const x = two(1)'],
    [undefined, 'more'],
    ['z', 'z'],
  ])
})

test('parts join to the line', () => {
  const parts = changedParts('({ beds, rain }: Props)', [
    [0, 2],
    [7, 14],
  ])
  expect(parts.map((part) => part.text).join('')).toBe('({ beds, rain }: Props)')
  expect(parts.map((part) => part.changed)).toEqual([true, false, true, false])
})

test('a whole-file act without lines has no rows', () => {
  expect(diffRows({ oldStart: 0, newStart: 0, lines: [] })).toEqual([])
})
