// The projects that were opened here, last first, and how each stands.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Ellipsis, FolderOpen, FolderX, HardDrive, ListX, Sparkles } from 'lucide-react'
import { Button, IconButton } from '../../kit/button'
import { Empty, ProblemCard, Skeleton } from '../../kit/feedback'
import { Menu } from '../../kit/menu'
import { toast } from '../../kit/toast'
import { ago, parentName } from '../../lib/words'
import { api, take } from '../../server/client'
import { keys } from '../../server/keys'
import { inWords } from '../../server/problem'
import { capabilitiesQuery, projectsQuery, recentTasksQuery } from '../../server/queries'
import type { Project, Task } from '../../server/types'
import { useStart } from './open'
import { SAMPLE } from './sample'
import { type Standing, standing } from './standing'

const SHOWN = 6

export function Recents() {
  const projects = useQuery(projectsQuery())
  const tasks = useQuery(recentTasksQuery())
  return (
    <section aria-labelledby="recent">
      <h2 id="recent">Recent</h2>
      {projects.isPending && <Skeleton lines={4} />}
      {projects.isError && (
        <ProblemCard
          title="Your projects could not be listed"
          action={<Button onClick={() => void projects.refetch()}>Try again</Button>}
        >
          {inWords(projects.error)}
        </ProblemCard>
      )}
      {projects.data?.items.length === 0 && <NoneYet />}
      {projects.data?.items.slice(0, SHOWN).map((project) => (
        <Row key={project.id} project={project} tasks={tasks.data?.items ?? []} />
      ))}
    </section>
  )
}

function NoneYet() {
  const start = useStart()
  return (
    <div className="card">
      <Empty
        title="No project yet"
        icon={<FolderOpen className="i" aria-hidden />}
        action={
          <Button
            onClick={() =>
              start.mutate(
                { template: SAMPLE, name: 'Plot 14' },
                { onError: (error) => toast(inWords(error)) },
              )
            }
          >
            Open the sample
          </Button>
        }
      >
        Projects that you open or make are listed here.
      </Empty>
    </div>
  )
}

function Row({ project, tasks }: { project: Project; tasks: readonly Task[] }) {
  const now = Date.now()
  const own = tasks.filter((task) => task.projectId === project.id)
  const last = own[0]
  const when = ago(last?.updatedAt ?? project.openedAt, now)
  return (
    <div className="proj" data-gone={!project.available || undefined}>
      <Link to="/p/$projectId" params={{ projectId: project.id }} className="proj__link">
        <span className="proj__ic" data-hue={hue(project.name)} aria-hidden>
          {project.name.charAt(0).toUpperCase()}
        </span>
        <span className="proj__name clip" title={project.path}>
          {project.name}
        </span>
        <span className="muted grow proj__last">
          {last && <span className="clip">{last.prompt.split('\n')[0]}</span>}
          <span className="none">{last ? `, ${when}` : when}</span>
        </span>
        <span className="faint small clip proj__where">{parentName(project.path)}</span>
        <State standing={standing(project, own)} />
      </Link>
      <More project={project} />
    </div>
  )
}

function State({ standing }: { standing: Standing }) {
  switch (standing.is) {
    case 'gone':
      return (
        <span className="proj__state warn">
          <FolderX className="i i--xs" aria-hidden />
          Folder not found
        </span>
      )
    case 'running':
      return (
        <span className="proj__state">
          <span className="spin" aria-hidden />
          {standing.count} running
        </span>
      )
    case 'review':
      return (
        <span className="proj__state ai">
          <Sparkles className="i i--xs" aria-hidden />
          {standing.count} to review
        </span>
      )
    case 'here':
      return (
        <span className="proj__state">
          <HardDrive className="i i--xs" aria-hidden />
          This computer only
        </span>
      )
  }
}

function More({ project }: { project: Project }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const { data } = useQuery(capabilitiesQuery())
  const forget = useMutation({
    mutationFn: () => take(api.DELETE('/api/projects/{id}', { params: { path: { id: project.id } } })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.projects() })
      toast(`${project.name} is off the list. Its files are where they were.`)
    },
    onError: (error) => toast(inWords(error)),
  })
  const reveal = useMutation({
    mutationFn: () => take(api.POST('/api/desktop/reveal', { body: { projectId: project.id } })),
    onError: (error) => toast(inWords(error)),
  })
  return (
    <Menu
      align="end"
      trigger={
        <IconButton label={`More about ${project.name}`}>
          <Ellipsis className="i i--s" aria-hidden />
        </IconButton>
      }
      groups={[
        {
          items: [
            {
              id: 'open',
              label: 'Open',
              icon: <FolderOpen className="i i--s" aria-hidden />,
              onSelect: () => void navigate({ to: '/p/$projectId', params: { projectId: project.id } }),
            },
            ...(data?.reveal
              ? [
                  {
                    id: 'reveal',
                    label: 'Show in the file manager',
                    icon: <HardDrive className="i i--s" aria-hidden />,
                    onSelect: () => reveal.mutate(),
                  },
                ]
              : []),
            {
              id: 'forget',
              label: 'Take off this list',
              icon: <ListX className="i i--s" aria-hidden />,
              onSelect: () => forget.mutate(),
            },
          ],
        },
      ]}
    />
  )
}

/** The same name has the same colour everywhere. */
function hue(name: string): number {
  let sum = 7
  for (const sign of name) sum = (sum * 33 + (sign.codePointAt(0) ?? 0)) % 65_521
  return (sum >> 3) % 4
}
