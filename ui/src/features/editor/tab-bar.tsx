// The open files: arrows move, Delete and the middle button close, a dot says unsaved or proposed.
import { AppWindow, FileDiff, X } from 'lucide-react'
import type { KeyboardEvent, ReactNode } from 'react'
import { FileIcon } from '../../kit/file-icon'
import { type Tabs, tabNames } from './tabs'
import './editor.css'

export const REVIEW_TAB = 'tidemark:review'
export const PREVIEW_TAB = 'tidemark:preview'

type TabBarProps = {
  tabs: Tabs
  dirty: ReadonlySet<string>
  proposed: ReadonlySet<string>
  /** The preview is one of the tabs, where there is no room for it beside. */
  withPreview: boolean
  onSelect: (id: string) => void
  onClose: (id: string) => void
  children?: ReactNode
}

export function TabBar({ tabs, dirty, proposed, withPreview, onSelect, onClose, children }: TabBarProps) {
  const names = tabNames(tabs.open.filter((id) => !id.startsWith('tidemark:')))
  const shown = withPreview ? [...tabs.open.filter((id) => id !== PREVIEW_TAB), PREVIEW_TAB] : tabs.open
  const onKey = (event: KeyboardEvent, id: string) => {
    const at = shown.indexOf(id)
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (step !== 0) {
      const next = shown[(at + step + shown.length) % shown.length]
      if (!next) return
      event.preventDefault()
      onSelect(next)
      document.getElementById(`tab-${next}`)?.focus()
    } else if (event.key === 'Delete' && id !== PREVIEW_TAB) {
      event.preventDefault()
      onClose(id)
    }
  }
  return (
    <div className="tabs">
      <div className="tabs__list" role="tablist" aria-label="Open files">
        {shown.map((id) => {
          const selected = id === tabs.active
          const name = id === REVIEW_TAB ? 'Review' : id === PREVIEW_TAB ? 'Preview' : (names.get(id) ?? id)
          return (
            <div
              key={id}
              id={`tab-${id}`}
              className="tab"
              role="tab"
              tabIndex={selected || (tabs.active === undefined && id === shown[0]) ? 0 : -1}
              aria-selected={selected}
              aria-label={`${name}${dirty.has(id) ? ', unsaved' : ''}${proposed.has(id) ? ', proposed changes' : ''}`}
              title={id.startsWith('tidemark:') ? undefined : id}
              onMouseDown={(event) => {
                if (event.button === 0) onSelect(id)
              }}
              onAuxClick={(event) => {
                if (event.button === 1 && id !== PREVIEW_TAB) onClose(id)
              }}
              onKeyDown={(event) => onKey(event, id)}
            >
              <TabIcon id={id} />
              <span className="clip">{name}</span>
              {proposed.has(id) && <span className="dot dot--ai" title="Proposed changes" />}
              {dirty.has(id) && <span className="dot" title="Not saved yet" />}
              {id !== PREVIEW_TAB && (
                <span
                  className="tab__close"
                  aria-hidden
                  data-testid={`close-${id}`}
                  onMouseDown={(event) => event.stopPropagation()}
                  onClick={() => onClose(id)}
                >
                  <X className="i x" />
                </span>
              )}
            </div>
          )
        })}
      </div>
      <span className="grow" />
      {children}
    </div>
  )
}

function TabIcon({ id }: { id: string }) {
  if (id === REVIEW_TAB) return <FileDiff className="i i--s" aria-hidden />
  if (id === PREVIEW_TAB) return <AppWindow className="i i--s" aria-hidden />
  return <FileIcon path={id} />
}
