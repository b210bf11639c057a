// What the screen of a project looked like when it was left.
import { useRef, useState } from 'react'
import { useKept } from '../../server/ui-state'
import { type Kept, readKept } from './panes'

export function useScreen(projectId: string): { first: Kept; keep: (part: Partial<Kept>) => void } {
  const { value, keep } = useKept(`studio.${projectId}`)
  const [first] = useState(() => readKept(value))
  const now = useRef(first)
  return {
    first,
    keep: (part) => {
      now.current = { ...now.current, ...part }
      keep(now.current)
    },
  }
}
