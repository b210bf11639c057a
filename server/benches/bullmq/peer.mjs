// BullMQ doing what benches/redis.rs does, on the Redis of BENCH_REDIS_PORT: one JSON line for each measure, CPU time of
// this process and of the Redis of BENCH_REDIS_PID from the operating system's accounts.
import { readdirSync, readFileSync } from 'node:fs'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'

const port = Number(process.env.BENCH_REDIS_PORT)
const redisPid = Number(process.env.BENCH_REDIS_PID)
const jobs = Number(process.env.BENCH_JOBS ?? 20_000)
const backlog = Number(process.env.BENCH_BACKLOG ?? 100_000)
const only = process.env.BENCH_ONLY?.split(',').map((one) => one.trim())
const connection = { host: '127.0.0.1', port }
const redis = new Redis(connection)

const sources = ['decide', 'state', 'writer'].map((name) =>
  readFileSync(new URL(`../../src/queue/${name}.rs`, import.meta.url), 'utf8'),
)
const text = sources.join('')

/** A task as a Node server would queue it: real code of this size, one of ten people's. */
function body(number, size) {
  const from = (number * 977) % (text.length - size)
  return {
    userId: `person ${number % 10}`,
    projectId: '00000000-0000-0000-0000-000000000001',
    mode: 'patch',
    model: 'demo/guide',
    prompt: text.slice(from, from + size),
  }
}

/** User and system time of a process so far, in microseconds. */
function cpu(pid) {
  let nanos = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      nanos += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
    } catch {
      // The thread has ended.
    }
  }
  return nanos / 1_000
}

function tell(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

async function cost(measure, count, what) {
  const before = [cpu(process.pid), cpu(redisPid), performance.now()]
  await what()
  const seconds = (performance.now() - before[2]) / 1_000
  const client = (cpu(process.pid) - before[0]) / count
  const server = (cpu(redisPid) - before[1]) / count
  tell({
    measure,
    jobs: count,
    client_us: client,
    redis_us: server,
    total_us: client + server,
    per_second: count / seconds,
  })
}

async function inFlight(count, hands, act) {
  let next = 0
  const hand = async () => {
    while (next < count) await act(next++)
  }
  await Promise.all(Array.from({ length: hands }, hand))
}

let queue
async function fresh() {
  await queue?.close()
  await redis.flushall()
  const defaultJobOptions = { removeOnComplete: true, removeOnFail: true }
  queue = new Queue('tasks', { connection, defaultJobOptions })
  await queue.waitUntilReady()
}

async function fill(count, size) {
  for (let from = 0; from < count; from += 500) {
    const some = Array.from({ length: Math.min(500, count - from) }, (_, i) => from + i)
    await queue.addBulk(some.map((number) => ({ name: 't', data: body(number, size) })))
  }
}

async function dataset() {
  return Number(/used_memory_dataset:(\d+)/.exec(await redis.info('memory'))[1])
}

async function process_(running, count) {
  let left = count
  const worker = new Worker('tasks', async () => 'done', {
    connection,
    concurrency: running,
    autorun: false,
    removeOnComplete: { count: 0 },
  })
  const ended = new Promise((resolve) => {
    worker.on('completed', () => {
      left -= 1
      if (left === 0) resolve()
    })
  })
  worker.on('error', () => {})
  await worker.waitUntilReady()
  return { worker, run: () => (worker.run(), ended) }
}

const wanted = (name) => !only || only.some((one) => name.includes(one))

for (const size of [256, 8_192]) {
  for (const hands of [1, 64]) {
    const name = `submit, ${hands} in flight, ${size} B`
    if (!wanted(name)) continue
    await fresh()
    await cost(name, jobs, () => inFlight(jobs, hands, (number) => queue.add('t', body(number, size))))
  }
  for (const running of [1, 5, 50]) {
    const name = `process, ${running} at a time, ${size} B`
    if (!wanted(name)) continue
    await fresh()
    await fill(jobs, size)
    const { worker, run } = await process_(running, jobs)
    await cost(name, jobs, run)
    await worker.close()
  }
  const name = `bytes, ${size} B`
  if (wanted(name)) {
    await fresh()
    const before = await dataset()
    await fill(jobs, size)
    tell({ measure: name, jobs, bytes_per_task: ((await dataset()) - before) / jobs })
  }
}
const name = `cancel in a backlog of ${backlog}`
if (wanted(name)) {
  await fresh()
  const ids = []
  for (let from = 0; from < backlog; from += 500) {
    const some = Array.from({ length: 500 }, (_, i) => ({ name: 't', data: body(from + i, 256) }))
    ids.push(...(await queue.addBulk(some)).map((job) => job.id))
  }
  const count = 500
  await cost(name, count, async () => {
    for (let turn = 0; turn < count; turn += 1) await queue.remove(ids[turn * Math.floor(backlog / count)])
  })
}
await queue?.close()
redis.disconnect()
