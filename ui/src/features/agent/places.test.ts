import { expect, test } from 'vitest'
import { placeOf } from './places'

test('paths with and without a line are places', () => {
  expect(placeOf('src/App.tsx:12')).toEqual({ path: 'src/App.tsx', line: 12 })
  expect(placeOf('src/App.tsx:12-18')).toEqual({ path: 'src/App.tsx', line: 12, end: 18 })
  expect(placeOf('./src/lib/water.ts#L3')).toEqual({ path: 'src/lib/water.ts', line: 3 })
  expect(placeOf('styles.css')).toEqual({ path: 'styles.css', line: 1 })
})

test('what is no path of this project is none', () => {
  for (const text of [
    'https://a.example/x.js',
    'useState',
    '../../etc/passwd.txt',
    'a + b',
    'javascript:alert(1)',
  ]) {
    expect(placeOf(text)).toBeUndefined()
  }
})
