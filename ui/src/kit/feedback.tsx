// How things stand: empty, loading, failed, and what to do.
import { CircleAlert, Inbox } from 'lucide-react'
import type { ReactNode } from 'react'

type EmptyProps = { title: string; children?: ReactNode; icon?: ReactNode; action?: ReactNode }

export function Empty({ title, children, icon, action }: EmptyProps) {
  return (
    <div className="empty">
      {icon ?? <Inbox className="i" aria-hidden />}
      <b>{title}</b>
      {children && <p>{children}</p>}
      {action}
    </div>
  )
}

/** What happened, what it means for the work, one thing to do. */
export function ProblemCard({
  title,
  children,
  action,
}: {
  title: string
  children: ReactNode
  action?: ReactNode
}) {
  return (
    <div className="problem" role="alert">
      <div className="problem__title">
        <CircleAlert className="i i--s" aria-hidden />
        {title}
      </div>
      <div className="muted">{children}</div>
      {action && <div className="row">{action}</div>}
    </div>
  )
}

type BannerProps = {
  look?: 'accent' | 'warn' | 'error' | 'ai'
  icon?: ReactNode
  children: ReactNode
  action?: ReactNode
}

export function Banner({ look, icon, children, action }: BannerProps) {
  return (
    <div className={`banner ${look ? `banner--${look}` : ''}`} role="status">
      {icon}
      <span className="grow">{children}</span>
      {action}
    </div>
  )
}

const WIDTHS = ['72%', '88%', '54%', '80%', '64%', '76%']

/** Grey bars in the shape of what comes. Shown only after a moment: what loads at once needs none. */
export function Skeleton({ lines = 3 }: { lines?: number }) {
  return (
    <div className="col skeleton-late" aria-hidden>
      {WIDTHS.slice(0, lines).map((width) => (
        <div key={width} className="skeleton" style={{ width }} />
      ))}
    </div>
  )
}

export function Spinner({ label }: { label: string }) {
  return (
    <span className="row muted" role="status">
      <span className="spin" aria-hidden />
      {label}
    </span>
  )
}

type BadgeProps = { look?: 'ok' | 'warn' | 'error' | 'ai' | 'accent' | 'line'; children: ReactNode }

export function Badge({ look, children }: BadgeProps) {
  return <span className={`badge ${look ? `badge--${look}` : ''}`}>{children}</span>
}
