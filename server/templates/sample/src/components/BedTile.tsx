import type { Bed } from '../lib/types'
import { Soil } from './Soil'

type Props = {
  bed: Bed
  onClick: () => void
}

export function BedTile({ bed, onClick }: Props) {
  return (
    <button className="bed" onClick={onClick}>
      <Soil crop={bed.crop} seed={bed.row * 7 + bed.column} />
      <span className="bed-text">
        <strong>{bed.name}</strong>
        <small>{bed.note}</small>
      </span>
    </button>
  )
}
