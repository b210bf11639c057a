import { expect, it } from 'vitest'
import type { Models, ProviderInfo } from '../../server/types'
import { detailOf, grouped, isHere, keyTrouble, noteOf, statusOf } from './providers'

const provider = (over: Partial<ProviderInfo>): ProviderInfo => ({
  id: 'openai',
  name: 'OpenAI',
  status: 'connected',
  needsKey: true,
  baseUrl: 'https://api.openai.example/v1',
  ...over,
})
const ollama = provider({ id: 'ollama', name: 'Ollama', needsKey: false, baseUrl: 'http://127.0.0.1:11434' })
const models = (providers: ProviderInfo[]): Models => ({ items: [], providers, default: 'demo/guide' })

it('tells what stays on this computer by where it goes', () => {
  expect(isHere(ollama)).toBe(true)
  expect(isHere({ baseUrl: 'http://localhost.example.com' })).toBe(false)
  expect(isHere({ baseUrl: 'nonsense' })).toBe(false)
  const groups = grouped(models([ollama, provider({}), provider({ id: 'demo', baseUrl: null })]))
  expect(groups.here).toEqual([ollama])
  expect(groups.cloud.map((each) => each.id)).toEqual(['openai'])
  expect(groups.demo.length).toBe(1)
})

it('has a calm word for what does not run, and red only for a refused key', () => {
  expect(statusOf({ ...ollama, status: 'unreachable' }, 0)).toEqual({ word: 'Not running' })
  expect(statusOf(provider({ status: 'bad_key' }), 0)).toEqual({ look: 'error', word: 'Key refused' })
  expect(statusOf(ollama, 0)).toEqual({ look: 'warn', word: 'No model' })
  expect(statusOf(provider({}), 3)).toEqual({ look: 'ok', word: 'Connected' })
})

it('says where a key is and never the key', () => {
  expect(detailOf(provider({ keySource: 'environment' }))).toBe('key found in the environment')
  expect(detailOf(ollama)).toBe('port 11434')
  expect(noteOf({ ...ollama, status: 'unreachable', message: 'os error 111' })).not.toContain('os error')
  expect(noteOf(provider({ status: 'bad_key', message: 'Refused (401).' }))).toBe('Refused (401).')
})

it('tells a refused key from one that could not be tried', () => {
  expect(keyTrouble(models([provider({})]), 'openai')).toBeUndefined()
  expect(keyTrouble(models([provider({ status: 'bad_key' })]), 'openai')).toContain('refused')
  expect(keyTrouble(models([provider({ status: 'unreachable' })]), 'openai')).toContain('kept')
})
