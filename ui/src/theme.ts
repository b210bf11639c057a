// Sets the theme before the first paint; settings override it once they are known (app/theme).
const dark = matchMedia('(prefers-color-scheme: dark)').matches
const contrast = matchMedia('(prefers-contrast: more)').matches
document.documentElement.dataset['theme'] = `${contrast ? 'hc-' : ''}${dark ? 'dark' : 'light'}`

export {}
