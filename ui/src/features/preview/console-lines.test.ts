import { expect, test } from 'vitest'
import { consoleLines, grownConsole } from './console-lines'

const line = (method: string, ...data: unknown[]) => ({ id: '1', method, data })

test('values are shown as a console shows them', () => {
  expect(consoleLines([line('log', 'a', 1, { b: [2] }, null)])[0]?.text).toBe('a 1 {"b":[2]} null')
  expect(consoleLines([line('error', { name: 'TypeError', message: 'no' })])[0]).toMatchObject({
    level: 'error',
    text: 'TypeError: no',
  })
})

test('patterns are filled in, styles are left out', () => {
  expect(consoleLines([line('warn', '%cHello %s, %d beds', 'color:red', 'you', 3, 'more')])[0]?.text).toBe(
    'Hello you, 3 beds more',
  )
})

test('a clear empties the console, and it never grows without end', () => {
  const many = consoleLines(Array.from({ length: 700 }, (_, index) => line('log', index)))
  expect(grownConsole([], many)).toHaveLength(500)
  expect(
    grownConsole(many, consoleLines([line('clear'), line('log', 'x')])).map((each) => each.text),
  ).toEqual(['x'])
})
