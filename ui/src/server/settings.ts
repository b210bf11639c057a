// What the person chose. Shows at once, written a moment later. State of the page that must last is in ui-state.ts.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { api, type Schemas, take } from './client'
import { settingsQuery } from './queries'

export type Settings = Schemas['Settings']

const SAVE_AFTER_MS = 400

/** The settings, and a way to change them that shows at once and is written a moment later. */
export function useSettings(): {
  settings: Settings | undefined
  change: (change: (now: Settings) => Settings) => void
} {
  const client = useQueryClient()
  const { data } = useQuery(settingsQuery())
  const change = useCallback(
    (change: (now: Settings) => Settings) => {
      const now = client.getQueryData(settingsQuery().queryKey)
      if (!now) return
      client.setQueryData(settingsQuery().queryKey, change(now))
      saveSoon(() => {
        const body = client.getQueryData(settingsQuery().queryKey)
        return body ? take(api.PUT('/api/settings', { body })) : Promise.resolve(undefined)
      })
    },
    [client],
  )
  return { settings: data, change }
}

let timer: ReturnType<typeof setTimeout> | undefined
let pending: (() => Promise<unknown>) | undefined

function saveSoon(save: () => Promise<unknown>): void {
  pending = save
  clearTimeout(timer)
  timer = setTimeout(flushSettings, SAVE_AFTER_MS)
}

/** Writes what is not written yet: when the page is left. */
export function flushSettings(): void {
  clearTimeout(timer)
  const save = pending
  pending = undefined
  // A failed save is tried again with the next change; the page itself shows that the engine is away.
  void save?.().catch(() => undefined)
}
