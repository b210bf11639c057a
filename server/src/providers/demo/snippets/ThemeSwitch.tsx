import { useEffect, useState } from 'react'
import { MoonIcon, SunIcon } from './icons'

/** Day or night. Begins with what the system prefers. */
export function ThemeSwitch() {
  const [dark, setDark] = useState(() => window.matchMedia('(prefers-color-scheme: dark)').matches)

  useEffect(() => {
    document.documentElement.dataset.theme = dark ? 'dark' : 'light'
  }, [dark])

  return (
    <button className="theme" aria-label="Dark mode" aria-pressed={dark} onClick={() => setDark(!dark)}>
      {dark ? <SunIcon /> : <MoonIcon />}
    </button>
  )
}
