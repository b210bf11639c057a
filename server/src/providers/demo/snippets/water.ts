import { daysBetween } from './dates'
import { today } from './garden'
import type { Bed, RainDay } from './types'
import { rainfall } from './weather'

/** For how many days rain, or a watering, still counts. */
const MEMORY = 3

/** Litres that a bed needs today. A millimetre of rain is a litre on every square metre; none falls under glass. */
export function waterNeed(bed: Bed, rain: RainDay[]): number {
  if (bed.watered && daysBetween(bed.watered, today) < MEMORY) return 0
  const fallen = bed.underGlass ? 0 : rainfall(rain, MEMORY)
  return Math.max(0, Math.ceil((bed.thirst - fallen) * bed.area))
}
