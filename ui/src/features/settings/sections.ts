// The sections of the settings, each there because it does something.

export const SECTIONS = [
  { id: 'appearance', label: 'Appearance', also: 'theme light dark high contrast density' },
  { id: 'editor', label: 'Editor', also: 'font size tab word wrap minimap save' },
  { id: 'models', label: 'Keys and models', also: 'api key provider ollama anthropic openai default demo' },
  { id: 'keyboard', label: 'Keyboard', also: 'shortcuts keys commands' },
  { id: 'about', label: 'About', also: 'version licence data' },
] as const

export type Section = (typeof SECTIONS)[number]['id']

export function sectionOf(address: string): Section {
  return SECTIONS.find((section) => section.id === address)?.id ?? 'appearance'
}

/** The sections that have the words in their name or in what they hold. */
export function sectionsFor(words: string): readonly (typeof SECTIONS)[number][] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean)
  return SECTIONS.filter((section) => {
    const text = `${section.label} ${section.also}`.toLowerCase()
    return wanted.every((word) => text.includes(word))
  })
}
