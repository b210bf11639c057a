// What every screen stands in: the top bar, the work, the status bar, and news about the engine between them.
import { type ReactNode, useEffect } from 'react'
import { EngineBanner } from './EngineBanner'
import { ErrorBoundary } from './ErrorBoundary'
import { StatusBar } from './StatusBar'
import { TopBar } from './TopBar'

type PageProps = {
  /** The window's title, before the product's name. */
  title?: string | undefined
  start: ReactNode
  end?: ReactNode
  searchFor: string
  status?: ReactNode
  statusEnd?: ReactNode
  /** Stands in for the status bar in a narrow window. */
  switcher?: ReactNode
  children: ReactNode
}

export function Page({ title, start, end, searchFor, status, statusEnd, switcher, children }: PageProps) {
  useEffect(() => {
    document.title = title ? `${title} · Tidemark` : 'Tidemark'
  }, [title])
  return (
    <div className="app">
      <TopBar start={start} end={end} searchFor={searchFor} />
      <div className="page">
        <EngineBanner />
        <ErrorBoundary>{children}</ErrorBoundary>
      </div>
      <div className="foot">
        <StatusBar end={statusEnd}>{status}</StatusBar>
        {switcher}
      </div>
    </div>
  )
}
