// Says when the engine is gone, what that means for the work, and that it is being asked again.
import { Unplug } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Banner } from '../kit/feedback'
import { useEngine } from '../server/engine'

/** A line that comes back at once is no news. */
const TOLD_AFTER_MS = 1_000

export function EngineBanner() {
  const { state, tries } = useEngine()
  const [told, setTold] = useState(false)
  const away = state === 'away'
  useEffect(() => {
    if (!away) {
      setTold(false)
      return
    }
    const timer = setTimeout(() => setTold(true), TOLD_AFTER_MS)
    return () => clearTimeout(timer)
  }, [away])

  if (state === 'signed-out') {
    return (
      <Banner look="warn" icon={<Unplug className="i i--s" aria-hidden />}>
        <b>The engine was started anew.</b> What you see here is kept. To go on, take the newest address that{' '}
        <code>tidemark</code> printed.
      </Banner>
    )
  }
  if (!away || !told) return null
  return (
    <Banner look="warn" icon={<span className="spin" aria-hidden />}>
      <b>The engine does not answer.</b> You can keep typing: it is held here and written when the engine is
      back. <span className="muted">Trying again{tries > 1 ? ` (${tries})` : ''}…</span>
    </Banner>
  )
}
