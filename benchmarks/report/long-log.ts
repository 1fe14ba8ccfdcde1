/**
 * A log of any length, the same for the same seed: a cluster of four processes that are restarted now
 * and then, 40 routes of which two leak, and between memprof's lines as many of other programs: the
 * app's own by pino, and lines of text.
 *
 * An interval of one process, some 83 lines:
 *
 *   route x 40     process     [leak]     app's JSON x 25     text x 17
 */
import { routeMsg } from '../../lib/emit/lines'
import type { LeakLine, Line, ProcessLine, RouteLine } from '../../lib/schema/lines'
import { createRandom, type Random } from '../leaks/random'

const PROCESSES = 4
const ROUTES = 40
const LEAKING_ROUTES = 2
const INTERVAL_MS = 10_000
/** Intervals between two `leak` lines of a process, and two restarts of it. */
const LEAK_EVERY = 60
const RESTART_EVERY = 4000
const APP_LINES = 25
const TEXT_LINES = 17
/** Readings until a route has a verdict, in intervals. */
const VERDICT_AFTER = 30
const STARTED = Date.UTC(2026, 0, 5, 8)
const MB = 1e6

export interface LongLog {
  readonly lines: number
  /** memprof's own among them. */
  readonly memprof: number
}

interface Worker {
  readonly pid: number
  readonly started: number
  readonly totals: number[]
  liveHeapBytes: number
}

/** What the lines are about: also which of them memprof writes. */
export type LineKind = 'mixed' | 'memprof' | 'other'

/**
 * @param lines - how many
 * @param write - called with some hundred lines at a time; awaited
 */
export async function writeLongLog(
  lines: number,
  seed: number,
  write: (text: string) => Promise<void>,
  kind: LineKind = 'mixed',
): Promise<LongLog> {
  const random = createRandom(seed)
  const workers = Array.from({ length: PROCESSES }, (_, at) => start(at, 0))
  let written = 0
  let memprof = 0
  for (let interval = 0; written < lines; interval++) {
    for (const [at, worker] of workers.entries()) {
      const age = interval - worker.started
      if (age > 0 && (interval + at * 97) % RESTART_EVERY === 0) workers[at] = start(at, interval)
      const own = kind === 'other' ? [] : intervalLines(random, worker, interval)
      const others = kind === 'memprof' ? [] : otherLines(random, interval)
      const all = [...others, ...own].slice(0, lines - written)
      written += all.length
      memprof += Math.max(0, all.length - others.length)
      await write(all.join(''))
    }
  }
  return { lines: written, memprof }
}

function start(at: number, interval: number): Worker {
  return {
    pid: 4000 + at + interval,
    started: interval,
    totals: Array.from({ length: ROUTES }, () => 0),
    liveHeapBytes: 40 * MB,
  }
}

function intervalLines(random: Random, worker: Worker, interval: number): string[] {
  const age = interval - worker.started
  const found: string[] = []
  const say = (line: Line, msg: string, level = 30): void => {
    const time = STARTED + interval * INTERVAL_MS + random.integer(INTERVAL_MS)
    found.push(`${JSON.stringify({ level, time, ...envelope(worker), ...line, msg })}\n`)
  }
  for (let route = 0; route < ROUTES; route++) {
    const line = routeLine(random, worker, route, age)
    say(line, routeMsg(line))
  }
  const line = processLine(random, worker)
  say(line, `rss ${Math.round(line.rssBytes / MB)} MB`)
  if (age > VERDICT_AFTER && age % LEAK_EVERY === 0) {
    say(leakLine(worker, age), `GET /route/${0} keeps memory`, 40)
  }
  return found
}

function envelope({ pid, started }: Worker): Record<string, unknown> {
  return {
    pid,
    hostname: 'shop-7d9f5c6b8-x2v4q',
    name: 'memprof',
    v: 1,
    service: 'shop',
    version: '3.2.1',
    instance: `mws${started.toString(36)}-${pid.toString(36)}-6ljy`,
  }
}

function patternOf(route: number): string {
  return `/api/v1/resource-${route}/:id`
}

