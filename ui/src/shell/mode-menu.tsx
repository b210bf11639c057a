// What is asked for: a pill that opens the list of modes.
import { ChevronDown, FlaskConical, Hammer, MessageCircleQuestion, Sparkle } from 'lucide-react'
import { Menu } from '../kit/menu'
import type { Mode } from '../server/types'
import { MODES, modeLabel } from './modes'

export function ModeMenu({ value, onChange }: { value: Mode; onChange: (mode: Mode) => void }) {
  return (
    <Menu
      trigger={
        <button type="button" className="pill" aria-label={`Mode: ${modeLabel(value)}`}>
          <ModeIcon mode={value} />
          {modeLabel(value)}
          <ChevronDown className="i" aria-hidden />
        </button>
      }
      groups={[
        {
          items: MODES.map((mode) => ({
            id: mode.id,
            label: mode.label,
            detail: mode.detail,
            icon: <ModeIcon mode={mode.id} />,
            checked: mode.id === value,
            onSelect: () => onChange(mode.id),
          })),
        },
      ]}
    />
  )
}

export function ModeIcon({ mode }: { mode: Mode }) {
  switch (mode) {
    case 'patch':
      return <Hammer className="i i--s" aria-hidden />
    case 'explain':
      return <MessageCircleQuestion className="i i--s" aria-hidden />
    case 'generate_test':
      return <FlaskConical className="i i--s" aria-hidden />
    case 'lint_fix':
      return <Sparkle className="i i--s" aria-hidden />
  }
}
