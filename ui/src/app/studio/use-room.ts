// How much room the window gives: all panes, the preview as a tab, or one pane at a time.
import { useSyncExternalStore } from 'react'

export type Room = 'wide' | 'medium' | 'narrow'

const MEDIUM = '(max-width: 1100px)'
const NARROW = '(max-width: 800px)'

function read(): Room {
  if (matchMedia(NARROW).matches) return 'narrow'
  return matchMedia(MEDIUM).matches ? 'medium' : 'wide'
}

function subscribe(listener: () => void): () => void {
  const queries = [matchMedia(MEDIUM), matchMedia(NARROW)]
  for (const query of queries) query.addEventListener('change', listener)
  return () => {
    for (const query of queries) query.removeEventListener('change', listener)
  }
}

export function useRoom(): Room {
  return useSyncExternalStore(subscribe, read)
}
