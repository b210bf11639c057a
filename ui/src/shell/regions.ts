// F6 walks the regions of the page in reading order; Shift+F6 walks back. A region has `data-region` and a first thing to focus.
import { useEffect } from 'react'

export function useRegions(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'F6') return
      const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')].filter(
        (r) => r.offsetParent !== null,
      )
      if (regions.length === 0) return
      event.preventDefault()
      const here = regions.findIndex((region) => region.contains(document.activeElement))
      const step = event.shiftKey ? -1 : 1
      const next = regions[(here + step + regions.length) % regions.length]
      const target = next?.querySelector<HTMLElement>(
        'button, [href], input, textarea, select, [tabindex]:not([tabindex="-1"])',
      )
      if (target) target.focus()
      else if (next) {
        // Nothing in it takes the focus, so it does itself: what is there is read out.
        next.tabIndex = -1
        next.focus()
      }
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}
