// The four things that can be asked of an agent, in a person's words.
import type { Mode } from '../server/types'

export const MODES: readonly { id: Mode; label: string; detail: string }[] = [
  { id: 'patch', label: 'Build', detail: 'changes the project as you ask' },
  { id: 'explain', label: 'Explain', detail: 'answers, and changes nothing' },
  { id: 'generate_test', label: 'Write tests', detail: 'in the project’s own framework' },
  { id: 'lint_fix', label: 'Tidy up', detail: 'what the linters complain about' },
]

export function modeLabel(mode: Mode): string {
  return MODES.find((entry) => entry.id === mode)?.label ?? mode
}
