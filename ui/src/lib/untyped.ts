// Packages that a project declares but whose types are not on this computer: a test runner, a build tool. An import of one
// is right all the same, so the language service is told that it exists and knows no more of it.

/** Ambient declarations for what `packageJson` declares and `types` (by `file:///node_modules/…` address) lacks. */
export function untyped(packageJson: string | undefined, types: Readonly<Record<string, string>>): string {
  const addresses = Object.keys(types)
  const has = (name: string) =>
    addresses.some((address) => address.startsWith(`file:///node_modules/${name}/`))
  return declared(packageJson)
    .filter((name) => !has(name) && !has(`@types/${name.replace(/^@(.+)\//, '$1__')}`))
    .map((name) => `declare module ${JSON.stringify(name)}\ndeclare module ${JSON.stringify(`${name}/*`)}\n`)
    .join('')
}

function declared(packageJson: string | undefined): string[] {
  try {
    const project = (JSON.parse(packageJson ?? '{}') ?? {}) as Record<
      string,
      Record<string, string> | undefined
    >
    const names = ['dependencies', 'devDependencies', 'peerDependencies'].flatMap((key) =>
      Object.keys(project[key] ?? {}),
    )
    return [...new Set(names)].filter((name) => /^(@[\w.-]+\/)?[\w.-]+$/.test(name)).sort()
  } catch {
    // Half-typed JSON declares nothing.
    return []
  }
}
