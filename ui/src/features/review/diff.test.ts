import { expect, test } from 'vitest'
import { changedParts, diffRows, sideBySide } from './diff'

const hunk = {
  oldStart: 10,
  newStart: 12,
  lines: [' a', '-const x = one(1)', '+const x = two(1)', '+more', ' z'],
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

test('a replaced line knows the line it replaces, an added one has none', () => {
  const rows = diffRows(hunk)
  expect(rows[1]?.pair).toBe('const x = two(1)')
  expect(rows[2]?.pair).toBe('const x = one(1)')
  expect(rows[3]?.pair).toBeUndefined()
})

test('side by side keeps what belongs together on one row', () => {
  expect(sideBySide(diffRows(hunk)).map((pair) => [pair.left?.text, pair.right?.text])).toEqual([
    ['a', 'a'],
    ['const x = one(1)', 'const x = two(1)'],
    [undefined, 'more'],
    ['z', 'z'],
  ])
})

test('only the words that differ are marked, and the parts join to the line', () => {
  const parts = changedParts('({ beds, rain, onSelect }: Props)', '({ beds, onSelect }: Props)')
  expect(parts.map((part) => part.text).join('')).toBe('({ beds, rain, onSelect }: Props)')
  expect(
    parts
      .filter((part) => part.changed)
      .map((part) => part.text.trim())
      .join(''),
  ).toContain('rain')
  expect(
    parts
      .filter((part) => part.changed)
      .map((part) => part.text)
      .join(''),
  ).not.toContain('beds')
})

test('a whole-file act without lines has no rows', () => {
  expect(diffRows({ oldStart: 0, newStart: 0, lines: [] })).toEqual([])
})
