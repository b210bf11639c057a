// Whether the engine is there (drawn from the feed) and the network (as the browser knows it), for every screen.
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { create } from 'zustand'
import { api } from './client'
import type { Line } from './events'
import { followFeed } from './feed'
import { isProblem } from './problem'
import { forgetToken } from './session'

export type Engine = {
  /** `signed-out`: it was started anew and does not know this page any more. */
  state: 'connecting' | 'ready' | 'away' | 'signed-out'
  /** How often it was asked in vain since it went away. */
  tries: number
  online: boolean
}

export const useEngine = create<Engine>(() => ({ state: 'connecting', tries: 0, online: navigator.onLine }))

export function afterLine(now: Engine, line: Line): Engine {
  return line === 'connected'
    ? { ...now, state: 'ready', tries: 0 }
    : { ...now, state: 'away', tries: now.tries + 1 }
}

/** Follows the feed for as long as the page is open. */
export function useFeed(): void {
  const client = useQueryClient()
  useEffect(() => {
    const stop = new AbortController()
    const networkChanged = () => {
      const online = navigator.onLine
      useEngine.setState({ online })
      // Models may be in reach again, and tasks that wait for the network can go on now.
      if (online) void api.POST('/api/models/refresh').catch(() => undefined)
    }
    window.addEventListener('online', networkChanged)
    window.addEventListener('offline', networkChanged)
    followFeed(client, stop.signal, (line) =>
      useEngine.setState(afterLine(useEngine.getState(), line)),
    ).catch((error: unknown) => {
      if (isProblem(error, 'unauthenticated')) forgetToken()
      useEngine.setState({ state: 'signed-out' })
    })
    return () => {
      stop.abort()
      window.removeEventListener('online', networkChanged)
      window.removeEventListener('offline', networkChanged)
    }
  }, [client])
}
