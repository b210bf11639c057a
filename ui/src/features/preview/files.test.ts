import { expect, test } from 'vitest'
import { previewFiles } from './files'

const preview = { entry: '/src/main.tsx', dependencies: { react: '19.3.1' } }

test('what stands in public is served from the root, unless the root has its own', () => {
  const texts = new Map([
    ['public/logo.svg', '<svg/>'],
    ['public/robots.txt', 'public'],
    ['robots.txt', 'root'],
    ['index.html', '<html/>'],
    ['public/index.html', 'never'],
  ])
  const files = previewFiles(texts, preview)
  expect(files['/logo.svg']).toBe('<svg/>')
  expect(files['/robots.txt']).toBe('root')
  expect(files['/index.html']).toBe('<html/>')
})

test('lock files, build output and the project’s own package file stay out', () => {
  const texts = new Map([
    ['package.json', '{"scripts":{}}'],
    ['package-lock.json', '{}'],
    ['dist/a.js', ''],
  ])
  const files = previewFiles(texts, preview)
  expect(Object.keys(files)).toEqual(['/package.json'])
  expect(files['/package.json']).toContain('/src/main.tsx')
})
