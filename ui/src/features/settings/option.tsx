// One setting: its name, what it means, its control.
import type { ReactNode } from 'react'

export function Option({
  title,
  children,
  control,
}: {
  title: string
  children: ReactNode
  control: ReactNode
}) {
  return (
    <div className="opt">
      <div className="grow">
        <b>{title}</b>
        <p className="small muted">{children}</p>
      </div>
      {control}
    </div>
  )
}
