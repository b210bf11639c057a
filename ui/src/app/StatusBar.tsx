// The line at the bottom: whether the engine is there, the network, and what a screen adds.
import { Check, CloudOff, Monitor } from 'lucide-react'
import type { ReactNode } from 'react'
import { useEngine } from '../server/engine'

export function StatusBar({ children, end }: { children?: ReactNode; end?: ReactNode }) {
  const { state, tries, online } = useEngine()
  return (
    <footer className="status" data-region="status">
      {/* A line that comes back at once is no news. */}
      <EngineCell state={state === 'away' && tries < 3 ? 'ready' : state} />
      <span className="cell cell--still" title="Files, tasks and previews are on this computer">
        <Monitor className="i" aria-hidden />
        This computer
      </span>
      {online ? (
        <span className="cell cell--still" title="Everything but cloud models works without a network">
          <Check className="i" aria-hidden />
          Works offline
        </span>
      ) : (
        <span className="cell cell--still">
          <CloudOff className="i" aria-hidden />
          Offline, all but cloud models works
        </span>
      )}
      {children}
      <span className="grow" />
      {end}
    </footer>
  )
}

function EngineCell({ state }: { state: ReturnType<typeof useEngine.getState>['state'] }) {
  switch (state) {
    case 'connecting':
      return (
        <span className="cell cell--still">
          <span className="dot dot--ring" aria-hidden />
          Engine starting
        </span>
      )
    case 'ready':
      return (
        <span className="cell cell--still">
          <span className="dot dot--ok" aria-hidden />
          Engine ready
        </span>
      )
    case 'away':
      return (
        <span className="cell cell--still cell--warn" role="status">
          <span className="spin" aria-hidden />
          Engine away, nothing is lost
        </span>
      )
    case 'signed-out':
      return (
        <span className="cell cell--still cell--warn" role="status">
          <span className="dot dot--warn" aria-hidden />
          Not signed in
        </span>
      )
  }
}
