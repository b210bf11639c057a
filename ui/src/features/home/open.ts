// Opening and making projects, and going there.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'
import { toast } from '../../kit/toast'
import { api, type Schemas, take } from '../../server/client'
import { keys } from '../../server/keys'
import { inWords, isProblem } from '../../server/problem'
import { capabilitiesQuery } from '../../server/queries'
import type { Mode, Project } from '../../server/types'
import { useOverlays } from '../../shell/overlays'

/** Opens the system's dialog where there is one, else our own. */
export function useOpenFolder(): () => void {
  const { data } = useQuery(capabilitiesQuery())
  const open = useOpenPath()
  const pick = useMutation({
    mutationFn: () => take(api.POST('/api/desktop/pick-folder')),
    onSuccess: ({ path }) => path && open.mutate(path),
    onError: () => useOverlays.setState({ folders: true }),
  })
  const native = data?.pickFolder ?? false
  const ask = pick.mutate
  return useCallback(() => {
    if (native) ask()
    else useOverlays.setState({ folders: true })
  }, [native, ask])
}

/** Opens a folder in place. Nothing is written into it. */
export function useOpenPath() {
  const arrive = useArrive()
  return useMutation({
    mutationFn: (path: string) => take(api.POST('/api/projects', { body: { from: 'folder', path } })),
    onSuccess: (project) => {
      useOverlays.setState({ folders: false })
      arrive(project)
    },
    onError: (error) => toast(inWords(error)),
  })
}

export type Start = {
  template: string
  name: string
  /** What to ask for first. */
  task?: { prompt: string; mode: Mode; model: string | undefined } | undefined
}

/** Makes a project from a template, asks for the first task, and goes there. */
export function useStart() {
  const arrive = useArrive()
  return useMutation({
    mutationFn: async ({ template, name, task }: Start) => {
      const project = await make(template, name)
      if (task) {
        const { model, ...rest } = task
        const body: Schemas['NewTask'] = { ...rest, projectId: project.id, ...(model ? { model } : {}) }
        await take(api.POST('/api/agent/tasks', { body }))
      }
      return project
    },
    onSuccess: arrive,
  })
}

const MOST_NAMESAKES = 50

/** Where the name is taken, the next free one: "App 2". */
async function make(template: string, name: string): Promise<Project> {
  for (let number = 1; ; number += 1) {
    const body = { from: 'template' as const, template, name: number === 1 ? name : `${name} ${number}` }
    try {
      return await take(api.POST('/api/projects', { body }))
    } catch (error) {
      if (!isProblem(error, 'already_exists') || number === MOST_NAMESAKES) throw error
    }
  }
}

function useArrive(): (project: Project) => void {
  const client = useQueryClient()
  const navigate = useNavigate()
  return (project) => {
    client.setQueryData(keys.project(project.id), project)
    void client.invalidateQueries({ queryKey: keys.projects() })
    void navigate({ to: '/p/$projectId', params: { projectId: project.id } })
  }
}
