// How a project stands, in one word for its row: what needs a person first.
import type { Project, Task } from '../../server/types'

export type Standing = { is: 'gone' } | { is: 'running' | 'review'; count: number } | { is: 'here' }

export function standing(
  project: Pick<Project, 'available'>,
  tasks: readonly Pick<Task, 'status' | 'review'>[],
): Standing {
  if (!project.available) return { is: 'gone' }
  const running = tasks.filter((task) => task.status === 'queued' || task.status === 'processing').length
  if (running > 0) return { is: 'running', count: running }
  const review = tasks.filter((task) => task.review === 'pending' || task.review === 'partial').length
  if (review > 0) return { is: 'review', count: review }
  return { is: 'here' }
}
