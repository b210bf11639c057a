// Whether the engine is there, and the network: drawn from the feed, for every screen.
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { create } from 'zustand'
import { followFeed, onServerEvent } from './feed'
import { isProblem } from './problem'
import { forgetToken } from './session'

type Engine = {
  state: 'connecting' | 'ready' | 'away' | 'signed-out'
  online: boolean
}

export const useEngine = create<Engine>(() => ({ state: 'connecting', online: true }))

/** Follows the feed for as long as the page is open. */
export function useFeed(): void {
  const client = useQueryClient()
  useEffect(() => {
    const stop = new AbortController()
    const unlisten = onServerEvent((event) => {
      if (event.type === 'network_changed') useEngine.setState({ online: event.online })
    })
    followFeed(client, stop.signal, (line) => {
      useEngine.setState({ state: line === 'connected' ? 'ready' : 'away' })
    }).catch((error: unknown) => {
      if (isProblem(error, 'unauthenticated')) forgetToken()
      useEngine.setState({ state: 'signed-out' })
    })
    return () => {
      stop.abort()
      unlisten()
    }
  }, [client])
}
