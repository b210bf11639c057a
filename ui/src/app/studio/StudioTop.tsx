// The studio's own things in the top bar: the project, the layout, the way to the review.
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { ChevronDown, FileDiff, FolderOpen, House, LayoutPanelLeft, Maximize, PanelLeft } from 'lucide-react'
import { Segmented } from '../../kit/controls'
import { Menu } from '../../kit/menu'
import { toast } from '../../kit/toast'
import { ago } from '../../lib/words'
import { api, take } from '../../server/client'
import { inWords } from '../../server/problem'
import { capabilitiesQuery, projectsQuery } from '../../server/queries'
import type { Project } from '../../server/types'
import { runCommand } from '../../shell/commands'
import { ThisComputer } from '../../shell/this-computer'
import type { Preset } from './panes'

export function ProjectMenu({ project }: { project: Project }) {
  const navigate = useNavigate()
  const { data: projects } = useQuery(projectsQuery())
  const { data: can } = useQuery(capabilitiesQuery())
  const others = (projects?.items ?? []).filter((each) => each.id !== project.id).slice(0, 8)
  const reveal = async () => {
    try {
      await take(api.POST('/api/desktop/reveal', { body: { projectId: project.id } }))
    } catch (error) {
      toast(inWords(error))
    }
  }
  return (
    <Menu
      trigger={
        <button type="button" className="crumb" title={project.path} data-testid="project-menu">
          <span className="clip">{project.name}</span>
          <ChevronDown className="i" aria-hidden />
        </button>
      }
      groups={[
        {
          items: [
            ...(can?.reveal
              ? [
                  {
                    id: 'reveal',
                    label: 'Show in the file manager',
                    icon: <FolderOpen className="i i--s" aria-hidden />,
                    onSelect: () => void reveal(),
                  },
                ]
              : []),
            {
              id: 'open',
              label: 'Open a folder',
              icon: <FolderOpen className="i i--s" aria-hidden />,
              keys: 'Mod+O',
              onSelect: () => void runCommand('project.open-folder'),
            },
            {
              id: 'home',
              label: 'Home',
              icon: <House className="i i--s" aria-hidden />,
              onSelect: () => void navigate({ to: '/' }),
            },
          ],
        },
        ...(others.length > 0
          ? [
              {
                label: 'Other projects',
                items: others.map((each) => ({
                  id: each.id,
                  label: each.name,
                  detail: ago(each.openedAt, Date.now()),
                  onSelect: () => void navigate({ to: '/p/$projectId', params: { projectId: each.id } }),
                })),
              },
            ]
          : []),
      ]}
    />
  )
}

type StudioEndProps = {
  preset: Preset | undefined
  onPreset: (preset: Preset) => void
  reviewing: boolean
  pending: number
  onReview: () => void
}

export function StudioEnd({ preset, onPreset, reviewing, pending, onReview }: StudioEndProps) {
  return (
    <>
      <span className="hide-narrow">
        <Segmented<Preset | 'own'>
          label="Layout"
          size="icons"
          value={preset ?? 'own'}
          choices={[
            {
              value: 'build',
              title: 'Build layout',
              label: <LayoutPanelLeft className="i i--s" aria-hidden />,
            },
            { value: 'code', title: 'Code layout', label: <PanelLeft className="i i--s" aria-hidden /> },
            { value: 'review', title: 'Review layout', label: <FileDiff className="i i--s" aria-hidden /> },
            { value: 'focus', title: 'Focus layout', label: <Maximize className="i i--s" aria-hidden /> },
          ]}
          onChange={(value) => {
            if (value !== 'own') onPreset(value)
          }}
        />
      </span>
      <span className="sep hide-narrow" />
      <button
        type="button"
        className="btn btn--sm review-button"
        aria-pressed={reviewing}
        data-testid="review-button"
        onClick={onReview}
      >
        <FileDiff className="i i--s" aria-hidden />
        Review
        {pending > 0 && <span className="count count--ai">{pending}</span>}
      </button>
      <span className="hide-narrow">
        <ThisComputer />
      </span>
    </>
  )
}