function routeLine(random: Random, worker: Worker, route: number, age: number): RouteLine {
  const requests = 1 + random.integer(400)
  worker.totals[route]! += requests
  const ms = (1 + route) * (0.5 + random.uniform())
  const round = (value: number): number => Math.round(value * 1000) / 1000
  const leaks = route < LEAKING_ROUTES
  const line: RouteLine = {
    event: 'route',
    method: route % 4 === 0 ? 'POST' : 'GET',
    route: patternOf(route),
    requests,
    errors: random.integer(20) === 0 ? 1 : 0,
    aborted: 0,
    inFlight: random.integer(3),
    durationMs: {
      mean: round(ms * 1.2),
      p50: round(ms),
      p90: round(ms * 2),
      p99: round(ms * 6),
      max: round(ms * (7 + random.integer(20))),
    },
    heapDeltaBytes:
      random.integer(3) === 0
        ? { clean: 0 }
        : { clean: 1 + random.integer(20), mean: 20_000, p50: 18_000, max: 240_000 },
    rssDeltaBytes: { clean: 0 },
    slowestLayer: { name: 'loadRows', meanMs: round(ms) },
    requestsTotal: worker.totals[route]!,
    errorsTotal: 0,
    abortedTotal: 0,
  }
  if (leaks) worker.liveHeapBytes += requests * 900
  if (age <= VERDICT_AFTER) return line
  if (!leaks) return { ...line, verdict: 'steady', floorBytesPerRequest: 40, keptRequestsShare: 0 }
  const kept = 900 + random.integer(200)
  return {
    ...line,
    verdict: 'leaking',
    retainedBytesPerRequest: kept,
    ci95: [kept - 150, kept + 150],
    floorBytesPerRequest: 30,
    keptRequestsShare: 0,
  }
}

function processLine(random: Random, worker: Worker): ProcessLine {
  return {
    event: 'process',
    rssBytes: worker.liveHeapBytes + 60 * MB + random.integer(MB),
    vsizeBytes: 1200 * MB,
    heapUsedBytes: worker.liveHeapBytes + random.integer(9 * MB),
    heapTotalBytes: worker.liveHeapBytes + 20 * MB,
    heapLimitBytes: 4345 * MB,
    externalBytes: 3 * MB,
    arrayBuffersBytes: MB,
    liveHeapBytes: worker.liveHeapBytes,
    gc: { minor: random.integer(60), major: random.integer(3), pauseMs: 20 * random.uniform() },
    eventLoop: { utilization: 0.3, delayP99Ms: 21.2 },
    requests: 8000,
    inFlight: 12,
    dropped: 0,
    self: { cpuMs: 8.1, pauseMs: 12.2, heapBytes: 300_000 },
    secondsToLimit: 40_000,
  }
}

function leakLine(worker: Worker, age: number): LeakLine {
  return {
    event: 'leak',
    scope: 'route',
    kind: 'heap',
    method: 'POST',
    route: patternOf(0),
    bytesPerRequest: 1000,
    ci95: [850, 1150],
    floorBytesPerRequest: 30,
    requests: worker.totals[0]!,
    retainedBytes: 1000 * worker.totals[0]!,
    keptRequestsShare: 0,
    attribution: 'direct',
    directShare: 0.9,
    sites: Array.from({ length: 3 }, (_, at) => ({
      function: `remember${at}`,
      file: 'services/cache.js',
      line: 10 + at,
      column: 3,
      bytes: 700 * age,
      share: 0.3,
      stack: ['handle (routes/resource.js:14)', 'next (node_modules/router/index.js:120)'],
    })),
    holders: [{ path: 'cache.entries', kind: 'Map', size: 90 * age, growthPerRequest: 1 }],
    secondsToLimit: 40_000,
  }
}

function otherLines(random: Random, interval: number): string[] {
  const found: string[] = []
  for (let at = 0; at < APP_LINES; at++) {
    found.push(
      `{"level":30,"time":${STARTED + interval * INTERVAL_MS + at},"pid":4001,"hostname":"shop-7d9f5c6b8-x2v4q","req":{"id":${random.integer(1e9)},"method":"GET","url":"/api/v1/resource-${random.integer(ROUTES)}/${random.integer(1e6)}","remoteAddress":"10.0.${random.integer(256)}.7"},"res":{"statusCode":200},"responseTime":${random.integer(300)},"msg":"request completed"}\n`,
    )
  }
  for (let at = 0; at < TEXT_LINES; at++) {
    found.push(`[worker ${random.integer(16)}] job ${random.integer(1e9)} done, took a while\n`)
  }
  return found
}
