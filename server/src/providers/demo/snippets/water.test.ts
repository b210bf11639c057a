import { describe, expect, it } from 'vitest'
import { beds, today } from './garden'
import type { Bed, RainDay } from './types'
import { waterNeed } from './water'
import { rain } from './weather'

const bed: Bed = { id: 'peas', row: 1, column: 1, name: 'Peas', crop: 'beans', note: '', area: 3, thirst: 4 }
const wet: RainDay[] = [{ date: today, mm: 1.5 }]

describe('waterNeed', () => {
  it('is thirst times area when it stayed dry', () => {
    expect(waterNeed(bed, [])).toBe(12)
  })
  it('takes off what fell, and rounds up', () => {
    expect(waterNeed(bed, wet)).toBe(8)
  })
  it('is never less than nothing', () => {
    expect(waterNeed(bed, [{ date: today, mm: 30 }])).toBe(0)
  })
  it('counts no rain under glass', () => {
    expect(waterNeed({ ...bed, underGlass: true }, wet)).toBe(12)
  })
  it('is nothing for three days after a watering', () => {
    expect(waterNeed({ ...bed, watered: '2026-05-27' }, [])).toBe(0)
    expect(waterNeed({ ...bed, watered: '2026-05-26' }, [])).toBe(12)
  })
  it('finds the thirsty beds of the plot', () => {
    const thirsty = beds.filter((bed) => waterNeed(bed, rain) > 0)
    expect(thirsty.map((bed) => bed.id)).toEqual(['beans', 'salad', 'tomatoes'])
  })
})
