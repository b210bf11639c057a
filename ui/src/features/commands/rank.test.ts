import { expect, it } from 'vitest'
import { rank } from './rank'

const files = ['src/lib/weather.ts', 'src/lib/water.test.ts', 'src/lib/water.ts', 'README.md']
const names = (query: string) => rank(files, query, (file) => file, 10).map(({ item }) => item)

it('puts the shortest of equal matches first', () => {
  expect(names('water')[0]).toBe('src/lib/water.ts')
  expect(names('xyz')).toEqual([])
})

it('keeps the order and the limit without a query', () => {
  expect(rank(files, ' ', (file) => file, 2).map(({ item }) => item)).toEqual(files.slice(0, 2))
})

it('says which letters were hit', () => {
  const [first] = rank(['water.ts'], 'wat', (file) => file, 1)
  expect([...(first?.hits ?? [])].sort()).toEqual([0, 1, 2])
})

it('stays fast on 50 000 paths', () => {
  const many = Array.from({ length: 50_000 }, (_, index) => `src/part${index % 97}/file${index}.tsx`)
  const began = performance.now()
  expect(rank(many, 'part5file499', (file) => file, 50).length).toBeGreaterThan(0)
  expect(performance.now() - began).toBeLessThan(2_000)
})
