import { expect, it } from 'vitest'
import { afterLine } from './engine'

it('counts how often the engine was asked in vain, and forgets it when it is back', () => {
  const ready = { state: 'ready', tries: 0, online: true } as const
  const away = afterLine(afterLine(ready, 'lost'), 'lost')
  expect(away).toEqual({ state: 'away', tries: 2, online: true })
  expect(afterLine(away, 'connected')).toEqual(ready)
})
