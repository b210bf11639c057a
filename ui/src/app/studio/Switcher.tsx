// One pane at a time: which one.
import { AppWindow, CodeXml, FileDiff, Folder, type LucideIcon, Sparkles } from 'lucide-react'
import type { NarrowPane } from './Layout'

const PANES: readonly { id: NarrowPane; label: string; icon: LucideIcon }[] = [
  { id: 'files', label: 'Files', icon: Folder },
  { id: 'code', label: 'Code', icon: CodeXml },
  { id: 'preview', label: 'Preview', icon: AppWindow },
  { id: 'agent', label: 'Agent', icon: Sparkles },
  { id: 'review', label: 'Review', icon: FileDiff },
]

type SwitcherProps = {
  pane: NarrowPane
  pending: number
  running: boolean
  onPane: (pane: NarrowPane) => void
}

export function Switcher({ pane, pending, running, onPane }: SwitcherProps) {
  return (
    <div className="switcher" role="tablist" aria-label="Panes">
      {PANES.map(({ id, label, icon: Icon }) => (
        <button
          key={id}
          type="button"
          role="tab"
          aria-selected={id === pane}
          data-testid={`pane-${id}`}
          onClick={() => onPane(id)}
        >
          <Icon className="i" aria-hidden />
          {label}
          {id === 'review' && pending > 0 && <span className="count">{pending}</span>}
          {id === 'agent' && running && <span className="count count--ai">1</span>}
        </button>
      ))}
    </div>
  )
}
