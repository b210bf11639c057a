import { expect, test } from 'vitest'
import type { FileChange, Hunk } from '../server/types'
import { compose } from './compose'

const hunk = (id: string, oldStart: number, lines: string[], more: Partial<Hunk> = {}): Hunk => ({
  id,
  oldStart,
  oldLines: lines.filter((line) => !line.startsWith('+')).length,
  newStart: oldStart,
  newLines: lines.filter((line) => !line.startsWith('-')).length,
  lines,
  section: '',
  review: 'pending',
  found: 'exact',
  ...more,
})
const change = (hunks: Hunk[], more: Partial<FileChange> = {}): FileChange => ({
  path: 'a.ts',
  status: 'modified',
  patch: '',
  hunks,
  binary: false,
  text: { encoding: 'utf-8', lineEnding: 'lf', bom: false, finalNewline: true },
  addedLines: 0,
  removedLines: 0,
  ...more,
})
const base = 'one\ntwo\nthree\nfour\nfive\nsix\n'
const first = hunk('h1', 1, [' one', '-two', '+TWO', '+2.5', ' three'])
const second = hunk('h2', 5, [' five', '+five and a half', ' six'])

test('all pending hunks make the proposed text, and say where they stand', () => {
  const made = compose(base, change([first, second]))
  expect(made.text).toBe('one\nTWO\n2.5\nthree\nfour\nfive\nfive and a half\nsix\n')
  expect(made.placed).toEqual([
    { id: 'h1', line: 2, added: [{ from: 2, to: 3 }], removed: [{ after: 1, lines: ['two'] }] },
    { id: 'h2', line: 7, added: [{ from: 7, to: 7 }], removed: [] },
  ])
})

test('after one hunk was kept the other still finds its place', () => {
  const kept = { ...first, review: 'accepted' as const }
  const made = compose('one\nTWO\n2.5\nthree\nfour\nfive\nsix\n', change([kept, second]))
  expect(made.text).toBe('one\nTWO\n2.5\nthree\nfour\nfive\nfive and a half\nsix\n')
  expect(made.placed.map((place) => place.id)).toEqual(['h2'])
})

test('an undone hunk is not laid over', () => {
  expect(compose(base, change([{ ...first, review: 'rejected' as const }, second])).text).toBe(
    'one\ntwo\nthree\nfour\nfive\nfive and a half\nsix\n',
  )
})

test("the person's own edits elsewhere stay, and the hunk moves with its lines", () => {
  const made = compose(`mine\n${base}`, change([second]))
  expect(made.text).toBe('mine\none\ntwo\nthree\nfour\nfive\nfive and a half\nsix\n')
})

test('less context is enough when the person changed a line beside the hunk', () => {
  expect(compose(base.replace('three', 'drei'), change([first])).text).toContain('TWO\n2.5\ndrei')
})

test('a hunk whose own lines are gone is named, never guessed', () => {
  const made = compose(base.replace('two', 'zwei'), change([first, second]))
  expect(made.lost).toEqual(['h1'])
  expect(made.text).toContain('zwei')
})

test("line endings of the person's file are kept", () => {
  const made = compose(base.replaceAll('\n', '\r\n'), change([first]))
  expect(made.text).toBe('one\r\nTWO\r\n2.5\r\nthree\r\nfour\r\nfive\r\nsix\r\n')
})

test('a new file is whole, a deleted one is gone', () => {
  const create = hunk('c', 0, ['+a', '+b'], { act: 'create', found: 'new_file' })
  expect(compose(undefined, change([create], { status: 'added' })).text).toBe('a\nb\n')
  const gone = hunk('d', 1, ['-one'], { act: 'delete' })
  expect(compose('one\n', change([gone], { status: 'deleted' })).text).toBeUndefined()
})

test('nothing pending leaves the text alone', () => {
  expect(compose(base, change([{ ...first, review: 'accepted' as const }]))).toEqual({
    text: base,
    placed: [],
    lost: [],
  })
})
