import { expect, it } from 'vitest'
import { nameFrom } from './name'

it('names a project after the thing in the idea', () => {
  expect(nameFrom('A seed-swap board for our street, with photos and a waiting list')).toBe('Seed-swap board')
  expect(nameFrom('please make me a kiln log')).toBe('Kiln log')
  expect(nameFrom('Todo')).toBe('Todo')
})

it('never makes a name that a folder cannot have', () => {
  expect(nameFrom('../../etc/passwd')).toBe('New project')
  expect(nameFrom('a <b> "c" | d')).toBe('B c d')
  expect(nameFrom('  \n ')).toBe('New project')
  expect(nameFrom('x'.repeat(300)).length).toBeLessThanOrEqual(40)
})
