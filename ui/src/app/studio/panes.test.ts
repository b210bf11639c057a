import { expect, test } from 'vitest'
import { PRESETS, presetOf, readKept } from './panes'

test('a preset is known by its panes', () => {
  expect(presetOf(PRESETS.focus)).toBe('focus')
  expect(presetOf({ ...PRESETS.code, preview: false })).toBeUndefined()
})

test('whatever was kept is read without harm', () => {
  expect(readKept(undefined)).toEqual({
    panes: PRESETS.code,
    sizes: {},
    folders: [],
    tabs: undefined,
    session: undefined,
    draft: undefined,
    columns: 1,
  })
  const kept = readKept({
    panes: { side: false, agent: 'x' },
    sizes: { wide: { side: 20, bad: 'x' } },
    folders: ['a', 1],
    columns: 2,
  })
  expect(kept.panes).toEqual({ ...PRESETS.code, side: false })
  expect(kept.sizes).toEqual({ wide: { side: 20 } })
  expect(kept.folders).toEqual(['a'])
  expect(kept.columns).toBe(2)
})
