// The bar on top: where you are, search, settings. Screens put their own things in between.
import { Link } from '@tanstack/react-router'
import { Search, Settings2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from '../kit/button'
import { Keys } from '../kit/keys'
import { Mark } from '../kit/mark'
import { runCommand } from '../shell/commands'

type TopBarProps = { start?: ReactNode; end?: ReactNode; searchFor: string }

export function TopBar({ start, end, searchFor }: TopBarProps) {
  return (
    <header className="topbar" data-region="top">
      <div className="topbar__side">
        <Link to="/" className="topbar__home" aria-label="Tidemark, home">
          <Mark />
        </Link>
        {start}
      </div>
      <button type="button" className="search" onClick={() => runCommand('app.search')}>
        <Search className="i i--s" aria-hidden />
        {searchFor}
        <Keys keys="Mod+P" />
      </button>
      <div className="topbar__side topbar__side--end">
        {end}
        <IconButton label="Settings" keys="Mod+," size="md" onClick={() => runCommand('app.settings')}>
          <Settings2 className="i" aria-hidden />
        </IconButton>
      </div>
    </header>
  )
}
