// What the previewed page printed, as lines of text.

export type ConsoleLine = { id: string; level: 'log' | 'info' | 'warn' | 'error' | 'clear'; text: string }

type RawLine = { id: string; method: string; data: readonly unknown[] | undefined }

const LONGEST = 4_000

export function consoleLines(log: readonly RawLine[]): ConsoleLine[] {
  return log.map((line) => ({
    id: line.id,
    level: levelOf(line.method),
    text: textOf(line.data ?? []).slice(0, LONGEST),
  }))
}

function levelOf(method: string): ConsoleLine['level'] {
  switch (method) {
    case 'error':
    case 'assert':
      return 'error'
    case 'warn':
      return 'warn'
    case 'info':
    case 'debug':
      return 'info'
    case 'clear':
      return 'clear'
    default:
      return 'log'
  }
}

/** `%s` and friends are filled in as a console does; styles (`%c`) are left out. */
function textOf(data: readonly unknown[]): string {
  const [first, ...rest] = data
  if (typeof first !== 'string' || !/%[sdifoOc]/.test(first)) return data.map(show).join(' ')
  const left = [...rest]
  const filled = first.replace(/%([sdifoOc%])/g, (whole, kind: string) => {
    if (kind === '%') return '%'
    if (left.length === 0) return whole
    const value = left.shift()
    return kind === 'c' ? '' : show(value)
  })
  return [filled, ...left.map(show)].join(' ')
}

function show(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'object' && value !== null) {
    if ('name' in value && 'message' in value) return `${String(value.name)}: ${String(value.message)}`
    // What cannot cross to this page comes as a note of its kind.
    if ('@t' in value && 'data' in value) {
      const note: unknown = value.data
      return value['@t'] === '[[undefined]]' ? 'undefined' : show(note)
    }
    try {
      return JSON.stringify(value)
    } catch {
      return '[object]'
    }
  }
  return String(value)
}

const MOST = 500

/** The console with news at its end; a clear empties it, and the oldest lines go first. */
export function grownConsole(
  lines: readonly ConsoleLine[],
  news: readonly ConsoleLine[],
): readonly ConsoleLine[] {
  const clear = news.map((line) => line.level).lastIndexOf('clear')
  const all = clear >= 0 ? news.slice(clear + 1) : [...lines, ...news]
  return all.slice(-MOST)
}
