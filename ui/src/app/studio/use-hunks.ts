// The hunk that the review is at, shared by the editor and the review screen.
import { useMemo, useState } from 'react'
import { after, type Item, itemsOf } from '../../features/review/order'
import type { Task } from '../../server/types'

export function useHunks(task: Task | undefined) {
  const [chosen, setChosen] = useState<string>()
  const items = useMemo(() => (task ? itemsOf(task) : []), [task])
  const pending = useMemo(() => items.filter((item) => item.hunk.review === 'pending'), [items])
  const current = items.find((item) => item.hunk.id === chosen) ?? pending[0] ?? items[0]
  const at = pending.findIndex((item) => item.hunk.id === current?.hunk.id)
  return {
    items,
    pending,
    current,
    /** From 1, among what is left to decide. */
    number: Math.max(at, 0) + 1,
    choose: (id: string | undefined) => setChosen(id),
    /** To where the review goes on once `id` is decided. */
    leave: (id: string) => setChosen(after(items, id)),
    /** The pending hunk `by` away, around the end. */
    step: (by: 1 | -1): Item | undefined => {
      if (pending.length === 0) return undefined
      const from = at < 0 ? (by === 1 ? -1 : 0) : at
      const next = pending[(from + by + pending.length) % pending.length]
      setChosen(next?.hunk.id)
      return next
    },
  }
}
