import { expect, test } from 'vitest'
import { commandFor, isChord } from './keyboard'

const press = (key: string, held: Partial<KeyboardEventInit> = {}) =>
  new KeyboardEvent('keydown', { key, ...held })

test('a chord needs exactly its modifiers', () => {
  expect(isChord(press('p', { ctrlKey: true }), 'Mod+P')).toBe(true)
  expect(isChord(press('P', { ctrlKey: true, shiftKey: true }), 'Mod+P')).toBe(false)
  expect(isChord(press('P', { ctrlKey: true, shiftKey: true }), 'Mod+Shift+P')).toBe(true)
  expect(isChord(press('p'), 'Mod+P')).toBe(false)
})

test('what was registered last wins', () => {
  const run = () => undefined
  const commands = [
    { id: 'a', title: 'A', keys: 'Mod+S', run },
    { id: 'b', title: 'B', keys: 'Mod+S', run },
  ]
  expect(commandFor(press('s', { ctrlKey: true }), commands)?.id).toBe('b')
  expect(commandFor(press('x', { ctrlKey: true }), commands)).toBeUndefined()
})
