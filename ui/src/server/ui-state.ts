// What must outlive a launch (open tabs, pane sizes, drafts): kept in the settings by key, because the page's own storage
// belongs to an origin that changes with every launch.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef } from 'react'
import { api, type Schemas, take } from './client'
import { keys } from './keys'
import { settingsQuery } from './queries'

const SAVE_AFTER_MS = 600

/** The value under `key` as it was kept (undefined until it is known or when there is none), and how to keep another. */
export function useKept(key: string): { known: boolean; value: unknown; keep: (value: unknown) => void } {
  const client = useQueryClient()
  const { data } = useQuery(settingsQuery())
  const waiting = useRef<{ timer: number; save: () => void } | undefined>(undefined)
  const keep = useCallback(
    (value: unknown) => {
      clearTimeout(waiting.current?.timer)
      const save = () => {
        waiting.current = undefined
        const settings = client.getQueryData<Schemas['Settings']>(keys.settings())
        if (!settings) return
        const next = { ...settings, ui: { ...settings.ui, [key]: value } } as Schemas['Settings']
        client.setQueryData(keys.settings(), next)
        // A lost pane size is no news for a person; the next change is kept again.
        void take(api.PUT('/api/settings', { body: next })).catch(() => undefined)
      }
      waiting.current = { timer: window.setTimeout(save, SAVE_AFTER_MS), save }
    },
    [client, key],
  )
  useEffect(
    () => () => {
      clearTimeout(waiting.current?.timer)
      waiting.current?.save()
    },
    [],
  )
  const kept: Record<string, unknown> = data?.ui ?? {}
  return { known: data !== undefined, value: kept[key], keep }
}
