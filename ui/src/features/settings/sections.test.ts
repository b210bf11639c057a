import { expect, it } from 'vitest'
import { sectionOf, sectionsFor } from './sections'

it('finds a section by what is in it', () => {
  expect(sectionsFor('api key').map((section) => section.id)).toEqual(['models'])
  expect(sectionsFor('Dark').map((section) => section.id)).toEqual(['appearance'])
  expect(sectionsFor('sync')).toEqual([])
})

it('takes any unknown address to the first section', () => {
  expect(sectionOf('models')).toBe('models')
  expect(sectionOf('nonsense')).toBe('appearance')
})
