export type Crop = 'beans' | 'salad' | 'carrots' | 'tomatoes' | 'onions' | 'squash'

export type Bed = {
  id: string
  /** Where it lies, counted from the north-west corner. */
  row: number
  column: number
  name: string
  /** Absent while the bed rests. */
  crop?: Crop
  note: string
  /** Square metres. */
  area: number
  /** Litres that a square metre wants when three days stay dry. */
  thirst: number
  underGlass?: boolean
  /** The last time someone watered it. */
  watered?: string
}

export type RainDay = {
  date: string
  mm: number
}

export type Job = {
  id: string
  text: string
  done: boolean
}
