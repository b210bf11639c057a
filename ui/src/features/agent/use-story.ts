// A task's story as it stands: read once when the task is over, followed while it runs.
import { useEffect, useReducer, useRef } from 'react'
import { followStory, readStory } from '../../server/task-events'
import type { Task, TaskEvent } from '../../server/types'
import { emptyStory, type Story, tell } from './story'

const told = (story: Story, events: readonly TaskEvent[]) => events.reduce(tell, story)

export function useStory(task: Pick<Task, 'id' | 'status' | 'review' | 'updatedAt'>): Story {
  const [story, hear] = useReducer(told, emptyStory)
  const seq = useRef(0)
  seq.current = story.seq
  const over = task.status === 'done' || task.status === 'failed' || task.status === 'cancelled'
  // Of a task that is over, only a review can tell more; each changes `updatedAt`.
  const turn = over ? `${task.review} ${task.updatedAt}` : 'running'
  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` says when to look again
  useEffect(() => {
    const stop = new AbortController()
    const read = over ? readStory : followStory
    // The task's own facts are shown in any case; its story is read again with the next change.
    void read(task.id, seq.current, stop.signal, hear).catch(() => undefined)
    return () => stop.abort()
  }, [task.id, over, turn])
  return story
}
