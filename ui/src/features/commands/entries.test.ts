import { expect, it } from 'vitest'
import { commandsNow, placeEntries, splitPath } from './entries'

const run = () => undefined

it('lists a command once: the one in front, with the first of its keys', () => {
  const own = { id: 'file.save', title: 'Save this file', run }
  const listed = commandsNow([
    { id: 'app.commands', title: 'All', keys: 'Mod+Shift+P', run },
    { id: 'app.commands', title: 'All', keys: 'F1', run },
    { id: 'file.save', title: 'Save', run },
    own,
  ])
  expect(listed.map((command) => command.keys)).toEqual(['Mod+Shift+P', undefined])
  expect(listed[1]).toBe(own)
})

it('leaves ignored files and folders out', () => {
  const file = (path: string, ignored = false) => ({ path, kind: 'file' as const, size: 1, ignored })
  const entries = placeEntries(
    [file('src/a.ts'), file('dist/a.js', true), { ...file('src'), kind: 'folder' }],
    [],
    '',
  )
  expect(entries.map((entry) => entry.item)).toEqual([{ kind: 'file', path: 'src/a.ts' }])
})

it('marks hits in the name of a file', () => {
  const { name, hits, folder } = splitPath('src/lib/water.ts', new Set([0, 8, 9]))
  expect([name, folder, [...hits]]).toEqual(['water.ts', 'src/lib', [0, 1]])
})
