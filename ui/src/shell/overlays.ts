// What lies over the whole window, whichever screen is below it.
import { create } from 'zustand'

type Overlays = {
  palette: 'files' | 'commands' | null
  /** The dialog that finds a folder in a plain browser. */
  folders: boolean
}

export const useOverlays = create<Overlays>(() => ({ palette: null, folders: false }))

export function openPalette(palette: 'files' | 'commands'): void {
  useOverlays.setState({ palette })
}

export function closePalette(): void {
  useOverlays.setState({ palette: null })
}
