import { expect, test } from 'vitest'
import { untyped } from './untyped'

const types = {
  'file:///node_modules/react/index.d.ts': '',
  'file:///node_modules/@types/babel__core/index.d.ts': '',
}

test('only what is declared and has no types is made known', () => {
  const project = JSON.stringify({
    dependencies: { react: '19' },
    devDependencies: { vitest: '4', '@babel/core': '7', '@vitejs/plugin-react': '6' },
  })
  expect(untyped(project, types)).toBe(
    'declare module "@vitejs/plugin-react"\ndeclare module "@vitejs/plugin-react/*"\n' +
      'declare module "vitest"\ndeclare module "vitest/*"\n',
  )
})

test.each([undefined, '', '{', 'null', '{"dependencies":{"a\\"b":"1"}}'])(
  '%j declares nothing',
  (project) => {
    expect(untyped(project, types)).toBe('')
  },
)
