// What this is, and where its things are.
import { useQuery } from '@tanstack/react-query'
import { Mark } from '../../kit/mark'
import { capabilitiesQuery } from '../../server/queries'

export function About() {
  const { data } = useQuery(capabilitiesQuery())
  return (
    <div className="set__one">
      <h1>About</h1>
      <div className="card card__body about">
        <div className="row">
          <Mark />
          <b>Tidemark {data?.version}</b>
        </div>
        <p className="muted">
          A studio for code and an AI that works on a copy of it. Nothing is yours until you keep it, and
          nothing leaves this computer but the prompts to a model that you chose.
        </p>
        <dl className="kv">
          <dt>Runs on</dt>
          <dd>{data?.house === 'team' ? 'a team server' : 'this computer'}</dd>
          <dt>New projects go to</dt>
          <dd className="mono">{data?.projectsFolder}</dd>
          <dt>Keys are kept in</dt>
          <dd>{data?.keychain ? 'the system’s keychain' : 'memory, until Tidemark stops'}</dd>
          <dt>Interface for programs</dt>
          <dd>
            <a href="/docs/" target="_blank" rel="noreferrer">
              Described here
            </a>
          </dd>
        </dl>
        <p className="small muted">
          Inter and JetBrains Mono (SIL Open Font License), icons by lucide (ISC), Monaco (MIT), Sandpack
          (Apache-2.0).
        </p>
      </div>
    </div>
  )
}
