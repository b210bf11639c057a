// Sets the theme before the first paint: the last one of this tab, else the system's. The settings override it once they
// are known (app/theme.ts).
const last = sessionStorage.getItem('tidemark.theme')
const dark = matchMedia('(prefers-color-scheme: dark)').matches
const contrast = matchMedia('(prefers-contrast: more)').matches
const system = `${contrast ? 'hc-' : ''}${dark ? 'dark' : 'light'}`
document.documentElement.dataset['theme'] = !last || last === 'system' ? system : last

export {}
