import { describe, expect, it } from 'vitest'
import { phaseInWords } from './turn'

const queued = { status: 'queued', cancelRequested: false, attempt: 0 } as const
const started = { kind: 'queued' } as const

describe('a task that does not run says why', () => {
  it('waits for its turn', () => {
    expect(phaseInWords(started, queued)).toBe('Waits for its turn.')
    expect(phaseInWords(started, { ...queued, waitingFor: 'slot' })).toBe('Waits for its turn.')
  })
  it('waits for the task before it', () => {
    expect(phaseInWords(started, { ...queued, waitingFor: 'task' })).toBe('Waits for the task before it.')
  })
  it('waits for its time', () => {
    const runAt = new Date(2026, 0, 5, 14, 30).getTime()
    expect(phaseInWords(started, { ...queued, runAt })).toMatch(/^Waits until .*30.*\.$/)
    expect(phaseInWords(started, { ...queued, runAt, attempt: 1 })).toBe('Waits for its turn.')
  })
  it('is tried again', () => {
    const retrying = { kind: 'retrying', message: 'The provider is overloaded.', until: 0 } as const
    const words = phaseInWords(retrying, { ...queued, attempt: 1 })
    expect(words).toMatch(/^The provider is overloaded\. It is tried again at .+\.$/)
  })
})
