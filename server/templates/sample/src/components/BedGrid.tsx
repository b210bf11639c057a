import { useMemo } from 'react'
import type { Bed } from '../lib/types'
import { BedTile } from './BedTile'

type Props = {
  beds: Bed[]
  onSelect: (bed: Bed) => void
}

/** The plot seen from above, north at the top. */
export function BedGrid({ beds, onSelect }: Props) {
  const rows = useMemo(() => byRow(beds), [beds])
  const growing = rows.filter((bed) => bed.crop)
  const resting = rows.filter((bed) => !bed.crop)

  return (
    <section className="plot" aria-label="Beds">
      <div className="heading">
        <h2>Beds</h2>
        <span className="soft">
          {growing.length} of {beds.length} in use
        </span>
      </div>
      <ul className="grid">
        {growing.map((bed) => (
          <li key={bed.id}>
            <BedTile bed={bed} onClick={() => onSelect(bed)} />
          </li>
        ))}
      </ul>
      <p className="resting soft">
        Resting:
        {resting.map((bed) => (
          <button key={bed.id} className="chip" onClick={() => onSelect(bed)}>
            {bed.name}
          </button>
        ))}
      </p>
    </section>
  )
}

function byRow(beds: Bed[]): Bed[] {
  return [...beds].sort((a, b) => a.row - b.row || a.column - b.column)
}
