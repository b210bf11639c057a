// Mounts the page, once it knows whether it may ask the server anything.
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './app/tokens.css'
import './app/components.css'
import './kit/kit.css'
import './app/app.css'
import { App } from './app/App'
import { signIn } from './server/session'
import { flushSettings } from './server/settings'

window.addEventListener('pagehide', flushSettings)

const root = document.getElementById('root')
if (root) {
  const signedIn = await signIn().catch(() => false)
  createRoot(root).render(
    <StrictMode>
      <App signedIn={signedIn} />
    </StrictMode>,
  )
}
