import { expect, test } from 'vitest'
import { askToFix, errorFrom } from './errors'

test('the wrapper around a syntax error is taken off', () => {
  const error = errorFrom(
    {
      title: 'TypeError',
      message:
        "Cannot assign to read only property 'message' of object 'SyntaxError: /src/App.tsx: Unexpected token (3:5)\n\n  1 | x'",
      path: '/src/App.tsx',
      line: 3,
      column: 6,
    },
    false,
  )
  expect(error).toEqual({
    running: false,
    title: 'SyntaxError',
    message: 'Unexpected token (3:5)',
    path: 'src/App.tsx',
    line: 3,
    column: 6,
  })
})

test('a runtime error is placed by the first frame of the person’s own code', () => {
  const error = errorFrom(
    {
      title: 'ReferenceError',
      message: 'Litres is not defined',
      payload: {
        frames: [
          { _originalFileName: '/node_modules/react-dom/index.js', _originalLineNumber: 9 },
          { _originalFileName: '/src/BedTile.tsx', _originalLineNumber: 34, _originalColumnNumber: 7 },
        ],
      },
    },
    true,
  )
  expect(error).toMatchObject({ path: 'src/BedTile.tsx', line: 34, message: 'Litres is not defined' })
  expect(askToFix(error, false)).toContain('src/BedTile.tsx:34')
})

test('an error without a place has none', () => {
  expect(errorFrom({ message: 'boom' }, true)).toEqual({
    running: true,
    title: 'Error',
    message: 'boom',
    path: undefined,
    line: undefined,
    column: undefined,
  })
})
