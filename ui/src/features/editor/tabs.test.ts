import { expect, test } from 'vitest'
import { closeTab, openTab, readTabs, renameTab, tabNames } from './tabs'

const tabs = { open: ['a', 'b', 'c'], active: 'b' }

test('a new file opens beside the one in front', () => {
  expect(openTab(tabs, 'x')).toEqual({ open: ['a', 'b', 'x', 'c'], active: 'x' })
  expect(openTab(tabs, 'a')).toEqual({ open: ['a', 'b', 'c'], active: 'a' })
})

test('closing the one in front shows its neighbour', () => {
  expect(closeTab(tabs, 'b')).toEqual({ open: ['a', 'c'], active: 'c' })
  expect(closeTab({ open: ['a', 'b'], active: 'b' }, 'b').active).toBe('a')
  expect(closeTab({ open: ['a'], active: 'a' }, 'a').active).toBeUndefined()
  expect(closeTab(tabs, 'c').active).toBe('b')
})

test('a renamed folder takes its tabs along', () => {
  expect(renameTab({ open: ['src/a.ts', 'b'], active: 'src/a.ts' }, 'src', 'lib')).toEqual({
    open: ['lib/a.ts', 'b'],
    active: 'lib/a.ts',
  })
})

test('equal names are told apart by their folder', () => {
  expect([...tabNames(['a/index.ts', 'b/index.ts', 'c.ts']).values()]).toEqual([
    'index.ts · a',
    'index.ts · b',
    'c.ts',
  ])
})

test('whatever was kept is read without harm', () => {
  expect(readTabs({ open: ['a', 3], active: 'gone' })).toEqual({ open: ['a'], active: 'a' })
  expect(readTabs('x').open).toEqual([])
})
