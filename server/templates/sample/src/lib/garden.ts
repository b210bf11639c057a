import type { Bed, Job } from './types'

/** The last day in the notebook. */
export const today = '2026-05-29'

export const beds: Bed[] = [
  { id: 'beans', row: 1, column: 1, name: 'Runner beans', crop: 'beans', note: 'Sown 18 April', area: 3, thirst: 4 },
  { id: 'salad', row: 1, column: 2, name: 'Salad', crop: 'salad', note: 'Cut again in 6 days', area: 2, thirst: 3 },
  { id: 'carrots', row: 2, column: 1, name: 'Carrots', crop: 'carrots', note: 'Thin this week', area: 3, thirst: 3, watered: '2026-05-28' },
  { id: 'tomatoes', row: 2, column: 2, name: 'Tomatoes', crop: 'tomatoes', note: 'Under glass', area: 2, thirst: 5, underGlass: true },
  { id: 'onions', row: 3, column: 1, name: 'Onions', crop: 'onions', note: 'Ready in July', area: 4, thirst: 2, watered: '2026-05-27' },
  { id: 'squash', row: 3, column: 2, name: 'Squash', crop: 'squash', note: 'Planted out today', area: 4, thirst: 4, watered: '2026-05-29' },
  { id: 'north', row: 4, column: 1, name: 'North bed', note: 'Green manure until autumn', area: 3, thirst: 0 },
  { id: 'gate', row: 4, column: 2, name: 'Bed by the gate', note: 'Garlic in October', area: 2, thirst: 0 },
]

export const jobs: Job[] = [
  { id: 'net', text: 'Net the strawberries', done: true },
  { id: 'thin', text: 'Thin carrots to 5 cm', done: false },
  { id: 'tie', text: 'Tie in runner beans', done: false },
  { id: 'hoe', text: 'Hoe between the onions', done: true },
  { id: 'straw', text: 'Straw under the squash', done: false },
]
