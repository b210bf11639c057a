// The wire-faithful model server, as a process of its own, driven by a script (server/fake-llm).
import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { binary, collect, stop, temporary, waitForJson } from './house'

export type FakeLlm = { url: string; requests: () => Promise<unknown[]>; stop: () => Promise<void> }

export async function startFakeLlm(script: object): Promise<FakeLlm> {
  const folder = temporary('fake-llm')
  const [scriptFile, ready] = [join(folder, 'script.json'), join(folder, 'ready.json')]
  writeFileSync(scriptFile, JSON.stringify(script))
  const path = join(dirname(binary('TIDEMARK_BIN')), 'tidemark-fake-llm')
  if (!existsSync(path)) throw new Error(`${path} is not built; scripts/test builds it`)
  const server = spawn(path, ['--listen', '127.0.0.1:0', '--script', scriptFile, '--ready-file', ready], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { url } = await waitForJson(ready, server, collect(server))
  return {
    url,
    requests: async () => (await (await fetch(`${url}/__requests`)).json()) as unknown[],
    stop: () => stop(server),
  }
}
