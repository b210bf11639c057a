import { daysBetween } from './dates'
import type { RainDay } from './types'

/** Degrees at noon, from the shed's thermometer. */
export const noon = 23

/** The rain gauge, oldest first. */
export const rain: RainDay[] = [
  { date: '2026-05-23', mm: 4 },
  { date: '2026-05-24', mm: 11 },
  { date: '2026-05-25', mm: 2 },
  { date: '2026-05-26', mm: 0 },
  { date: '2026-05-27', mm: 0 },
  { date: '2026-05-28', mm: 0 },
  { date: '2026-05-29', mm: 0 },
]

/** Millimetres that fell on the last `days` days. */
export function rainfall(rain: RainDay[], days: number): number {
  var total = 0
  for (const day of rain.slice(-days)) {
    total += day.mm
  }
  return total
}

/** The last day on which it rained. */
export function lastRain(rain: RainDay[]): RainDay | undefined {
  return rain.findLast((day) => day.mm > 0)
}

export function wettestDay(rain: RainDay[]): number {
  return Math.max(0, ...rain.map((day) => day.mm))
}

/** Pixels of a bar, so that the wettest day fills the strip. */
export function barHeight(mm: number, wettest: number): number {
  if (wettest == 0) return 0
  return Math.round((mm / wettest) * 30)
}
