import { expect, test } from 'vitest'
import { previewFiles, proposedTexts } from './files'

const preview = { entry: '/src/main.tsx', dependencies: { react: '19.3.1' } }

test('the package file says where to start and which exact versions', () => {
  const files = previewFiles(
    new Map([
      ['package.json', '{"name":"mine"}'],
      ['src/main.tsx', 'x'],
    ]),
    preview,
  )
  expect(JSON.parse(files['/package.json'] ?? '')).toMatchObject({
    main: '/src/main.tsx',
    dependencies: { react: '19.3.1' },
  })
  expect(files['/src/main.tsx']).toBe('x')
})

test('lock files and build output stay out', () => {
  const files = previewFiles(
    new Map([
      ['package-lock.json', '{}'],
      ['dist/a.js', 'x'],
      ['src/distance.ts', 'y'],
    ]),
    preview,
  )
  expect(Object.keys(files).sort()).toEqual(['/package.json', '/src/distance.ts'])
})

test('proposed texts stand in for the person’s', () => {
  const all = proposedTexts(
    new Map([
      ['a', '1'],
      ['b', '2'],
    ]),
    new Map([
      ['a', '9'],
      ['b', undefined],
      ['c', '3'],
    ]),
  )
  expect([...all]).toEqual([
    ['a', '9'],
    ['c', '3'],
  ])
})
