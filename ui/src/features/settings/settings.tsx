// The settings: the sections at the side, one of them at a time.
import { Link } from '@tanstack/react-router'
import { CodeXml, Info, Keyboard, KeyRound, Palette, Search } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { TextField } from '../../kit/controls'
import { About } from './about'
import { Appearance } from './appearance'
import { EditorSection } from './editor'
import { KeyboardSection } from './keyboard'
import { ModelsSection } from './models'
import { type Section, sectionsFor } from './sections'
import './settings.css'

export function Settings({ section }: { section: Section }) {
  const [words, setWords] = useState('')
  const shown = sectionsFor(words)
  return (
    <main className="work set">
      <nav className="set__nav" aria-label="Settings" data-region="side">
        <div className="set__search">
          <TextField
            label="Search settings"
            hideLabel
            placeholder="Search settings"
            icon={<Search className="i i--s" aria-hidden />}
            value={words}
            onChange={(event) => setWords(event.target.value)}
          />
        </div>
        {shown.map((each) => (
          <Link
            key={each.id}
            to="/settings/$section"
            params={{ section: each.id }}
            className="nv"
            aria-current={each.id === section ? 'page' : undefined}
          >
            <SectionIcon section={each.id} />
            {each.label}
          </Link>
        ))}
        {shown.length === 0 && <p className="small muted set__none">Nothing is called that.</p>}
      </nav>
      <div className="set__main" data-region="work">
        <Content section={section} />
      </div>
    </main>
  )
}

function Content({ section }: { section: Section }): ReactNode {
  switch (section) {
    case 'appearance':
      return <Appearance />
    case 'editor':
      return <EditorSection />
    case 'models':
      return <ModelsSection />
    case 'keyboard':
      return <KeyboardSection />
    case 'about':
      return <About />
  }
}

function SectionIcon({ section }: { section: Section }) {
  switch (section) {
    case 'appearance':
      return <Palette className="i" aria-hidden />
    case 'editor':
      return <CodeXml className="i" aria-hidden />
    case 'models':
      return <KeyRound className="i" aria-hidden />
    case 'keyboard':
      return <Keyboard className="i" aria-hidden />
    case 'about':
      return <Info className="i" aria-hidden />
  }
}
