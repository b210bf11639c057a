import { expect, test } from 'vitest'
import { kindOf, overlaid } from './paint'

test('marks cut colours, and the text stays whole', () => {
  const drawn = overlaid(
    [
      { text: 'const ', kind: 'k' },
      { text: 'rain', kind: '' },
    ],
    [
      { text: 'const r', changed: false },
      { text: 'ain', changed: true },
    ],
  )
  expect(drawn).toEqual([
    { text: 'const ', kind: 'k', changed: false },
    { text: 'r', kind: '', changed: false },
    { text: 'ain', kind: '', changed: true },
  ])
})

test('token names of a language have their kind', () => {
  expect(kindOf('keyword.flow.ts')).toBe('k')
  expect(kindOf('delimiter.bracket.ts')).toBe('p')
  expect(kindOf('identifier.ts')).toBe('')
})
