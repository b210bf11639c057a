import { useEffect, useState } from 'react'
import type { Job } from '../lib/types'
import { CheckIcon } from './icons'

type Props = {
  jobs: Job[]
}

export function WeekList({ jobs }: Props) {
  const [list, setList] = useState(jobs)
  let done = list.filter((job) => job.done).length

  function toggle(id: string) {
    setList(list.map((job) => (job.id == id ? { ...job, done: !job.done } : job)))
  }

  return (
    <section>
      <div className="heading">
        <h2>This week</h2>
        <span className="soft">
          {done} of {list.length} done
        </span>
      </div>
      <ul className="jobs">
        {list.map((job) => (
          <li key={job.id} className={job.done ? 'job done' : 'job'} onClick={() => toggle(job.id)}>
            <span className="box">{job.done && <CheckIcon />}</span>
            {job.text}
          </li>
        ))}
      </ul>
    </section>
  )
}
