import { describe, expect, it } from 'vitest'
import { dayLetter, daysBetween, longDate, shortDate, weekNumber } from './dates'

describe('days as people write them', () => {
  it('names weekday, day and month', () => {
    expect(longDate('2026-05-29')).toBe('Friday 29 May')
    expect(shortDate('2026-12-01')).toBe('1 December')
    expect(dayLetter('2026-05-29')).toBe('F')
  })
})

describe('daysBetween', () => {
  it('counts forwards and backwards', () => {
    expect(daysBetween('2026-05-27', '2026-05-29')).toBe(2)
    expect(daysBetween('2026-05-29', '2026-05-27')).toBe(-2)
  })
  it('is not moved by a change of clocks or a leap day', () => {
    expect(daysBetween('2026-03-28', '2026-03-30')).toBe(2)
    expect(daysBetween('2028-02-28', '2028-03-01')).toBe(2)
  })
})

describe('weekNumber', () => {
  it.each([
    ['2026-05-29', 22],
    ['2026-01-01', 1],
    ['2027-01-01', 53],
    ['2024-12-30', 1],
    ['2026-12-31', 53],
  ])('of %s is %i', (day, week) => {
    expect(weekNumber(day)).toBe(week)
  })
})
