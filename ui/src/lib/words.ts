// Numbers and times as a person says them.

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** How long ago, in the words that fit the distance: "4 min ago", "yesterday", "Tuesday", "12 May". */
export function ago(then: number, now: number): string {
  const past = now - then
  if (past < MINUTE) return 'just now'
  if (past < HOUR) return `${Math.floor(past / MINUTE)} min ago`
  const days = Math.round((midnight(now) - midnight(then)) / DAY)
  if (days === 0) return `${Math.floor(past / HOUR)} h ago`
  if (days === 1) return 'yesterday'
  const date = new Date(then)
  if (days < 7) return date.toLocaleDateString('en-GB', { weekday: 'long' })
  const thisYear = date.getFullYear() === new Date(now).getFullYear()
  return date.toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(thisYear ? {} : { year: 'numeric' }),
  })
}

function midnight(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0)
}

/** `1 file`, `3 files`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en-GB')} ${number === 1 ? one : many}`
}

/** Tokens, short: `200k`, `1M`. */
export function tokens(number: number): string {
  // What is counted in powers of two is said so: 32768 is 32k.
  if (number >= 1_024 && number % 1_024 === 0) {
    const kilo = number / 1_024
    return kilo >= 1_024 ? `${trim(kilo / 1_024)}M` : `${kilo}k`
  }
  if (number >= 1_000_000) return `${trim(number / 1_000_000)}M`
  if (number >= 1_000) return `${trim(number / 1_000)}k`
  return String(number)
}

/** US dollars: whole when they are, cents otherwise. */
export function dollars(number: number): string {
  if (number > 0 && number < 0.01) return '<$0.01'
  return `$${Number.isInteger(number) ? number : number.toFixed(2)}`
}

function trim(number: number): string {
  return number.toFixed(number < 10 ? 1 : 0).replace(/\.0$/, '')
}

/** The last part of a path, and the one before it: what a person calls a folder, and where it is. */
export function folderName(path: string): string {
  return parts(path).at(-1) ?? path
}

export function parentName(path: string): string {
  return parts(path).at(-2) ?? ''
}

function parts(path: string): string[] {
  return path.split(/[/\\]/).filter(Boolean)
}
