// What a project's files become before Sandpack gets them. Sandpack evaluates modules as CommonJS functions, where
// `import.meta` is a syntax error; Vite's `import.meta.env` is replaced by the values a development server would give.

const script = /\.[cm]?[jt]sx?$/

const env = '({ MODE: "development", BASE_URL: "/", DEV: true, PROD: false, SSR: false })'

/** The code of one file as Sandpack can run it. Lines keep their numbers, so errors keep their places. */
export function forSandpack(path: string, code: string): string {
  if (!script.test(path) || !code.includes('import.meta')) return code
  return code
    .replace(/\bimport\.meta\.env\b/g, env)
    .replace(/\bimport\.meta\.hot\b/g, '(undefined)')
    .replace(/\bimport\.meta\.url\b/g, '(location.href)')
}

/** A project's package.json for Sandpack: it starts at `main` and takes exact versions from `dependencies`. */
export function packageForSandpack(entry: string, dependencies: Record<string, string>): string {
  return JSON.stringify({ name: 'preview', main: entry, dependencies })
}
