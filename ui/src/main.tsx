// Mounts the page, once it knows whether it may ask the server anything, and in the theme that was chosen.
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './app/tokens.css'
import './app/components.css'
import './kit/kit.css'
import './app/app.css'
import { App } from './app/App'
import { loadStudio } from './app/studio/StudioPage'
import { applyTheme } from './app/theme'
import { isProblem } from './server/problem'
import { createQueryClient, settingsQuery } from './server/queries'
import { forgetToken, signIn } from './server/session'
import { flushSettings } from './server/settings'

window.addEventListener('pagehide', flushSettings)

/** How long the first paint waits for the settings. */
const PATIENCE_MS = 1_000

/** Whether this page may ask the server. A token of an engine that has stopped is no more than none. */
async function enter(client: ReturnType<typeof createQueryClient>): Promise<boolean> {
  if (!(await signIn().catch(() => false))) return false
  const settings = client.fetchQuery({ ...settingsQuery(), retry: false }).then(
    (known) => {
      applyTheme(known)
      return true
    },
    (error: unknown) => {
      if (!isProblem(error, 'unauthenticated')) return true
      forgetToken()
      return false
    },
  )
  const patience = new Promise<boolean>((resolve) => setTimeout(() => resolve(true), PATIENCE_MS))
  return Promise.race([settings, patience])
}

const root = document.getElementById('root')
if (root) {
  if (location.pathname.startsWith('/p/')) void loadStudio().catch(() => undefined)
  const client = createQueryClient()
  const signedIn = await enter(client)
  createRoot(root).render(
    <StrictMode>
      <App client={client} signedIn={signedIn} />
    </StrictMode>,
  )
}
