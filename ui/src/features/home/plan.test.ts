import { expect, it } from 'vitest'
import type { Models } from '../../server/types'
import { foundHere, readiness, templateFor } from './plan'

const demo = { id: 'demo/guide', provider: 'demo', name: 'Demo', available: true, local: true, demo: true }
const qwen = {
  id: 'ollama/qwen',
  provider: 'ollama',
  name: 'qwen',
  available: true,
  local: true,
  demo: false,
}
const ollama = { id: 'ollama', name: 'Ollama', status: 'connected' as const, needsKey: false }
const models = (over: Partial<Models>): Models => ({
  items: [demo],
  providers: [],
  default: 'demo/guide',
  ...over,
})

it('offers the demo while nothing else answers', () => {
  expect(readiness(models({}))).toEqual({ is: 'none' })
  expect(readiness(models({ items: [demo, { ...qwen, available: false }] }))).toEqual({ is: 'none' })
})

it('asks nobody that was not chosen', () => {
  expect(readiness(models({ items: [demo, qwen] }))).toEqual({ is: 'choose', first: 'qwen', others: 0 })
  expect(readiness(models({ items: [demo, qwen], default: 'ollama/qwen' }))).toEqual({ is: 'ready' })
})

it('names what was found on this computer', () => {
  expect(foundHere(models({ providers: [ollama] }))).toEqual(['Ollama'])
  expect(foundHere(models({ providers: [{ ...ollama, status: 'unreachable' }] }))).toEqual([])
})

it('begins on the sample for the demo and on an app for a model', () => {
  const templates = ['sample', 'app', 'blank'].map((id) => ({ id, name: id, detail: '' }))
  expect(templateFor(true, templates)).toBe('sample')
  expect(templateFor(false, templates)).toBe('app')
  expect(
    templateFor(
      false,
      templates.filter((each) => each.id !== 'app'),
    ),
  ).toBe('blank')
})
