// The theme and density of the settings on the document. "System" follows the system, also while the page is open.
import { useEffect } from 'react'
import { type Settings, useSettings } from '../server/settings'

const DARK = '(prefers-color-scheme: dark)'
const CONTRAST = '(prefers-contrast: more)'

export function systemTheme(): string {
  return `${matchMedia(CONTRAST).matches ? 'hc-' : ''}${matchMedia(DARK).matches ? 'dark' : 'light'}`
}

/** `src/theme.ts` reads it before the first paint of a reload. */
const LAST = 'tidemark.theme'

/** Puts the page in its theme and density. */
export function applyTheme(settings: Pick<Settings, 'theme' | 'density'>): void {
  const theme = settings.theme ?? 'system'
  document.documentElement.dataset['theme'] = theme === 'system' ? systemTheme() : theme
  document.documentElement.dataset['density'] = settings.density ?? 'default'
  sessionStorage.setItem(LAST, theme)
}

export function useTheme(): void {
  const { settings } = useSettings()
  const theme = settings?.theme
  const density = settings?.density
  useEffect(() => {
    if (!theme || !density) return
    const apply = () => applyTheme({ theme, density })
    apply()
    const queries = [matchMedia(DARK), matchMedia(CONTRAST)]
    for (const query of queries) query.addEventListener('change', apply)
    return () => {
      for (const query of queries) query.removeEventListener('change', apply)
    }
  }, [theme, density])
}
