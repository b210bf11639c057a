import type { ReactNode } from 'react'
import { useMemo } from 'react'
import type { Crop } from '../lib/types'

type Props = {
  crop?: Crop
  /** Beds with other seeds have their plants in slightly other places. */
  seed: number
}

const WIDTH = 180
const HEIGHT = 74

/** A bed seen from above: ridges of soil, and what grows on them. */
export function Soil({ crop, seed }: Props) {
  const plants = useMemo(() => (crop ? plant(crop, seed) : null), [crop, seed])

  return (
    <svg className="soil" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="xMidYMid slice" aria-hidden="true">
      <rect className="earth" width={WIDTH} height={HEIGHT} />
      {[9, 24, 39, 54, 69].map((y) => (
        <path key={y} className="ridge" d={`M0 ${y}h${WIDTH}`} />
      ))}
      {plants}
    </svg>
  )
}

/** How each crop is set out, in parts of the picture, and how one plant of it looks. */
const plans: Record<Crop, { across: number; down: number; draw: (random: () => number) => ReactNode }> = {
  beans: {
    across: 30,
    down: 38,
    draw: (random) => (
      <>
        <path d="M0-10v26" stroke="#c9a06b" strokeWidth="2" />
        {[-8, -2, 5, 11].map((y, side) => (
          <ellipse key={y} cx={side % 2 ? 5 : -5} cy={y} rx="5" ry="3.6" fill={random() < 0.4 ? '#558a47' : '#6fa35a'} />
        ))}
        <ellipse cy="-11" rx="4.6" ry="3.4" fill="#83b56c" />
      </>
    ),
  },
  salad: {
    across: 30,
    down: 25,
    draw: (random) => {
      const [outer, inner] = random() < 0.3 ? ['#8c5a6b', '#b58292'] : ['#7fb069', '#a8cf8e']
      return (
        <>
          <circle r="10" fill={outer} />
          <circle r="6" fill={inner} />
          <circle r="2.4" fill={outer} />
        </>
      )
    },
  },
  carrots: {
    across: 16,
    down: 25,
    draw: () => (
      <>
        <path d="M0 2l-5-9m5 9l-2-12m2 12l2-12m-2 12l5-9" stroke="#8db86b" strokeWidth="1.8" strokeLinecap="round" />
        <circle cy="3" r="2.6" fill="#e0893f" />
      </>
    ),
  },
  tomatoes: {
    across: 36,
    down: 37,
    draw: (random) => (
      <>
        <circle r="13" fill="#5b8c4a" />
        <circle cx="-4" cy="-3" r="8" fill="#6fa35a" />
        {[[-5, 4], [6, -3], [3, 7]].map(([x, y]) => (
          <circle key={x} cx={x} cy={y} r="3.6" fill={random() < 0.3 ? '#e7a13d' : '#d5523f'} />
        ))}
      </>
    ),
  },
  onions: {
    across: 13,
    down: 25,
    draw: () => (
      <>
        <path d="M0 6v-14m0 14l-3-11m3 11l3-11" stroke="#a9c98b" strokeWidth="1.6" strokeLinecap="round" />
        <circle cy="6" r="3" fill="#e6d3a3" />
      </>
    ),
  },
  squash: {
    across: 60,
    down: 74,
    draw: () => (
      <>
        <circle cx="-14" cy="-13" r="15" fill="#5b8c4a" />
        <circle cx="11" cy="-9" r="16" fill="#6fa35a" />
        <circle cx="-6" cy="12" r="15" fill="#4e7c40" />
        <ellipse cx="10" cy="14" rx="11" ry="8" fill="#e29a3b" />
        <path d="M10 6v16" stroke="#c47d22" strokeWidth="1.5" />
      </>
    ),
  },
}

function plant(crop: Crop, seed: number): ReactNode[] {
  const { across, down, draw } = plans[crop]
  const random = numbers(seed)
  const plants: ReactNode[] = []
  for (let y = down / 2; y < HEIGHT; y += down) {
    for (let x = across / 2; x < WIDTH + across / 4; x += across) {
      const [right, lower] = [(random() - 0.5) * 3, (random() - 0.5) * 3]
      plants.push(
        <g key={plants.length} fill="none" transform={`translate(${(x + right).toFixed(1)} ${(y + lower).toFixed(1)})`}>
          {draw(random)}
        </g>,
      )
    }
  }
  return plants
}

/** Numbers from 0 to 1 that look thrown, and are the same for the same seed. */
function numbers(seed: number): () => number {
  let state = seed * 2654435761
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296
    return state / 4294967296
  }
}
