import { expect, test } from 'vitest'
import { type Mark, move, nameProblem, typeahead, visibleRows } from './tree'

const file = (path: string, ignored = false) => ({ path, kind: 'file' as const, size: 1, ignored })
const folder = (path: string, ignored = false) => ({ path, kind: 'folder' as const, size: 0, ignored })
const entries = [
  folder('src'),
  file('src/App.tsx'),
  folder('src/lib'),
  file('src/lib/water.ts'),
  file('README.md'),
  folder('node_modules', true),
]
const none = new Map<string, Mark>()

test('closed folders hide what is in them, folders come first', () => {
  expect(visibleRows(entries, new Set(), none).map((row) => row.path)).toEqual([
    'node_modules',
    'src',
    'README.md',
  ])
  expect(visibleRows(entries, new Set(['src']), none).map((row) => [row.path, row.depth])).toEqual([
    ['node_modules', 0],
    ['src', 0],
    ['src/lib', 1],
    ['src/App.tsx', 1],
    ['README.md', 0],
  ])
})

test('a proposed file stands where it will be, and a closed folder says so', () => {
  const marks = new Map<string, Mark>([
    ['src/new/Tile.tsx', 'added'],
    ['src/App.tsx', 'modified'],
  ])
  const closed = visibleRows(entries, new Set(), marks)
  expect(closed.find((row) => row.path === 'src')?.holdsMark).toBe(true)
  const open = visibleRows(entries, new Set(['src', 'src/new']), marks)
  expect(open.find((row) => row.path === 'src/new/Tile.tsx')).toMatchObject({
    proposed: true,
    mark: 'added',
    depth: 2,
  })
  expect(open.find((row) => row.path === 'src/App.tsx')).toMatchObject({ proposed: false, mark: 'modified' })
})

test('arrows open, close, go in and climb out', () => {
  const rows = visibleRows(entries, new Set(['src']), none)
  const at = (path: string) => rows.findIndex((row) => row.path === path)
  expect(move(rows, at('src'), 'ArrowRight')).toEqual({ to: at('src') + 1, toggle: false })
  expect(move(rows, at('src'), 'ArrowLeft')).toEqual({ to: at('src'), toggle: true })
  expect(move(rows, at('src/App.tsx'), 'ArrowLeft')).toEqual({ to: at('src'), toggle: false })
  expect(move(rows, at('src/lib'), 'ArrowRight')).toEqual({ to: at('src/lib'), toggle: true })
  expect(move(rows, 0, 'ArrowUp')).toEqual({ to: 0, toggle: false })
  expect(move(rows, 0, 'x')).toBeUndefined()
})

test('typing finds the next name, and one letter again and again walks on', () => {
  const rows = visibleRows(entries, new Set(['src']), none)
  const name = (index: number) => rows[index]?.name
  expect(name(typeahead(rows, 0, 's'))).toBe('src')
  expect(name(typeahead(rows, 0, 'app'))).toBe('App.tsx')
  expect(typeahead(rows, 2, 'zz')).toBe(2)
})

test('names that would leave the folder or collide are refused in words', () => {
  const taken = new Set(['src/App.tsx'])
  expect(nameProblem('App.tsx', 'src', taken)).toMatch(/already/)
  expect(nameProblem('../x', 'src', taken)).toMatch(/\.\./)
  expect(nameProblem('a//b', 'src', taken)).toMatch(/slash/)
  expect(nameProblem('lib/new.ts', 'src', taken)).toBeUndefined()
})
