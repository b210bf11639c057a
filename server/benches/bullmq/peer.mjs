// What a job costs in BullMQ: the same measures as ../redis.rs, on the Redis of BENCH_REDIS_URL (a Unix socket) and
// BENCH_REDIS_PID. One JSON line for each. BullMQ's jobs are first in, first out: no priorities, no turns between people,
// no caps, which is the cheapest that it has.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'

const socket = process.env.BENCH_REDIS_URL.replace('unix://', '')
const redisPid = process.env.BENCH_REDIS_PID
const jobs = Number(process.env.BENCH_JOBS ?? 20_000)
const backlog = Number(process.env.BENCH_BACKLOG ?? 100_000)
const connection = { path: socket, maxRetriesPerRequest: null }
const redis = new Redis(connection)

const src = join(import.meta.dirname, '../../src')
const sources = ['queue/decide.rs', 'queue/state.rs', 'queue/writer.rs', 'workspace.rs', 'worker.rs', 'config.rs']
  .map((path) => readFileSync(join(src, path), 'utf8'))
  .join('')

/** What a job carries: real code, one of ten people's. */
function task(number, size) {
  const from = (number * 977) % (sources.length - size - 8)
  return {
    userId: `person ${number % 10}`,
    projectId: '00000000-0000-0000-0000-000000000001',
    mode: 'patch',
    model: 'demo/guide',
    priority: 5,
    prompt: sources.slice(from, from + size),
  }
}

/** User and system time of Redis so far, in microseconds, by its threads' schedulers. */
function redisMicros() {
  const threads = `/proc/${redisPid}/task`
  const nanos = readdirSync(threads).map((thread) => {
    try {
      return Number(readFileSync(`${threads}/${thread}/schedstat`, 'utf8').split(' ')[0])
    } catch {
      return 0
    }
  })
  return nanos.reduce((sum, each) => sum + each, 0) / 1_000
}

const tell = (line) => console.log(JSON.stringify(line))

async function cost(measure, count, what) {
  const [own, theirs, since] = [process.cpuUsage(), redisMicros(), performance.now()]
  await what()
  const seconds = (performance.now() - since) / 1_000
  const used = process.cpuUsage(own)
  const client_us = (used.user + used.system) / count
  const redis_us = (redisMicros() - theirs) / count
  tell({ measure, jobs: count, client_us, redis_us, total_us: client_us + redis_us, per_second: count / seconds })
}

async function withQueue(use) {
  await redis.flushall()
  const queue = new Queue('bench', {
    connection,
    defaultJobOptions: {
      attempts: 3,
      backoff: { type: 'exponential', delay: 1_000 },
      removeOnComplete: true,
      removeOnFail: true,
    },
  })
  await queue.waitUntilReady()
  await use(queue)
  await queue.close()
}

async function submits(queue, count, inFlight, size) {
  let next = 0
  const hand = async () => {
    while (next < count) await queue.add('task', task(next++, size))
  }
  await Promise.all(Array.from({ length: inFlight }, hand))
}

async function processAll(queue, running, count, measure) {
  const worker = new Worker(queue.name, async () => 'done', {
    connection,
    concurrency: running,
    autorun: false,
    removeOnComplete: { count: 0 },
  })
  await worker.waitUntilReady()
  await cost(measure, count, async () => {
    let left = count
    const ended = new Promise((resolve, reject) => {
      worker.on('completed', () => {
        left -= 1
        if (left === 0) resolve()
      })
      worker.on('error', reject)
    })
    worker.run()
    await ended
  })
  await worker.close()
}

async function dataBytes() {
  return Number(/used_memory_dataset:(\d+)/.exec(await redis.info('memory'))[1])
}

for (const size of [256, 8 << 10]) {
  for (const inFlight of [1, 64]) {
    await withQueue((queue) =>
      cost(`submit, ${inFlight} in flight, ${size} B`, jobs, () => submits(queue, jobs, inFlight, size)),
    )
  }
  for (const running of [1, 5, 50]) {
    await withQueue(async (queue) => {
      await submits(queue, jobs, 64, size)
      await processAll(queue, running, jobs, `process, ${running} at a time, ${size} B`)
    })
  }
  await withQueue(async (queue) => {
    const before = await dataBytes()
    await submits(queue, jobs, 64, size)
    tell({ measure: `bytes, ${size} B`, jobs, bytes_per_task: ((await dataBytes()) - before) / jobs })
  })
}
await withQueue(async (queue) => {
  const ids = []
  for (let at = 0; at < backlog; at += 500) {
    const some = Array.from({ length: 500 }, (_, each) => ({ name: 'task', data: task(at + each, 256) }))
    ids.push(...(await queue.addBulk(some)).map((job) => job.id))
  }
  // Fewer than ours: each one reads through the whole line.
  const count = 300
  await cost(`cancel in a backlog of ${backlog}`, count, async () => {
    for (let turn = 0; turn < count; turn++) await queue.remove(ids[turn * Math.floor(backlog / count)])
  })
})
await redis.flushall()
redis.disconnect()
