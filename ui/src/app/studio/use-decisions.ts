// What is decided of the change set under review: all of it, or one hunk.
import type { Buffers } from '../../features/editor/buffers'
import type { Task } from '../../server/types'
import type { useHunks } from './use-hunks'
import type { useTasks } from './use-tasks'

export function useDecisions(
  tasks: ReturnType<typeof useTasks>,
  hunks: ReturnType<typeof useHunks>,
  buffers: Buffers,
) {
  /** Unsaved text of the files a change set touches is the person's newest word: it is on disk before the two are merged. */
  const saveTouched = async (task: Task) => {
    const touched = new Set(task.result?.filesModified.map((file) => file.path))
    await Promise.all(
      buffers
        .dirty()
        .filter((path) => touched.has(path))
        .map((path) => buffers.save(path)),
    )
  }
  const keep = async (hunk?: string) => {
    const task = tasks.review
    if (!task) return
    await saveTouched(task)
    if (hunk !== undefined) hunks.leave(hunk)
    await tasks.accept(task, hunk === undefined ? undefined : [hunk])
  }
  const undo = async (hunk?: string, comment?: string) => {
    const task = tasks.review
    if (!task) return
    if (hunk !== undefined) hunks.leave(hunk)
    await tasks.reject(task, hunk === undefined ? undefined : [hunk], comment)
  }
  return { keep, undo }
}
