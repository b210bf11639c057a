// Our ledger in Redis beside BullMQ, on the same redis-server, in turns: `scripts/bench queue`. CPU time a job, client and
// Redis together, is what counts: it holds on a busy machine. Settings: BENCH_ROUNDS, BENCH_JOBS, BENCH_BACKLOG.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'

const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
const home = mkdtempSync(join(tmpdir(), 'bench-queue-'))
const socket = join(home, 'redis.sock')
const server = spawn(
  'redis-server',
  ['--port', '0', '--unixsocket', socket, '--dir', home, '--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec'],
  { stdio: 'ignore' },
)
const ended = new Promise((_, reject) => server.once('exit', () => reject(new Error('redis-server ended'))))
ended.catch(() => {})

/** Runs one side and gives its lines. */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, BENCH_REDIS_URL: `unix://${socket}`, BENCH_REDIS_PID: String(server.pid) }
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.on('data', (data) => {
      text += data
    })
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code !== 0) return reject(new Error(`${command} ${args.join(' ')} ended with ${code}`))
      resolve(text.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)))
    })
  })
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]
const figure = (line) => line.bytes_per_task ?? line.total_us

try {
  const redis = new Redis({ path: socket, retryStrategy: () => 50 })
  redis.on('error', () => {})
  await Promise.race([redis.ping(), ended])
  redis.disconnect()
  const seen = new Map()
  for (let round = 0; round < rounds; round++) {
    for (const [side, command, args] of [
      ['ours', 'cargo', ['bench', '--quiet', '-p', 'tidemark-server', '--bench', 'redis']],
      ['bullmq', process.execPath, [join(import.meta.dirname, 'peer.mjs')]],
    ]) {
      for (const line of await run(command, args)) {
        const of = seen.get(line.measure) ?? { ours: [], bullmq: [] }
        of[side].push(figure(line))
        seen.set(line.measure, of)
      }
    }
    console.error(`round ${round + 1} of ${rounds} done`)
  }
  console.log(`\n${'µs of CPU a job, or bytes a task: median'.padEnd(42)}${'ours'.padStart(10)}${'BullMQ'.padStart(10)}   ratio (least to most of a round)`)
  for (const [measure, { ours, bullmq }] of seen) {
    const ratios = ours.map((each, round) => each / bullmq[round]).sort((a, b) => a - b)
    const of = (ratio) => `1/${(1 / ratio).toFixed(1)}`
    const [least, most] = [of(ratios[0]), of(ratios.at(-1))]
    const row = [median(ours).toFixed(1).padStart(10), median(bullmq).toFixed(1).padStart(10)].join('')
    console.log(`${measure.padEnd(42)}${row}   ${of(median(ratios))} (${least} to ${most})`)
  }
} finally {
  server.kill()
  rmSync(home, { recursive: true, force: true })
}
