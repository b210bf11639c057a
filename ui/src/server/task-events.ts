// A task's story as the server keeps it: once through, or followed while it is told.
import { asProblem } from './client'
import { follow } from './events'
import { ProblemError } from './problem'
import { currentToken } from './session'
import { messages } from './sse'
import type { TaskEvent } from './types'

const path = (task: string) => `/api/agent/tasks/${encodeURIComponent(task)}/events`

/** The events after `after` that are there now. */
export async function readStory(
  task: string,
  after: number,
  signal: AbortSignal,
  onEvents: (events: readonly TaskEvent[]) => void,
): Promise<void> {
  const response = await fetch(`${path(task)}?follow=false`, {
    headers: {
      accept: 'text/event-stream',
      authorization: `Bearer ${currentToken() ?? ''}`,
      ...(after > 0 ? { 'last-event-id': String(after) } : {}),
    },
    signal,
  })
  if (!response.ok || !response.body) {
    throw new ProblemError(asProblem(await response.json().catch(() => null), response))
  }
  const events: TaskEvent[] = []
  for await (const message of messages(response.body)) events.push(JSON.parse(message.data) as TaskEvent)
  if (events.length > 0) onEvents(events)
}

/** Every event after `after`, as it happens, until the signal fires. Deltas of one frame arrive together. */
export async function followStory(
  task: string,
  after: number,
  signal: AbortSignal,
  onEvents: (events: readonly TaskEvent[]) => void,
): Promise<void> {
  let waiting: TaskEvent[] = []
  let timer: number | undefined
  const flush = () => {
    timer = undefined
    const events = waiting
    waiting = []
    if (events.length > 0 && !signal.aborted) onEvents(events)
  }
  await follow(path(task), {
    ...(after > 0 ? { after } : {}),
    signal,
    onMessage: (message) => {
      waiting.push(JSON.parse(message.data) as TaskEvent)
      // A hidden page draws no frames; it must hear all the same.
      timer ??= window.setTimeout(flush, 30)
    },
  })
  clearTimeout(timer)
  flush()
}
