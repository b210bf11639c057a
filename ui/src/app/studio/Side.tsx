// The side panel: files, or the search through them.
import { Folder, PanelLeftClose, Search } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from '../../kit/button'

export type SideTab = 'files' | 'search'

type SideProps = { tab: SideTab; onTab: (tab: SideTab) => void; onHide: () => void; children: ReactNode }

export function Side({ tab, onTab, onHide, children }: SideProps) {
  return (
    <section className="side" aria-label="Side panel" data-region="side">
      <div className="side__tabs">
        <IconButton label="Files" pressed={tab === 'files'} onClick={() => onTab('files')}>
          <Folder className="i i--s" aria-hidden />
        </IconButton>
        <IconButton
          label="Search in files"
          keys="Mod+Shift+F"
          pressed={tab === 'search'}
          data-testid="side-search"
          onClick={() => onTab('search')}
        >
          <Search className="i i--s" aria-hidden />
        </IconButton>
        <span className="push" />
        <span className="hide-narrow">
          <IconButton label="Hide the side panel" keys="Mod+B" onClick={onHide}>
            <PanelLeftClose className="i i--s" aria-hidden />
          </IconButton>
        </span>
      </div>
      {children}
    </section>
  )
}
