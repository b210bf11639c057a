import { expect, test } from 'vitest'
import type { Task } from '../../server/types'
import { isInLine, sessionsOf, titleOf } from './sessions'

const task = (id: string, sessionId: string, createdAt: number, status: Task['status'] = 'done'): Task => ({
  id,
  sessionId,
  createdAt,
  status,
  projectId: 'p',
  userId: 'owner',
  prompt: `Do ${id}. Then more.`,
  mode: 'patch',
  model: 'demo/guide',
  priority: 5,
  review: 'none',
  snapshot: '',
  attempt: 1,
  updatedAt: createdAt,
})

test('conversations come newest first, their tasks in order', () => {
  const sessions = sessionsOf([task('c', 's1', 3), task('b', 's2', 2), task('a', 's1', 1)])
  expect(sessions.map((session) => session.id)).toEqual(['s1', 's2'])
  expect(sessions[0]?.tasks.map((each) => each.id)).toEqual(['a', 'c'])
  expect(sessions[0]?.title).toBe('Do a')
})

test('a title is one short sentence', () => {
  expect(titleOf('Use v1.2 of it! Please')).toBe('Use v1.2 of it')
  expect(titleOf('x'.repeat(90))).toHaveLength(58)
  expect(titleOf('one\ntwo')).toBe('one')
})

test('a task waits in line only behind another', () => {
  const first = task('a', 's', 1, 'processing')
  const second = task('b', 's', 2, 'queued')
  expect(isInLine(second, [first, second])).toBe(true)
  expect(isInLine(second, [second])).toBe(false)
})
