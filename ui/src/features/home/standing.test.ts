import { expect, it } from 'vitest'
import { standing } from './standing'

const here = { available: true }

it('tells a missing folder before anything else', () => {
  expect(standing({ available: false }, [{ status: 'processing', review: 'none' }])).toEqual({ is: 'gone' })
})

it('tells what runs, then what waits for a review', () => {
  const waiting = { status: 'done', review: 'pending' } as const
  expect(standing(here, [{ status: 'queued', review: 'none' }, waiting])).toEqual({ is: 'running', count: 1 })
  expect(standing(here, [waiting, { status: 'done', review: 'accepted' }])).toEqual({
    is: 'review',
    count: 1,
  })
  expect(standing(here, [{ status: 'failed', review: 'none' }])).toEqual({ is: 'here' })
})
