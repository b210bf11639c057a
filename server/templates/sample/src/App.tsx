import { useState } from 'react'
import { BedGrid } from './components/BedGrid'
import { BedPanel } from './components/BedPanel'
import { SunIcon } from './components/icons'
import { RainStrip } from './components/RainStrip'
import { WeekList } from './components/WeekList'
import { longDate, weekNumber } from './lib/dates'
import { beds, jobs, today } from './lib/garden'
import type { Bed } from './lib/types'
import { noon, rain } from './lib/weather'

export function App() {
  const [selected, setSelected] = useState<Bed | null>(null)

  return (
    <main className="page">
      <header className="masthead">
        <div>
          <h1>Plot 14</h1>
          <p className="soft">
            {longDate(today)}, week {weekNumber(today)}
          </p>
        </div>
        <span className="sky">
          <SunIcon />
          {noon}°
        </span>
      </header>

      <BedGrid beds={beds} onSelect={setSelected} />
      {selected && <BedPanel bed={selected} onClose={() => setSelected(null)} />}
      <RainStrip rain={rain} />
      <WeekList jobs={jobs} />
    </main>
  )
}
