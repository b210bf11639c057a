/** Noon, so that no time zone moves the day. */
export function parseDay(day: string): Date {
  return new Date(`${day}T12:00:00`)
}

/** "Friday 29 May" */
export function longDate(day: string): string {
  const date = parseDay(day)
  const weekday = date.toLocaleDateString('en-GB', { weekday: 'long' })
  const month = date.toLocaleDateString('en-GB', { month: 'long' })
  return `${weekday} ${date.getDate()} ${month}`
}

/** "29 May" */
export function shortDate(day: string): string {
  const date = parseDay(day)
  return `${date.getDate()} ${date.toLocaleDateString('en-GB', { month: 'long' })}`
}

/** "F" */
export function dayLetter(day: string): string {
  return parseDay(day).toLocaleDateString('en-GB', { weekday: 'long' }).charAt(0)
}

export function daysBetween(from: string, to: string): number {
  return Math.round((parseDay(to).getTime() - parseDay(from).getTime()) / 86_400_000)
}

/** The week of the year, as ISO 8601 counts: week 1 has the first Thursday. */
export function weekNumber(day: string): number {
  const thursday = parseDay(day)
  thursday.setDate(thursday.getDate() + 4 - (thursday.getDay() || 7))
  const newYear = parseDay(`${thursday.getFullYear()}-01-01`)
  return Math.floor((thursday.getTime() - newYear.getTime()) / 604_800_000) + 1
}
