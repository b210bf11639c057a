// The keys, as a list to read. A test compares it with the commands that the screens register.

export type KeyEntry = { does: string; keys: readonly string[] }
export type KeyGroup = { where: string; keys: readonly KeyEntry[] }

export const KEYS: readonly KeyGroup[] = [
  {
    where: 'Everywhere',
    keys: [
      { does: 'Go to a file or project', keys: ['Mod+P'] },
      { does: 'Show all commands', keys: ['Mod+Shift+P', 'F1'] },
      { does: 'Open a folder', keys: ['Mod+O'] },
      { does: 'Go to Home', keys: ['Alt+N'] },
      { does: 'Open settings', keys: ['Mod+,'] },
      { does: 'Next part of the window, and the one before', keys: ['F6', 'Shift+F6'] },
    ],
  },
  {
    where: 'Asking',
    keys: [
      { does: 'Send', keys: ['Enter'] },
      { does: 'New line', keys: ['Shift+Enter'] },
    ],
  },
]

export function keysFor(words: string): KeyGroup[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean)
  return KEYS.map((group) => ({
    ...group,
    keys: group.keys.filter((entry) => {
      const text = `${group.where} ${entry.does} ${entry.keys.join(' ')}`.toLowerCase()
      return wanted.every((word) => text.includes(word))
    }),
  })).filter((group) => group.keys.length > 0)
}
