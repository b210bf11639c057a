// A project's tasks as conversations.
import type { Task } from '../../server/types'

export type Session = { id: string; title: string; tasks: readonly Task[]; at: number }

/** Conversations, the one with the newest task first; their tasks in the order they were asked. */
export function sessionsOf(tasks: readonly Task[]): Session[] {
  const sessions = new Map<string, Task[]>()
  for (const task of tasks) {
    const of = sessions.get(task.sessionId)
    if (of) of.push(task)
    else sessions.set(task.sessionId, [task])
  }
  return [...sessions]
    .map(([id, of]) => {
      const inOrder = [...of].sort((a, b) => a.createdAt - b.createdAt)
      return {
        id,
        title: titleOf(inOrder[0]?.prompt ?? ''),
        tasks: inOrder,
        at: inOrder.at(-1)?.createdAt ?? 0,
      }
    })
    .sort((a, b) => b.at - a.at)
}

/** The first sentence of what was asked, short enough for a head line. */
export function titleOf(prompt: string): string {
  const line = prompt.trim().split('\n')[0] ?? ''
  const sentence = /^.*?[.!?](?=\s|$)/.exec(line)?.[0].replace(/[.!?]$/, '') ?? line
  return sentence.length > 60 ? `${sentence.slice(0, 57).trimEnd()}…` : sentence
}

/** Tasks that wait behind one that runs: shown above the composer, not in the conversation. */
export function isInLine(task: Task, tasks: readonly Task[]): boolean {
  if (task.status !== 'queued' || task.waitingFor != null) return false
  return tasks.some(
    (other) =>
      other.id !== task.id &&
      (other.status === 'processing' || (other.status === 'queued' && other.createdAt < task.createdAt)),
  )
}

/** The newest change set with something left to decide. */
export function toReview(tasks: readonly Task[]): Task | undefined {
  return tasks
    .filter((task) => task.review === 'pending' || task.review === 'partial')
    .filter((task) => pendingHunks(task).length > 0)
    .sort((a, b) => b.createdAt - a.createdAt)[0]
}

/** Ids of the hunks that nobody has decided on, in the order of the review. */
export function pendingHunks(task: Task | undefined): string[] {
  return (task?.result?.filesModified ?? []).flatMap((file) =>
    file.hunks.filter((hunk) => hunk.review === 'pending').map((hunk) => hunk.id),
  )
}
