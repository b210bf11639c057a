// What one might ask first. For the sample they are things that the demo can really do.
import type { Mode } from '../../server/types'

export function suggestionsFor(template: string | undefined, mode: Mode): readonly string[] {
  if (mode === 'explain') return ['How does this app start?', 'Where does the data come from?']
  if (mode === 'generate_test') return ['Write tests for what has none']
  if (mode === 'lint_fix') return ['Make the linter content']
  if (template === 'sample') return SAMPLE
  return ['Explain the structure of this project', 'Add a dark theme']
}

const SAMPLE: readonly string[] = [
  'Show which beds need water today',
  'Let me mark a bed as watered',
  'Add a dark mode with a switch',
]
