// Server-sent events by fetch, so that the token is a header. Resumes after the last event it saw, for as long as it is
// wanted; tells when the line is down and when it is back.
import { asProblem } from './client'
import { ProblemError } from './problem'
import { currentToken } from './session'
import { type Message, messages } from './sse'

export type Line = 'connected' | 'lost'

export type FollowOptions = {
  /** Go on after this event. */
  after?: number
  signal: AbortSignal
  onMessage: (message: Message) => void
  onLine?: (line: Line) => void
}

const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 5_000

/** Follows `path` until the signal fires. Throws when the server refuses it (gone, not ours); goes on through all else. */
export async function follow(path: string, options: FollowOptions): Promise<void> {
  let last = options.after
  let wait = FIRST_WAIT_MS
  while (!options.signal.aborted) {
    try {
      const response = await fetch(path, {
        headers: {
          accept: 'text/event-stream',
          authorization: `Bearer ${currentToken() ?? ''}`,
          ...(last === undefined ? {} : { 'last-event-id': String(last) }),
        },
        signal: options.signal,
      })
      if (response.status >= 400 && response.status < 500) {
        const body: unknown = await response.json().catch(() => null)
        throw new ProblemError(asProblem(body, response))
      }
      if (response.ok && response.body) {
        options.onLine?.('connected')
        wait = FIRST_WAIT_MS
        for await (const message of messages(response.body)) {
          if (message.id) last = Number(message.id)
          options.onMessage(message)
        }
      }
    } catch (error) {
      if (options.signal.aborted) return
      if (error instanceof ProblemError) throw error
    }
    if (options.signal.aborted) return
    options.onLine?.('lost')
    await pause(wait, options.signal)
    wait = Math.min(wait * 2, LONGEST_WAIT_MS)
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
