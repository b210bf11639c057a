// What the server tells of its own accord: one stream per page, for everybody who listens.
import type { QueryClient } from '@tanstack/react-query'
import { follow, type Line } from './events'
import { refresh, type ServerEvent } from './freshness'

const listeners = new Set<(event: ServerEvent) => void>()

/** Hears every event of the feed until the answer is called. */
export function onServerEvent(listener: (event: ServerEvent) => void): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

/** Follows the feed until the signal fires: refreshes what is cached, then tells who listens. */
export async function followFeed(
  client: QueryClient,
  signal: AbortSignal,
  onLine: (line: Line) => void,
): Promise<void> {
  await follow('/api/events', {
    signal,
    onLine,
    onMessage: (message) => {
      const event = JSON.parse(message.data) as ServerEvent
      refresh(client, event)
      for (const listener of listeners) listener(event)
    },
  })
}
