import { expect, test } from 'vitest'
import { messages } from './sse'

function streamOf(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size))
      controller.close()
    },
  })
}

test.each([1, 2, 3, 7, 1000])('messages are whole when the bytes come %i at a time', async (size) => {
  const text = ': heartbeat\n\nid: 4\nevent: text\ndata: {"text":"Größe ✓"}\n\nid: 5\ndata: a\ndata: b\n\n'
  const got = []
  for await (const message of messages(streamOf(new TextEncoder().encode(text), size))) got.push(message)
  expect(got).toEqual([
    { id: '4', event: 'text', data: '{"text":"Größe ✓"}' },
    { id: '5', event: 'message', data: 'a\nb' },
  ])
})

test('half a message at the end is not a message', async () => {
  const got = []
  for await (const message of messages(streamOf(new TextEncoder().encode('id: 1\ndata: x'), 4)))
    got.push(message)
  expect(got).toEqual([])
})
