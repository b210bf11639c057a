// A dialog that traps the focus and gives it back. `Esc` and the scrim close it.
import { Dialog as Base } from '@base-ui/react/dialog'
import type { ReactNode } from 'react'

type DialogProps = {
  open: boolean
  onClose: () => void
  title: string
  /** Says what it means and what happens next. */
  children: ReactNode
  foot?: ReactNode
  width?: number
}

export function Dialog({ open, onClose, title, children, foot, width }: DialogProps) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="scrim" />
        <Base.Popup className="dialog dialog--centre" style={width ? { width } : undefined}>
          <div className="dialog__body">
            <Base.Title className="dialog__title">{title}</Base.Title>
            {children}
          </div>
          {foot && <div className="dialog__foot">{foot}</div>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
