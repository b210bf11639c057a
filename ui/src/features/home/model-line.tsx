// Who can be asked, said under the question for as long as nobody is chosen.
import { Link } from '@tanstack/react-router'
import { HardDrive, Plug } from 'lucide-react'
import { Badge } from '../../kit/feedback'
import type { Models } from '../../server/types'
import { foundHere, readiness } from './plan'

export function ModelLine({ models, onDemo }: { models: Models | undefined; onDemo: () => void }) {
  if (!models) return <p className="noai" />
  const ready = readiness(models)
  const found = foundHere(models)
  const demo = (
    <button type="button" className="link" onClick={onDemo}>
      {ready.is === 'none' ? 'Try the demo' : 'try the demo'}
    </button>
  )
  return (
    <p className="noai">
      {ready.is !== 'ready' && <Plug className="i i--s" aria-hidden />}
      {ready.is === 'none' && (
        <span>
          No AI connected yet. {demo} with no key and no network, or{' '}
          <Link className="link" to="/settings/$section" params={{ section: 'models' }}>
            connect one
          </Link>{' '}
          in a minute.
        </span>
      )}
      {ready.is === 'choose' && (
        <span>
          {ready.first} {ready.others > 0 ? `and ${ready.others} more are` : 'is'} ready.{' '}
          <Link className="link" to="/settings/$section" params={{ section: 'models' }}>
            Choose your model
          </Link>
          , or {demo} with no key and no network.
        </span>
      )}
      {found.length > 0 && (
        <span className="push">
          <Badge>
            <HardDrive className="i" aria-hidden />
            {found.join(' and ')} found on this computer
          </Badge>
        </span>
      )}
    </p>
  )
}
