import type { ReactNode } from 'react'

type Props = {
  title: string
  children: ReactNode
}

/** What is shown where there is nothing to show. */
export function Empty({ title, children }: Props) {
  return (
    <div className="empty">
      <strong>{title}</strong>
      <p className="soft">{children}</p>
    </div>
  )
}
