// A place in a project that somebody asked to see. The palette, a reference and an error ask; the studio goes there.
import { create } from 'zustand'

export type Place = {
  projectId: string
  path: string
  line?: number | undefined
  column?: number | undefined
}

type Asked = { place: Place; time: number }

/** The last place that was asked for, and not yet shown. */
export const useAsked = create<{ asked: Asked | null }>(() => ({ asked: null }))

let times = 0

export function goTo(place: Place): void {
  times += 1
  useAsked.setState({ asked: { place, time: times } })
}

/** Takes the place of this project, once. */
export function takeAsked(projectId: string): Place | null {
  const { asked } = useAsked.getState()
  if (asked?.place.projectId !== projectId) return null
  useAsked.setState({ asked: null })
  return asked.place
}
