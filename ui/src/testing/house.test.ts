// @vitest-environment node
// What holds for the whole interface: who may import whom, and that the client is the one of the API's description.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import openapiTS, { astToString } from 'openapi-typescript'
import { expect, it } from 'vitest'
import { KEYS } from '../features/settings/keys'

const SRC = join(import.meta.dirname, '..')

/** Which parts a part may import, besides itself. A feature never imports another one. */
const MAY: Record<string, readonly string[]> = {
  lib: [],
  kit: ['lib'],
  server: ['lib'],
  shell: ['lib', 'kit', 'server'],
  features: ['lib', 'kit', 'server', 'shell'],
  app: ['lib', 'kit', 'server', 'shell', 'features'],
  testing: ['lib', 'kit', 'server', 'shell', 'features', 'app'],
}

/** The words of the contract lie below everything, as the crate `shared` does. Only their types may be named. */
const WORDS = 'server/types'

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /\.tsx?$/.test(path) && path.includes('/'))

type Import = { from: string; to: string; typeOnly: boolean }

function importsOf(file: string): Import[] {
  const text = readFileSync(join(SRC, file), 'utf8')
  const found = text.matchAll(
    /^(?:import|export)\s+(type\s)?[^'"]*?['"](\.[^'"]+)['"]|import\(\s*['"](\.[^'"]+)['"]/gm,
  )
  return [...found].map((match) => ({
    from: file,
    to: relative(SRC, normalize(join(SRC, dirname(file), match[2] ?? match[3] ?? ''))).replaceAll('\\', '/'),
    typeOnly: match[1] !== undefined,
  }))
}

function refused({ from, to, typeOnly }: Import): string | undefined {
  const [part = '', feature] = from.split('/')
  const [target = '', other] = to.split('/')
  if (part === target) {
    return part === 'features' && feature !== other ? `${from} imports the feature ${other}` : undefined
  }
  if (typeOnly && to === WORDS) return undefined
  return MAY[part]?.includes(target) ? undefined : `${from} imports ${to}`
}

it('imports go one way only, and no feature imports another', () => {
  const imports = files.flatMap(importsOf)
  expect(imports.length).toBeGreaterThan(100)
  expect(imports.map(refused).filter((why) => why !== undefined)).toEqual([])
})

it('refuses what the rule forbids', () => {
  const wrong = (from: string, to: string, typeOnly = false) => refused({ from, to, typeOnly })
  expect(wrong('features/home/home.tsx', 'features/agent/story')).toBeDefined()
  expect(wrong('kit/button.tsx', 'server/queries')).toBeDefined()
  expect(wrong('lib/compose.ts', 'server/types')).toBeDefined()
  expect(wrong('lib/compose.ts', 'server/types', true)).toBeUndefined()
  expect(wrong('app/HomePage.tsx', 'features/home/home')).toBeUndefined()
})

it('has the client of the API’s description (npm run client)', async () => {
  const description = new URL(`file://${join(SRC, '..', 'openapi.json')}`)
  const text = astToString(await openapiTS(description))
  const kept = readFileSync(join(SRC, 'server', 'schema.generated.d.ts'), 'utf8')
  // The command line adds a note at the top.
  expect(kept.slice(kept.indexOf('export interface paths')).trim()).toBe(
    text.slice(text.indexOf('export interface paths')).trim(),
  )
})

it('lists every command that has keys', () => {
  const listed = new Set(KEYS.flatMap((group) => group.keys.flatMap((entry) => entry.keys)))
  const missing = files
    .filter((file) => !file.includes('.test.'))
    .flatMap((file) => [
      ...readFileSync(join(SRC, file), 'utf8').matchAll(
        /\bid: '[\w.-]+',\s*title: '[^']*',\s*keys: '([^']+)'/g,
      ),
    ])
    .map((match) => match[1] ?? '')
    .filter((keys) => !listed.has(keys))
  expect(missing).toEqual([])
})
