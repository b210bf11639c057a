// The line at the bottom: whether the engine is there, the network, and what a screen adds.
import { CloudOff, Monitor } from 'lucide-react'
import type { ReactNode } from 'react'
import { useEngine } from '../server/engine'

export function StatusBar({ children, end }: { children?: ReactNode; end?: ReactNode }) {
  const { state, online } = useEngine()
  return (
    <footer className="status" data-region="status">
      <span className="cell">
        <Monitor className="i" aria-hidden />
        This computer
      </span>
      {state === 'away' ? (
        <span className="cell cell--warn" role="status">
          <span className="spin" aria-hidden />
          Engine restarting, nothing is lost
        </span>
      ) : (
        <span className="cell">
          <span className="dot dot--ok" aria-hidden />
          Engine ready
        </span>
      )}
      {!online && (
        <span className="cell">
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
