// The real desktop app in a real window (Xvfb), driven by WebKitGTK's own WebDriver: starts, shows the project, accepts a
// change. No browser of Playwright's is used.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { binary, cleanEnvironment, collect, stop, temporary } from './house'

type Session = { call: <T>(method: string, path: string, body?: object) => Promise<T> }

let driver: ChildProcess | undefined
let session: Session | undefined

test.afterEach(async () => {
  await session?.call('DELETE', '')
  if (driver) await stop(driver)
})

test('the window opens, shows the sample, and accepts a change', async () => {
  const data = temporary('desktop')
  session = await open(data, ['--demo'])
  await seen('[data-testid=studio]')
  await seen('[data-testid=preview-pane][data-stage=live]', 120_000)
  shoot('desktop-open')

  await type('[data-testid=prompt]', 'Change the heading to “Garden diary”')
  await click('[data-testid=send]')
  await seen('[data-testid=changes-card]', 60_000)
  await click('[data-testid=open-review]')
  await click('[data-testid=review-file][data-path="src/App.tsx"] [data-testid=keep-hunk]')
  const file = join(data, 'Tidemark', 'Plot 14', 'src', 'App.tsx')
  await expect.poll(() => (existsSync(file) ? readFileSync(file, 'utf8') : '')).toContain('Garden diary')
  shoot('desktop-kept')
})

/** A free loopback port; nothing else on this machine is asked for one in between. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

async function open(data: string, args: string[]): Promise<Session> {
  const port = await freePort()
  driver = spawn('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], {
    // Without these two the app starts, but never lets the driver in.
    env: {
      ...cleanEnvironment(data, { TAURI_AUTOMATION: 'true', TAURI_WEBVIEW_AUTOMATION: 'true' }),
      DISPLAY: display(),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log = collect(driver)
  const url = `http://127.0.0.1:${port}/session`
  const app = { binary: binary('TIDEMARK_DESKTOP_BIN'), args: ['--data-dir', data, ...args] }
  const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': app } }
  for (let tries = 0; ; tries++) {
    try {
      const made = await webdriver<{ sessionId: string }>('POST', url, { capabilities })
      return { call: (method, path, body) => webdriver(method, `${url}/${made.sessionId}${path}`, body) }
    } catch (error) {
      if (tries >= 50) throw new Error(`no session: ${error}\n${log()}`)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

function display(): string {
  const name = process.env['DISPLAY']
  if (!name) throw new Error('the desktop test needs a display; scripts/test desktop gives it one')
  return name
}

async function webdriver<T>(method: string, url: string, body?: object): Promise<T> {
  const answer = await fetch(url, {
    method,
    ...(method === 'POST'
      ? { body: JSON.stringify(body ?? {}), headers: { 'content-type': 'application/json' } }
      : {}),
  })
  const { value } = (await answer.json()) as { value: T & { error?: string; message?: string } }
  if (!answer.ok) throw new Error(`${value.error}: ${value.message}`)
  return value
}

/** Runs a script in the page; it may be asked before the page is there. */
async function inPage<T>(script: string, ...args: unknown[]): Promise<T | undefined> {
  return session?.call<T>('POST', '/execute/sync', { script, args }).catch(() => undefined)
}

async function seen(selector: string, timeout = 60_000): Promise<void> {
  await expect
    .poll(() => inPage<boolean>('return document.querySelector(arguments[0]) !== null', selector), {
      timeout,
    })
    .toBe(true)
}

async function click(selector: string): Promise<void> {
  await seen(selector)
  await inPage('document.querySelector(arguments[0]).click()', selector)
}

async function type(selector: string, text: string): Promise<void> {
  await seen(selector)
  const element = await session?.call<Record<string, string>>('POST', '/element', {
    using: 'css selector',
    value: selector,
  })
  const id = Object.values(element ?? {})[0]
  await session?.call('POST', `/element/${id}/value`, { text })
}

/** A picture of the whole screen: the window as a person sees it. */
function shoot(name: string): void {
  execFileSync('import', ['-window', 'root', join('test-results', `${name}.png`)])
}
