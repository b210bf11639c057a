import { expect, it } from 'vitest'
import { crops } from './crops'
import { daysBetween } from './dates'
import { beds, jobs, today } from './garden'

it('has one bed in each place, and one id for each bed and job', () => {
  const different = (texts: string[]) => expect(new Set(texts).size).toBe(texts.length)
  different(beds.map((bed) => `${bed.row}/${bed.column}`))
  different(beds.map((bed) => bed.id))
  different(jobs.map((job) => job.id))
})

it('knows every crop that grows', () => {
  for (const bed of beds) {
    if (bed.crop) expect(crops[bed.crop]).toBeDefined()
  }
})

it('has not watered any bed after today', () => {
  for (const bed of beds) {
    if (bed.watered) expect(daysBetween(bed.watered, today)).toBeGreaterThanOrEqual(0)
  }
})

it('wants no water for a resting bed, and some room for every bed', () => {
  for (const bed of beds) {
    expect(bed.area).toBeGreaterThan(0)
    if (!bed.crop) expect(bed.thirst).toBe(0)
  }
})
