// The addresses: Home, a project's studio, a section of the settings. Any other is Home.
import { createRootRoute, createRoute, createRouter, Navigate } from '@tanstack/react-router'
import { HomePage } from './HomePage'
import { Root } from './Root'
import { SettingsPage } from './SettingsPage'
import { StudioPage } from './studio/StudioPage'

const root = createRootRoute({
  component: Root,
  notFoundComponent: () => <Navigate to="/" />,
})

const home = createRoute({ getParentRoute: () => root, path: '/', component: HomePage })

const studio = createRoute({
  getParentRoute: () => root,
  path: '/p/$projectId',
  component: function StudioOfProject() {
    const { projectId } = studio.useParams()
    // Another project is another studio: nothing of the one before stays.
    return <StudioPage key={projectId} projectId={projectId} />
  },
})

const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings/$section',
  component: function SettingsOfSection() {
    const { section } = settings.useParams()
    return <SettingsPage section={section} />
  },
})

export function createAppRouter() {
  return createRouter({ routeTree: root.addChildren([home, studio, settings]), defaultPreload: false })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
