import { expect, it } from 'vitest'
import { findBeds } from './find'
import { beds } from './garden'

const found = (words: string) => findBeds(beds, words).map((bed) => bed.id)

it('finds all without words', () => {
  expect(found('  ')).toHaveLength(beds.length)
})
it('looks at names and notes, in any case', () => {
  expect(found('TOMATO')).toEqual(['tomatoes'])
  expect(found('july')).toEqual(['onions'])
})
it('wants every word', () => {
  expect(found('bed garlic')).toEqual(['gate'])
  expect(found('bed july')).toEqual([])
})
