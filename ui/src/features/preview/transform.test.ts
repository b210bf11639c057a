import { expect, test } from 'vitest'
import { forSandpack, packageForSandpack } from './transform'

test('import.meta is replaced on its own line, in scripts only', () => {
  const code = 'const a = 1\nconst b = import.meta.env.DEV && import.meta.hot\nnew URL("x", import.meta.url)'
  const made = forSandpack('/src/a.tsx', code)
  expect(made).not.toContain('import.meta')
  expect(made.split('\n')).toHaveLength(3)
  expect(forSandpack('/notes.md', code)).toBe(code)
  expect(forSandpack('/src/b.ts', 'export {}')).toBe('export {}')
})

test('the package starts at the entry with exact versions', () => {
  expect(JSON.parse(packageForSandpack('/src/main.tsx', { react: '19.3.1' }))).toEqual({
    name: 'preview',
    main: '/src/main.tsx',
    dependencies: { react: '19.3.1' },
  })
})
