// Monaco's colours for code that is not in an editor.
import type { Paint, Painted } from '../../lib/paint'
import { kindOf } from '../../lib/paint'
import { monaco } from './monaco'

export const paint: Paint = async (path, lines) => {
  const language = languageOf(path)
  const text = lines.join('\n')
  // A language is loaded with its first use, and tokenize does not wait for it.
  await monaco.editor.colorize(' ', language, {})
  return monaco.editor.tokenize(text, language).map((tokens, index) => {
    const line = lines[index] ?? ''
    return tokens.flatMap((token, at): Painted[] => {
      const piece = line.slice(token.offset, tokens[at + 1]?.offset ?? line.length)
      const name = kindOf(token.type)
      const kind =
        name === '' && /^[A-Za-z_$][\w$]*$/.test(piece) && line[token.offset + piece.length] === '('
          ? 'f'
          : name
      return piece === '' ? [] : [{ text: piece, kind }]
    })
  })
}

export function languageOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  const found = monaco.languages
    .getLanguages()
    .find(
      (language) =>
        language.filenames?.some((file) => file.toLowerCase() === name) ||
        language.extensions?.some((extension) => name.endsWith(extension)),
    )
  return found?.id ?? 'plaintext'
}
