// The names of what is cached. A longer key lies below a shorter one: refreshing a project refreshes all of it.

export const keys = {
  capabilities: () => ['capabilities'] as const,
  settings: () => ['settings'] as const,
  models: () => ['models'] as const,
  projects: () => ['projects'] as const,
  project: (id: string) => ['project', id] as const,
  files: (id: string) => ['project', id, 'files'] as const,
  file: (id: string, path: string) => ['project', id, 'file', path] as const,
  preview: (id: string) => ['project', id, 'preview'] as const,
  types: (id: string) => ['project', id, 'types'] as const,
  search: (id: string, query: unknown) => ['project', id, 'search', query] as const,
  tasks: (project: string) => ['tasks', project] as const,
  recentTasks: () => ['tasks'] as const,
  task: (id: string) => ['task', id] as const,
  folders: (path: string) => ['folders', path] as const,
}
