// How fast and how small: start, first screen, edit → preview, memory at rest, and what a task costs beyond its model. Each is
// measured beside something that does the least possible in the same run, and printed with the ratio. Run: scripts/bench
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from '@playwright/test'
import { startFakeLlm } from './fake-llm'
import { type House, startHouse } from './house'
import { onlyProject, openStudio, preview, previewIsLive, type Task } from './studio'

const ROUNDS = 7

test.setTimeout(600_000)

test('the studio', async ({ browser }) => {
  const start: number[] = []
  const bare: number[] = []
  const rss: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await bareServer())
    const began = performance.now()
    const house = await startHouse()
    start.push(performance.now() - began)
    await new Promise((resolve) => setTimeout(resolve, 500))
    rss.push(residentMegabytes(house.pid))
    await house.stop()
  }
  print('process start → ready', 'ms', start, ['a bare Node http server', bare])
  print('memory at rest (RSS)', 'MB', rss)

  const interactive: number[] = []
  const edits: number[] = []
  for (let round = 0; round < 3; round++) {
    const house = await startHouse({ demo: true })
    const page = await browser.newPage()
    const began = performance.now()
    await openStudio(page, house)
    await page.getByTestId('prompt').fill('x')
    interactive.push(performance.now() - began)
    await page.getByTestId('prompt').fill('')
    await previewIsLive(page)
    for (let edit = 0; edit < 4; edit++)
      edits.push(await editToPreview(house, page, `Plot ${edit} of ${round}`))
    await page.close()
    await house.stop()
  }
  print('ready → studio interactive', 'ms', interactive)
  print('edit on disk → preview changed', 'ms', edits)

  const { ours, calls } = await taskOverhead()
  print('task: read, edit, finish; zero-latency model', 'ms', ours, ['its three requests alone', calls])
})

/** From the start of a process to its first answer, for the least that can be a server. */
async function bareServer(): Promise<number> {
  const began = performance.now()
  const code =
    "const s=require('http').createServer((q,a)=>a.end());s.listen(0,'127.0.0.1',()=>process.stdout.write(String(s.address().port)))"
  const server = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise<string>((resolve) =>
    server.stdout.once('data', (data) => resolve(String(data))),
  )
  await fetch(`http://127.0.0.1:${port}/`)
  const took = performance.now() - began
  server.kill()
  return took
}

function residentMegabytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1024
}

async function editToPreview(
  house: House,
  page: Parameters<typeof preview>[0],
  heading: string,
): Promise<number> {
  const project = await onlyProject(house)
  const path = `/api/projects/${project.id}/files/src/App.tsx`
  const file = await house.api<{ content: string; hash: string }>('GET', path)
  const content = file.content.replace(/<h1>.*<\/h1>/, `<h1>${heading}</h1>`)
  const began = performance.now()
  await house.api('PUT', path, { content }, { 'if-match': `"${file.hash}"` })
  await preview(page).getByRole('heading', { name: heading, exact: true }).waitFor()
  return performance.now() - began
}

async function taskOverhead(): Promise<{ ours: number[]; calls: number[] }> {
  const turns = [
    { call: [{ name: 'read_file', input: { path: 'src/App.tsx' } }] },
    {
      call: [
        { name: 'edit_file', input: { path: 'src/App.tsx', old_text: '<h1>', new_text: '<h1 id="top">' } },
      ],
    },
    { say: 'Done.' },
  ]
  const rounds = 10
  const script = { models: ['fake-model'], turns: Array.from({ length: rounds * 2 }, () => turns).flat() }
  const fake = await startFakeLlm(script)
  const house = await startHouse({
    demo: true,
    env: { ANTHROPIC_BASE_URL: fake.url, ANTHROPIC_API_KEY: 'k' },
  })
  const project = await onlyProject(house)
  const ours: number[] = []
  const calls: number[] = []
  for (let round = 0; round < rounds; round++) {
    const beganCalls = performance.now()
    for (let call = 0; call < 3; call++) {
      const body = {
        model: 'fake-model',
        max_tokens: 10,
        stream: true,
        messages: [{ role: 'user', content: 'x' }],
      }
      const headers = {
        'content-type': 'application/json',
        'x-api-key': 'k',
        'anthropic-version': '2023-06-01',
      }
      await (
        await fetch(`${fake.url}/v1/messages`, { method: 'POST', headers, body: JSON.stringify(body) })
      ).text()
    }
    calls.push(performance.now() - beganCalls)
    const began = performance.now()
    const { taskId } = await house.api<{ taskId: string }>('POST', '/api/agent/tasks', {
      projectId: project.id,
      mode: 'patch',
      prompt: 'Give the heading an id',
      model: 'anthropic/fake-model',
    })
    let task: Task
    do task = await house.api<Task>('GET', `/api/agent/tasks/${taskId}`)
    while (task.status === 'queued' || task.status === 'processing')
    ours.push(performance.now() - began)
    if (task.status !== 'done') throw new Error(JSON.stringify(task.error))
  }
  await house.stop()
  await fake.stop()
  return { ours, calls }
}

function print(what: string, unit: string, values: number[], peer?: [string, number[]]) {
  const median = (all: number[]) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN
  const range = (all: number[]) => `${Math.min(...all).toFixed(1)}–${Math.max(...all).toFixed(1)}`
  const ours = `${what}: ${median(values).toFixed(1)} ${unit} (${range(values)}, n=${values.length})`
  const ratio = peer
    ? `; ${peer[0]}: ${median(peer[1]).toFixed(1)} ${unit}; ratio ${(median(values) / median(peer[1])).toFixed(2)}`
    : ''
  process.stdout.write(`${ours}${ratio}\n`)
}
