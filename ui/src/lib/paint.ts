// Code in colours, as parts that any view can draw; and those parts cut where words differ.

/** The classes of components.css: keyword, string, number, type, function, attribute, comment, punctuation. */
export type Kind = '' | 'k' | 's' | 'n' | 't' | 'f' | 'a' | 'c' | 'p'

export type Painted = { text: string; kind: Kind }

/** Colours lines of a file; what it does not know comes back plain. */
export type Paint = (path: string, lines: readonly string[]) => Promise<readonly (readonly Painted[])[]>

/** The kind of one of Monaco's token names. */
export function kindOf(token: string): Kind {
  if (token.startsWith('comment')) return 'c'
  if (token.startsWith('keyword')) return 'k'
  if (token.startsWith('string.key')) return 'a'
  if (token.startsWith('string') || token.startsWith('regexp') || token.startsWith('attribute.value'))
    return 's'
  if (token.startsWith('number') || token.startsWith('constant')) return 'n'
  if (token.startsWith('type') || token.startsWith('tag') || token.startsWith('metatag')) return 't'
  if (token.startsWith('attribute')) return 'a'
  if (token.startsWith('delimiter') || token.startsWith('operator')) return 'p'
  return ''
}

export type Drawn = Painted & { changed: boolean }

/** Colours and word marks of one line, laid over each other. Both sides join to the same text. */
export function overlaid(
  painted: readonly Painted[],
  parts: readonly { text: string; changed: boolean }[],
): Drawn[] {
  const drawn: Drawn[] = []
  let part = 0
  let used = 0
  for (const { text, kind } of painted) {
    let rest = text
    while (rest.length > 0) {
      const now = parts[part]
      if (!now) {
        drawn.push({ text: rest, kind, changed: false })
        break
      }
      const size = Math.min(rest.length, now.text.length - used)
      if (size > 0) drawn.push({ text: rest.slice(0, size), kind, changed: now.changed })
      rest = rest.slice(size)
      used += size
      if (used >= now.text.length) {
        part += 1
        used = 0
      }
    }
  }
  return drawn
}
