// Starts the real server (the binary in TIDEMARK_BIN) on its own data directory and port, and stops it.
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type House = {
  url: string
  token: string
  /** The address that signs a browser in: it carries a one-time code. */
  launchUrl: string
  pid: number
  data: string
  /** Calls the API as the page does. */
  api: <T>(method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<T>
  stop: () => Promise<void>
}

export type HouseOptions = {
  /** Folder to open; without it the house starts on Home. */
  project?: string
  demo?: boolean
  env?: Record<string, string>
  /** Goes on with this data directory instead of a new one. */
  data?: string
}

export function binary(name: 'TIDEMARK_BIN' | 'TIDEMARK_DESKTOP_BIN'): string {
  const path = process.env[name]
  if (!path || !existsSync(path))
    throw new Error(`${name} must name the built binary; scripts/test sets it (got ${path})`)
  return path
}

export function temporary(name: string): string {
  return mkdtempSync(join(tmpdir(), `tidemark-${name}-`))
}

/** The environment of the machine without anything that would change what is tested. */
export function cleanEnvironment(data: string, extra: Record<string, string> = {}): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(ANTHROPIC|OPENAI|OLLAMA|TIDEMARK_(?!BIN|DESKTOP)|XDG_|.*_proxy$|.*_PROXY$)/.test(name),
  )
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    HOME: data,
    // Nothing listens there: whatever runs on this machine is not part of the test.
    OLLAMA_HOST: 'http://127.0.0.1:9',
    ...extra,
  }
}

export async function startHouse(options: HouseOptions = {}): Promise<House> {
  const data = options.data ?? temporary('data')
  const ready = join(data, 'ready.json')
  rmSync(ready, { force: true })
  const args = ['serve', '--listen', '127.0.0.1:0', '--data-dir', data, '--ready-file', ready]
  if (options.project) args.push('--project', options.project)
  if (options.demo) args.push('--demo')
  const server = spawn(binary('TIDEMARK_BIN'), args, {
    env: cleanEnvironment(data, options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log = collect(server)
  const { url, token, launchUrl, pid } = await waitForJson(ready, server, log)
  return {
    url,
    token,
    launchUrl,
    pid,
    data,
    api: async (method, path, body, headers = {}) => {
      const answer = await fetch(new URL(path, url), {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
      return text ? JSON.parse(text) : undefined
    },
    stop: () => stop(server),
  }
}

/** Sends SIGTERM and waits; a server that does not end within 10 s fails the test. */
export async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  server.kill('SIGTERM')
  const late = setTimeout(() => server.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(late)
  if (server.signalCode === 'SIGKILL') throw new Error('the server did not stop within 10 s of SIGTERM')
}

export function collect(process: ChildProcess): () => string {
  let text = ''
  const add = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-20_000)
  }
  process.stdout?.on('data', add)
  process.stderr?.on('data', add)
  return () => text
}

export async function waitForJson(file: string, server: ChildProcess, log: () => string) {
  for (let waited = 0; waited < 30_000; waited += 20) {
    if (existsSync(file)) {
      const text = readFileSync(file, 'utf8')
      if (text) return JSON.parse(text)
    }
    if (server.exitCode !== null) break
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`no ${file} after 30 s; the process said:\n${log()}`)
}

/** A copy of a fixture or template folder that a test may change. */
export function copyOf(folder: string): string {
  const copy = temporary('project')
  cpSync(folder, copy, { recursive: true })
  return copy
}
