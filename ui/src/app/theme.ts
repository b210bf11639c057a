// The theme and density of the settings on the document. "System" follows the system, also while the page is open.
import { useEffect } from 'react'
import { useSettings } from '../server/settings'

const DARK = '(prefers-color-scheme: dark)'
const CONTRAST = '(prefers-contrast: more)'

export function systemTheme(): string {
  return `${matchMedia(CONTRAST).matches ? 'hc-' : ''}${matchMedia(DARK).matches ? 'dark' : 'light'}`
}

export function useTheme(): void {
  const { settings } = useSettings()
  const theme = settings?.theme ?? 'system'
  const density = settings?.density ?? 'default'
  useEffect(() => {
    const apply = () => {
      document.documentElement.dataset['theme'] = theme === 'system' ? systemTheme() : theme
    }
    apply()
    const queries = [matchMedia(DARK), matchMedia(CONTRAST)]
    for (const query of queries) query.addEventListener('change', apply)
    return () => {
      for (const query of queries) query.removeEventListener('change', apply)
    }
  }, [theme])
  useEffect(() => {
    document.documentElement.dataset['density'] = density
  }, [density])
}
