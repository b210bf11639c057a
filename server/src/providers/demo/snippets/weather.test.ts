import { describe, expect, it } from 'vitest'
import type { RainDay } from './types'
import { barHeight, lastRain, rainfall, wettestDay } from './weather'

const days = (...mm: number[]): RainDay[] => mm.map((mm, at) => ({ date: `2026-05-0${at + 1}`, mm }))

describe('rainfall', () => {
  it('adds up the last days only', () => {
    expect(rainfall(days(9, 1, 0, 2.5), 3)).toBe(3.5)
  })
  it('takes what there is when fewer days are known', () => {
    expect(rainfall(days(4), 7)).toBe(4)
    expect(rainfall([], 7)).toBe(0)
  })
})

describe('lastRain', () => {
  it('is the last day with any rain', () => {
    expect(lastRain(days(4, 2, 0, 0))?.date).toBe('2026-05-02')
  })
  it('is nothing when it stayed dry', () => {
    expect(lastRain(days(0, 0))).toBeUndefined()
  })
})

describe('the strip', () => {
  it('is filled by the wettest day', () => {
    const rain = days(4, 11, 2)
    expect(rain.map((day) => barHeight(day.mm, wettestDay(rain)))).toEqual([11, 30, 5])
  })
  it('is flat when it stayed dry', () => {
    expect(barHeight(0, wettestDay(days(0, 0)))).toBe(0)
    expect(wettestDay([])).toBe(0)
  })
})
