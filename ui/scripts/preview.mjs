// Lays out what previews need to work without a network, for the server to embed: dist-preview/
//   bundler/   the useful part of Sandpack's bundler, each file gzipped
//   packages/  the npm packages of server/seeds.json, as the registry has them
//   npm/       the registry that npm is set to use here
// With --choose it first writes server/seeds.json anew, for the templates as they are now.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const ui = fileURLToPath(new URL('..', import.meta.url))
const server = join(ui, '../server')
const out = join(ui, 'dist-preview')
const seedsFile = join(server, 'seeds.json')

// What no preview asks for: other products of the same build, and languages that we do not preview.
const useless = [
  /^static\/(fonts|img)\//,
  /^static\/browserfs11\//,
  /^static\/browserfs12\/(?!browserfs\.min\.js$)/,
  /^static\/js\/(babel\.7\.21\.8\.js|jsdom|eslint|prettier|browserified-pug|coffeescript)/,
  /(^|[/~])(vue|svelte|pug|coffee)[-.~]/,
  /(^|\/)(sw\.|service-worker|sandbox-service-worker|env\.sh|file-manifest)/,
  /\.(png|ico|map|xml|txt|webmanifest|d\.ts)$/,
  /^(manifest\.json|codesandbox\.svg|csb-ios\.svg|safari-pinned-tab\.svg)$/,
]

// What the bundler adds to every React project by itself.
const implicit = { 'react-refresh': '0.9.0', '@babel/runtime': '^7.28.0', 'node-libs-browser': '2.2.1' }

function npm(args, options = {}) {
  return execFileSync('npm', args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    shell: process.platform === 'win32',
    ...options,
  })
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/'))
}

function bundler() {
  const require = createRequire(import.meta.url)
  const home = dirname(dirname(require.resolve('@codesandbox/sandpack-client')))
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  const folder = join(out, 'bundler')
  const stamp = join(out, '.bundler')
  const made = `${version} ${createHash('sha256')
    .update(readFileSync(fileURLToPath(import.meta.url)))
    .digest('hex')}`
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === made) return
  rmSync(folder, { recursive: true, force: true })
  const source = join(home, 'sandpack')
  for (const file of filesIn(source).filter((file) => !useless.some((pattern) => pattern.test(file)))) {
    const target = join(folder, `${file}.gz`)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, gzipSync(readFileSync(join(source, file)), { level: 9 }))
  }
  for (const license of ['LICENSE', 'LICENSE.md'].filter((name) => existsSync(join(home, name)))) {
    cpSync(join(home, license), join(folder, 'LICENSE'))
  }
  writeFileSync(stamp, made)
}

const tarball = ({ name, version }) => `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`

function isWhole(file, integrity) {
  if (!existsSync(file)) return false
  const [algorithm, digest] = integrity.split(/-(.*)/s)
  return createHash(algorithm).update(readFileSync(file)).digest('base64') === digest
}

function packages() {
  const folder = join(out, 'packages')
  mkdirSync(folder, { recursive: true })
  const seeds = JSON.parse(readFileSync(seedsFile, 'utf8'))
  const wanted = new Set(seeds.map(tarball))
  for (const file of readdirSync(folder).filter((file) => !wanted.has(file))) rmSync(join(folder, file))
  const absent = seeds.filter((seed) => !isWhole(join(folder, tarball(seed)), seed.integrity))
  if (absent.length > 0) {
    const names = absent.map(({ name, version }) => `${name}@${version}`)
    npm(['pack', ...names, '--ignore-scripts', '--json', '--loglevel=error', '--pack-destination', folder])
  }
  const wrong = absent.filter((seed) => !isWhole(join(folder, tarball(seed)), seed.integrity))
  if (wrong.length > 0) {
    throw new Error(`not what server/seeds.json expects: ${wrong.map(({ name }) => name).join(', ')}`)
  }
}

function registry() {
  const folder = join(out, 'npm')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'registry'), npm(['config', 'get', 'registry'], { cwd: tmpdir() }).trim())
}

function choose() {
  const wanted = { ...implicit }
  for (const template of readdirSync(join(server, 'templates'))) {
    const file = join(server, 'templates', template, 'package.json')
    if (!existsSync(file)) continue
    const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(file, 'utf8'))
    const types = Object.entries(devDependencies).filter(([name]) => name.startsWith('@types/'))
    Object.assign(wanted, dependencies, Object.fromEntries(types))
  }
  const folder = mkdtempSync(join(tmpdir(), 'seeds-'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: wanted }))
  npm(['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: 'pipe',
  })
  const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'))
  rmSync(folder, { recursive: true })
  const seeds = Object.entries(lock.packages)
    .filter(([path, { dev, optional }]) => path && !dev && !optional)
    .map(([path, { version, integrity }]) => ({
      name: path.split('node_modules/').pop(),
      version,
      integrity,
    }))
  const unique = new Map(seeds.map((seed) => [`${seed.name}@${seed.version}`, seed]))
  const lines = [...unique.keys()].sort().map((key) => `  ${JSON.stringify(unique.get(key))}`)
  writeFileSync(seedsFile, `[\n${lines.join(',\n')}\n]\n`)
}

if (process.argv.includes('--choose')) choose()
bundler()
packages()
registry()
