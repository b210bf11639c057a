import { crops } from '../lib/crops'
import { shortDate } from '../lib/dates'
import type { Bed } from '../lib/types'
import { CloseIcon } from './icons'

type Props = {
  bed: Bed
  onClose: () => void
}

/** Everything that is known of one bed. */
export function BedPanel({ bed, onClose }: Props) {
  const crop = crops[bed.crop!]

  return (
    <section className="panel" aria-label={bed.name}>
      <div className="heading">
        <h2>{bed.name}</h2>
        <button className="close" onClick={onClose}>
          <CloseIcon />
        </button>
      </div>
      <dl>
        <div>
          <dt>Harvest</dt>
          <dd>{crop.harvest}</dd>
        </div>
        <div>
          <dt>Spacing</dt>
          <dd>{crop.spacing} cm</dd>
        </div>
        <div>
          <dt>Size</dt>
          <dd>{bed.area} m²</dd>
        </div>
        <div>
          <dt>Watered</dt>
          <dd>{bed.watered ? shortDate(bed.watered) : 'Not this week'}</dd>
        </div>
      </dl>
    </section>
  )
}
