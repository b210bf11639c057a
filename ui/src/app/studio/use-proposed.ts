// What the change set under review would make of the person's texts: for the tree, the editor and the preview.
import { useMemo } from 'react'
import type { Mark } from '../../features/files/tree'
import { type Composed, compose } from '../../lib/compose'
import type { Task } from '../../server/types'

export type Proposed = {
  /** Composed texts by the path after the change. */
  files: ReadonlyMap<string, Composed>
  marks: ReadonlyMap<string, Mark>
  /** For the preview: undefined where a file would be gone. */
  texts: ReadonlyMap<string, string | undefined>
}

const NOTHING: Proposed = { files: new Map(), marks: new Map(), texts: new Map() }

export function useProposed(task: Task | undefined, texts: ReadonlyMap<string, string>): Proposed {
  return useMemo(() => {
    if (!task?.result) return NOTHING
    const files = new Map<string, Composed>()
    const marks = new Map<string, Mark>()
    const made = new Map<string, string | undefined>()
    for (const file of task.result.filesModified) {
      if (!file.hunks.some((hunk) => hunk.review === 'pending')) continue
      const moves =
        file.oldPath != null && file.hunks.some((hunk) => hunk.act === 'rename' && hunk.review === 'pending')
      const now = texts.get(file.path) ?? (file.oldPath != null ? texts.get(file.oldPath) : undefined)
      const composed = compose(now, file)
      files.set(file.path, composed)
      marks.set(
        file.path,
        file.status === 'added' || file.status === 'renamed'
          ? 'added'
          : file.status === 'deleted'
            ? 'deleted'
            : 'modified',
      )
      if (moves && file.oldPath != null) {
        marks.set(file.oldPath, 'deleted')
        made.set(file.oldPath, undefined)
      }
      if (!file.binary) made.set(file.path, composed.text)
    }
    return { files, marks, texts: made }
  }, [task, texts])
}
