// Runs the ledger on Redis and BullMQ in turn on one redis-server, and prints each measure's medians with their ratio.
// Usage: node compare.mjs PATH-OF-OUR-BENCH. BENCH_ROUNDS rounds (3), BENCH_JOBS jobs a measure.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'

const [ours] = process.argv.slice(2)
const rounds = Number(process.env.BENCH_ROUNDS ?? 3)

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

async function startRedis() {
  const dir = mkdtempSync(join(tmpdir(), 'bench-redis-'))
  const port = await freePort()
  const args = ['--port', port, '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'yes']
  args.push('--appendfsync', 'everysec', '--auto-aof-rewrite-percentage', '0', '--maxmemory-policy', 'noeviction')
  const child = spawn('redis-server', args.map(String), { stdio: 'ignore' })
  child.once('error', (why) => {
    console.error(`redis-server does not start: ${why.message}`)
    process.exit(1)
  })
  const redis = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 50, maxRetriesPerRequest: null })
  redis.on('error', () => {})
  await redis.ping()
  redis.disconnect()
  const stop = async () => {
    child.kill('SIGTERM')
    await once(child, 'exit')
    rmSync(dir, { recursive: true, force: true })
  }
  return { port, pid: child.pid, stop }
}

async function run(command, args, redis) {
  const env = {
    ...process.env,
    BENCH_REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    BENCH_REDIS_PORT: redis.port,
    BENCH_REDIS_PID: redis.pid,
  }
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = []
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{')) lines.push(JSON.parse(line))
  }
  if (child.exitCode === null) await once(child, 'exit')
  if (child.exitCode !== 0) throw new Error(`${command} ended with ${child.exitCode}`)
  return lines
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

const measures = new Map()
const peer = new URL('peer.mjs', import.meta.url).pathname
const redis = await startRedis()
try {
  for (let round = 0; round < rounds; round += 1) {
    for (const [who, command, args] of [
      ['ours', ours, ['--bench']],
      ['bullmq', process.execPath, [peer]],
    ]) {
      for (const line of await run(command, args, redis)) {
        const measure = measures.get(line.measure) ?? { ours: [], bullmq: [] }
        measure[who].push(line.total_us ?? line.bytes_per_task)
        measures.set(line.measure, measure)
      }
    }
  }
} finally {
  await redis.stop()
}
console.log(`CPU of client and Redis in µs a job (bytes for "bytes"), medians of ${rounds} rounds in turn`)
console.log(`${'measure'.padEnd(36)} ${'ours'.padStart(9)} ${'BullMQ'.padStart(9)}  ratio`)
for (const [name, { ours: mine, bullmq }] of measures) {
  if (mine.length === 0 || bullmq.length === 0) continue
  const [a, b] = [median(mine), median(bullmq)]
  const ratio = name.startsWith('bytes') ? `${(a / b).toFixed(2)}×` : `1/${(b / a).toFixed(1)}`
  console.log(`${name.padEnd(36)} ${a.toFixed(1).padStart(9)} ${b.toFixed(1).padStart(9)}  ${ratio}`)
}
