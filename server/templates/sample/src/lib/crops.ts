import type { Crop } from './types'

type CropFacts = {
  harvest: string
  /** Centimetres between plants. */
  spacing: number
}

export const crops: Record<Crop, CropFacts> = {
  beans: { harvest: 'July to September', spacing: 20 },
  salad: { harvest: 'May to October', spacing: 25 },
  carrots: { harvest: 'July to October', spacing: 5 },
  tomatoes: { harvest: 'July to September', spacing: 45 },
  onions: { harvest: 'July and August', spacing: 10 },
  squash: { harvest: 'September and October', spacing: 90 },
}
