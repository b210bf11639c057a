import { dayLetter } from '../lib/dates'
import type { RainDay } from '../lib/types'
import { barHeight, wettestDay } from '../lib/weather'

type Props = {
  rain: RainDay[]
}

export function RainStrip({ rain }: Props) {
  const wettest = wettestDay(rain)

  return (
    <section>
      <div className="heading">
        <h2>Rain</h2>
        <span className="soft">mm, last {rain.length} days</span>
      </div>
      <div className="rain">
        {rain.map((day) => (
          <div key={day.date} className="rain-day">
            <i className={day.mm > 0 ? 'bar' : 'bar dry'} style={{ height: barHeight(day.mm, wettest) }} />
            {dayLetter(day.date)}
          </div>
        ))}
      </div>
    </section>
  )
}
