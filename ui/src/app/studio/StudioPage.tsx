// One project: files, editor, preview, agent. The editor is large, and comes when a project is opened.
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { Button } from '../../kit/button'
import { Empty, Spinner } from '../../kit/feedback'
import { inWords } from '../../server/problem'
import { projectQuery, settingsQuery } from '../../server/queries'
import { ThisComputer } from '../../shell/this-computer'
import { Page } from '../Page'

/** Brings the editor. A page that opens on a project starts this first, beside signing in. */
export const loadStudio = () => import('./Studio')
const Studio = lazy(() => loadStudio().then((module) => ({ default: module.Studio })))

export function StudioPage({ projectId }: { projectId: string }) {
  const project = useQuery(projectQuery(projectId))
  const settings = useQuery(settingsQuery())
  const waiting = (
    <Page
      title={project.data?.name}
      start={<b>{project.data?.name ?? ''}</b>}
      end={<ThisComputer />}
      searchFor="Search files and commands"
    >
      <main className="centre">
        {project.error ? (
          <Empty
            title="This project could not be opened"
            action={<Button onClick={() => void project.refetch()}>Try again</Button>}
          >
            {inWords(project.error)}
          </Empty>
        ) : (
          <Spinner label="Opening the project" />
        )}
      </main>
    </Page>
  )
  if (!project.data || !settings.data) return waiting
  return (
    <Suspense fallback={waiting}>
      <Studio project={project.data} settings={settings.data} />
    </Suspense>
  )
}
