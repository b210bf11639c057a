// The facts that screens show, each read from one place.
import { QueryClient, queryOptions } from '@tanstack/react-query'
import { api, take } from './client'
import { keys } from './keys'
import { isProblem } from './problem'

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // The server is on this computer: "offline" says nothing about it.
        networkMode: 'always',
        staleTime: 30_000,
        refetchOnWindowFocus: false,
        retry: (failures, error) => !isProblem(error) && failures < 5,
        retryDelay: (failures) => Math.min(200 * 2 ** failures, 3_000),
      },
      mutations: { networkMode: 'always' },
    },
  })
}

export const capabilitiesQuery = () =>
  queryOptions({
    queryKey: keys.capabilities(),
    queryFn: () => take(api.GET('/api/capabilities')),
    staleTime: Number.POSITIVE_INFINITY,
  })

export const settingsQuery = () =>
  queryOptions({ queryKey: keys.settings(), queryFn: () => take(api.GET('/api/settings')) })

export const modelsQuery = () =>
  queryOptions({ queryKey: keys.models(), queryFn: () => take(api.GET('/api/models')) })

export const projectsQuery = () =>
  queryOptions({ queryKey: keys.projects(), queryFn: () => take(api.GET('/api/projects')) })

export const projectQuery = (id: string) =>
  queryOptions({
    queryKey: keys.project(id),
    queryFn: () => take(api.GET('/api/projects/{id}', { params: { path: { id } } })),
  })

export const filesQuery = (id: string) =>
  queryOptions({
    queryKey: keys.files(id),
    queryFn: () => take(api.GET('/api/projects/{id}/files', { params: { path: { id } } })),
  })

export const fileQuery = (id: string, path: string) =>
  queryOptions({
    queryKey: keys.file(id, path),
    queryFn: () => take(api.GET('/api/projects/{id}/files/{path}', { params: { path: { id, path } } })),
  })

export const previewQuery = (id: string) =>
  queryOptions({
    queryKey: keys.preview(id),
    queryFn: () => take(api.GET('/api/projects/{id}/preview', { params: { path: { id } } })),
    // Packages are on their way; the server answers each question as soon as it knows more.
    refetchInterval: (query) => (query.state.data?.state === 'preparing' ? 500 : false),
  })

export const typesQuery = (id: string) =>
  queryOptions({
    queryKey: keys.types(id),
    queryFn: () => take(api.GET('/api/projects/{id}/types', { params: { path: { id } } })),
    staleTime: Number.POSITIVE_INFINITY,
  })

export const tasksQuery = (project: string) =>
  queryOptions({
    queryKey: keys.tasks(project),
    queryFn: () => take(api.GET('/api/agent/tasks', { params: { query: { project, limit: 50 } } })),
  })

/** The newest tasks of all projects. */
export const recentTasksQuery = () =>
  queryOptions({
    queryKey: keys.recentTasks(),
    queryFn: () => take(api.GET('/api/agent/tasks', { params: { query: { limit: 50 } } })),
  })

export const taskQuery = (id: string) =>
  queryOptions({
    queryKey: keys.task(id),
    queryFn: () => take(api.GET('/api/agent/tasks/{id}', { params: { path: { id } } })),
  })

export const foldersQuery = (path: string) =>
  queryOptions({
    queryKey: keys.folders(path),
    queryFn: () => take(api.GET('/api/folders', { params: { query: path ? { path } : {} } })),
  })
