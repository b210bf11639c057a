// Home: one question, templates, what was opened before, and ways to bring something in.
import { FolderOpen } from 'lucide-react'
import { Keys } from '../../kit/keys'
import { runCommand } from '../../shell/commands'
import { HomeComposer } from './composer'
import { Recents } from './recents'
import { Templates } from './templates'
import './home.css'

export function Home() {
  return (
    <main className="home" data-region="home" aria-label="Home">
      <div className="home__in">
        <HomeComposer />
        <Templates />
        <div className="two">
          <Recents />
          <BringIn />
        </div>
      </div>
    </main>
  )
}

function BringIn() {
  return (
    <section aria-labelledby="bring">
      <h2 id="bring">Bring something in</h2>
      <button type="button" className="proj proj--act" onClick={() => runCommand('project.open-folder')}>
        <FolderOpen className="i" aria-hidden />
        <span>Open a folder</span>
        <span className="push">
          <Keys keys="Mod+O" />
        </span>
      </button>
      <p className="small muted">
        It is opened where it is. Nothing is written into it until you keep a change.
      </p>
    </section>
  )
}
