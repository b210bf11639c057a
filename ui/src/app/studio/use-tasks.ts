// The project's tasks and what can be done with them.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { isInLine, pendingHunks, sessionsOf, toReview } from '../../features/agent/sessions'
import { toast } from '../../kit/toast'
import { count } from '../../lib/words'
import { api, type Schemas, take } from '../../server/client'
import { keys } from '../../server/keys'
import { inWords, isProblem } from '../../server/problem'
import { tasksQuery } from '../../server/queries'
import type { Conflict, NewTask, Task } from '../../server/types'

type Reviewed = Schemas['Reviewed']

export function useTasks(projectId: string, onWritten: (written: Reviewed['written']) => void) {
  const client = useQueryClient()
  const list = useQuery(tasksQuery(projectId))
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  const [conflicts, setConflicts] = useState<readonly Conflict[]>([])
  const tasks = useMemo(() => list.data?.items ?? [], [list.data])
  const sessions = useMemo(() => sessionsOf(tasks), [tasks])
  const review = useMemo(() => toReview(tasks), [tasks])
  const line = useMemo(() => tasks.filter((task) => isInLine(task, tasks)).reverse(), [tasks])
  const running =
    tasks.find((task) => task.status === 'processing') ??
    tasks.find((task) => task.status === 'queued' && !line.includes(task))

  const again = () => client.invalidateQueries({ queryKey: keys.tasks(projectId) })
  const put = (task: Task) =>
    client.setQueryData(tasksQuery(projectId).queryKey, (now) =>
      now ? { ...now, items: now.items.map((each) => (each.id === task.id ? task : each)) } : now,
    )
  /** Runs one decision at a time; a refusal is shown, a conflict with all its sides. */
  const decide = async (act: () => Promise<Reviewed>): Promise<Reviewed | undefined> => {
    if (busy) return undefined
    setBusy(true)
    setProblem(undefined)
    setConflicts([])
    try {
      const reviewed = await act()
      put(reviewed.task)
      onWritten(reviewed.written)
      return reviewed
    } catch (error) {
      if (isProblem(error, 'conflict')) setConflicts(error.problem.conflicts ?? [])
      else setProblem(inWords(error))
      return undefined
    } finally {
      setBusy(false)
      void again()
    }
  }
  const of = (task: Task) => ({ params: { path: { id: task.id } } })

  const takeBack = async (task: Task) => {
    const undone = await decide(() => take(api.POST('/api/agent/tasks/{id}/undo', of(task))))
    if (undone) toast('Taken back. Your files are as before.')
  }
  const accept = async (task: Task, hunks?: readonly string[]) => {
    const many = hunks?.length ?? pendingHunks(task).length
    const accepted = await decide(() =>
      take(
        api.POST('/api/agent/tasks/{id}/accept', { ...of(task), body: hunks ? { hunks: [...hunks] } : {} }),
      ),
    )
    if (!accepted) return false
    const merged = accepted.written.some((file) => file.merged)
    toast(`Kept ${count(many, 'change')}${merged ? ', merged with your edits' : ''}`, {
      label: 'Undo',
      run: () => void takeBack(accepted.task),
    })
    return true
  }
  const reject = async (task: Task, hunks?: readonly string[], comment?: string) =>
    (await decide(() =>
      take(
        api.POST('/api/agent/tasks/{id}/reject', {
          ...of(task),
          body: { ...(hunks ? { hunks: [...hunks] } : {}), ...(comment ? { comment } : {}) },
        }),
      ),
    )) !== undefined

  /** The conversation that the task is part of; undefined when it was refused, and why is shown. */
  const submit = async (task: Omit<NewTask, 'projectId' | 'id'>): Promise<string | undefined> => {
    setProblem(undefined)
    try {
      const body: NewTask = { ...task, projectId, id: crypto.randomUUID() }
      const { sessionId } = await take(api.POST('/api/agent/tasks', { body }))
      await again()
      return sessionId
    } catch (error) {
      setProblem(inWords(error))
      return undefined
    }
  }
  const quietly = async (act: Promise<unknown>) => {
    try {
      await act
    } catch (error) {
      // It ended by itself meanwhile: that is what was wanted.
      if (!isProblem(error, 'wrong_state')) setProblem(inWords(error))
    }
    await again()
  }
  return {
    tasks,
    sessions,
    review,
    line,
    running,
    busy,
    problem,
    conflicts,
    forget: () => {
      setConflicts([])
      setProblem(undefined)
    },
    accept,
    reject,
    takeBack,
    submit,
    cancel: (task: Task) => quietly(take(api.POST('/api/agent/tasks/{id}/cancel', of(task)))),
    retry: (task: Task) => quietly(take(api.POST('/api/agent/tasks/{id}/retry', of(task)))),
    reword: (task: Task, prompt: string) =>
      quietly(take(api.PATCH('/api/agent/tasks/{id}', { ...of(task), body: { prompt } }))),
  }
}
