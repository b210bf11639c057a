import { expect, test } from 'vitest'
import { type LineEdit, lineEdits, withOwnEndings } from './edits'

const apply = (old: readonly string[], edits: readonly LineEdit[]) => {
  const out = [...old]
  for (const edit of [...edits].reverse()) out.splice(edit.from - 1, edit.to - edit.from, ...edit.lines)
  return out
}

test('two far changes are two edits, and what lies between is not touched', () => {
  const old = ['a', 'b', 'c', 'd', 'e', 'f']
  const text = ['a', 'B', 'c', 'd', 'e', 'f', 'g']
  const edits = lineEdits(old, text)
  expect(edits).toEqual([
    { from: 2, to: 3, lines: ['B'] },
    { from: 7, to: 7, lines: ['g'] },
  ])
  expect(apply(old, edits)).toEqual(text)
})

test('equal texts need no edit', () => {
  expect(lineEdits(['a'], ['a'])).toEqual([])
})

test('any two texts are turned into each other', () => {
  let seed = 7
  const random = () => {
    seed = (seed * 16807) % 2147483647
    return seed / 2147483647
  }
  const lines = () =>
    Array.from({ length: Math.floor(random() * 12) }, () => 'abcd'[Math.floor(random() * 4)] ?? '')
  for (let round = 0; round < 300; round += 1) {
    const [old, text] = [lines(), lines()]
    expect(apply(old, lineEdits(old, text))).toEqual(text)
  }
})

test("a file with both line ends keeps each line's own", () => {
  expect(withOwnEndings('a\r\nb\nc\r\n', 'a\r\nB\r\nc\r\n')).toBe('a\r\nB\r\nc\r\n')
  expect(withOwnEndings('a\nb\r\nc\n', 'a\nb\nnew\nc\n')).toBe('a\nb\r\nnew\nc\n')
  expect(withOwnEndings('a\nb\r\nc', 'a\nb\nc')).toBe('a\nb\r\nc')
})

test('a file with one line end is left alone', () => {
  expect(withOwnEndings('a\nb\n', 'a\nc\n')).toBe('a\nc\n')
})
