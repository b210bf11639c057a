// Which facts an event makes stale. The server's feed only hints; the queries ask again.
import type { QueryClient } from '@tanstack/react-query'
import type { Schemas } from './client'
import { keys } from './keys'

export type ServerEvent = Schemas['ServerEvent']

export function refresh(client: QueryClient, event: ServerEvent): void {
  const stale = (queryKey: readonly unknown[]) => void client.invalidateQueries({ queryKey: [...queryKey] })
  switch (event.type) {
    case 'hello':
    case 'resync':
      void client.invalidateQueries()
      break
    case 'file_changed':
      stale(keys.file(event.projectId, event.path))
      stale(keys.files(event.projectId))
      break
    case 'project_changed':
      stale(keys.project(event.projectId))
      break
    case 'project_available':
      stale(keys.projects())
      stale(keys.project(event.projectId))
      break
    case 'task_changed':
      stale(keys.task(event.taskId))
      // Also every list that is not of one project.
      stale(keys.recentTasks())
      break
    case 'models_changed':
      stale(keys.models())
      break
    case 'settings_changed':
      stale(keys.settings())
      break
  }
}
