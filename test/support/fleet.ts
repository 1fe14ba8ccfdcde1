/**
 * The logs of a fleet that never was: places for processes on hosts, a week of deploys, restarts and
 * days and nights, and one leak that came with a version. The same lines for the same seed, each as
 * lib/schema/lines.ts has it.
 *
 * What is drawn, and so known: the leaks of LEAKS, which differ from host to host by HOST_SPREAD, since
 * each has its own share of the traffic. What an instance knows of them grows as docs/method.md says:
 * samples make the interval, the floor falls with the requests, and some verdicts are wrong.
 */
import { leakMsg } from '../../lib/emit/leak-lines'
import { routeMsg } from '../../lib/emit/lines'
import { countOf, formatBytes, formatSeconds } from '../../lib/emit/amounts'
import type {
  Interval,
  LeakLine,
  Line,
  LineBase,
  ProcessLine,
  RetentionFields,
  RouteLine,
} from '../../lib/schema/lines'
import { THRESHOLDS } from '../../lib/verdict/thresholds'
import { createRandom, poisson, type Random } from './random'

export interface FleetOptions {
  readonly seed: number
  /** Places for a process; each restart and deploy puts a new instance there. */
  readonly processes: number
  readonly days: number
  /** MEMPROF_INTERVAL. */
  readonly intervalMs: number
  readonly routes: number
}

export type FleetLine = Line & LineBase

/** Monday, 2 March 2026, 00:00 UTC. */
export const BEGIN_MS: number = Date.UTC(2026, 2, 2)
export const SERVICE = 'shop'
/** When each version was deployed, as a share of the time observed. */
export const DEPLOYS: ReadonlyArray<{ readonly version: string; readonly at: number }> = [
  { version: '1.4.0', at: 0 },
  { version: '1.4.1', at: 0.25 },
  { version: '1.4.2', at: 0.5 },
  { version: '1.4.3', at: 0.85 },
]

export interface PlantedLeak {
  readonly method: string
  readonly route: string
  readonly since: string
  /** On the mean host. */
  readonly bytesPerRequest: number
}
/** The second keeps far more per request and, being asked so rarely, far less per hour. */
export const LEAKS: readonly PlantedLeak[] = [
  { method: 'GET', route: '/search', since: '1.4.2', bytesPerRequest: 1500 },
  { method: 'POST', route: '/reports', since: '1.4.0', bytesPerRequest: 18_000 },
]
/** Standard deviation of a leak from host to host, relative. */
export const HOST_SPREAD = 0.12

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const PER_HOST = 4
/** A rolling deploy takes this long; a crash or a scale-down comes to each process once in so long. */
const DEPLOY_MS = 40 * 60_000
const RESTART_MS = 5 * DAY_MS
const LEAK_INTERVAL_MS = 30_000
const SAMPLING_BYTES = 131_072
const HEAP_LIMIT_BYTES = 1_124_073_472
const LIVE_BYTES = 61_000_000
/** What memprof keeps, and what grew in the warm-up. */
const OWN_BYTES = 3_322_344
const STOPPED_BYTES = 4_100_000
/** V8 ends a process well before its limit. */
const CEILING_SHARE = 0.8
const { minReadings, minRequests } = THRESHOLDS.leak
const MIN_SAMPLES = 7
/** Of a leak's interval: what the model leaves out, and readings that depend on each other. */
const MODEL_SD = 0.04
const NOISE_FACTOR = 2
/** Wrong verdicts, per instance and route; gone once so many requests have come. */
const WRONG_SHARE = 0.002
const WRONG_REQUESTS = 4000
/** The route with a cache: plateaued once it is full. */
const CACHE_ROUTE = '/products/:id'
const CACHE_REQUESTS = 20_000

/** Requests per second of a process on the mean host at the mean hour. */
const ROUTES: ReadonlyArray<readonly [method: string, route: string, perSecond: number]> = [
  ['GET', '/', 3],
  ['GET', '/search', 2.5],
  ['GET', '/products/:id', 2.2],
  ['GET', '/products', 1],
  ['GET', '/products/:id/reviews', 0.6],
  ['GET', '/carts/:cart', 0.5],
  ['POST', '/carts/:cart/items', 0.3],
  ['GET', '/health', 0.2],
  ['GET', '/orders/:order', 0.1],
  ['POST', '/carts/:cart/checkout', 0.05],
  ['POST', '/reports', 0.01],
  ['GET', '(unmatched)', 0.02],
]

/** The first `count` routes; past the twelve above, rare ones. */
function routesOf(count: number): ReadonlyArray<readonly [string, string, number]> {
  const more = Array.from({ length: Math.max(0, count - ROUTES.length) }, (_, at) => {
    return ['GET', `/admin/tables/${at + 1}/:id`, 0.05] as const
  })
  return [...ROUTES, ...more].slice(0, count)
}

/** One process from its start to its end. */
interface Run {
  readonly version: string
  readonly fromMs: number
  readonly toMs: number
  /** Of its `stop` line; null: killed, without one. */
  readonly reason: string | null
}

/** All lines of one place, in the order of time. */
export function* linesOfPlace(options: FleetOptions, place: number): Generator<FleetLine> {
  const { seed, days } = options
  const random = createRandom(seed * 1_000_003 + place)
  const host = Math.floor(place / PER_HOST)
  const ofHost = createRandom(seed * 7919 + host + 1)
  const traffic = 0.7 + 0.6 * ofHost.uniform()
  const spread = LEAKS.map(() => 1 + HOST_SPREAD * ofHost.normal())
  const hostname = `web-${String(host + 1).padStart(2, '0')}`
  const endMs = BEGIN_MS + days * DAY_MS
  for (let fromMs = BEGIN_MS + random.uniform() * 60_000; fromMs < endMs; ) {
    const run = drawRun(options, place, fromMs, random)
    const ended = yield* linesOfRun(options, run, { hostname, traffic, spread }, random)
    fromMs = ended + 2000 + 4000 * random.uniform()
  }
}

/** Until the next deploy reaches this place, or something ends it before. */
function drawRun(options: FleetOptions, place: number, fromMs: number, random: Random): Run {
  const spanMs = options.days * DAY_MS
  const reached = DEPLOYS.map(({ version, at }) => {
    const delay = at === 0 ? 0 : Math.min(DEPLOY_MS, spanMs / 50) * ((place % 61) / 61)
    return { version, atMs: BEGIN_MS + at * spanMs + delay }
  })
  const current = reached.findLast(({ atMs }) => atMs <= fromMs) ?? reached[0]!
  const next = reached.find(({ atMs }) => atMs > fromMs)?.atMs ?? Number.POSITIVE_INFINITY
  const endMs = BEGIN_MS + spanMs
  const restartMs = fromMs - Math.log(1 - random.uniform()) * RESTART_MS
  const killed = random.uniform() < 0.5
  const { version } = current
  if (restartMs < Math.min(next, endMs)) {
    return { version, fromMs, toMs: restartMs, reason: killed ? null : 'SIGTERM' }
  }
  return { version, fromMs, toMs: Math.min(next, endMs), reason: next < endMs ? 'SIGTERM' : null }
}

interface Host {
  readonly hostname: string
  readonly traffic: number
  /** Factor of each leak. */
  readonly spread: readonly number[]
}

interface RouteState {
  readonly method: string
  readonly route: string
  readonly perSecond: number
  readonly msMean: number
  /** True bytes per request; 0: keeps nothing. */
  readonly leakBytes: number
  /** How far this instance's estimate is off, in its standard deviations. */
  readonly off: number
  readonly wrong: boolean
  requestsTotal: number
  errorsTotal: number
  abortedTotal: number
  announced: boolean
}

/** @returns when it ended: before its time where the heap ran full */
function* linesOfRun(
  { intervalMs, routes: count }: FleetOptions,
  run: Run,
  { hostname, traffic, spread }: Host,
  random: Random,
): Generator<FleetLine, number> {
  const pid = 100 + random.integer(32_000)
  const suffix = random
    .integer(36 ** 4)
    .toString(36)
    .padStart(4, '0')
  const instance = `${Math.round(run.fromMs).toString(36)}-${pid.toString(36)}-${suffix}`
  const line = (time: number, level: 30 | 40, fields: Line, msg: string): FleetLine =>
    ({
      level,
      time: Math.round(time),
      pid,
      hostname,
      name: 'memprof',
      v: 1,
      service: SERVICE,
      version: run.version,
      instance,
      ...fields,
      msg,
    }) as FleetLine
  yield line(run.fromMs, 30, START, 'memprof 0.1.0 records; hooked: router 2.3.0, express 5.3.0')
  const states = routesOf(count).map(([method, route, perSecond]): RouteState => {
    const at = LEAKS.findIndex((leak) => leak.method === method && leak.route === route)
    const leak = at >= 0 && LEAKS[at]!.since <= run.version ? LEAKS[at] : undefined
    return {
      method,
      route,
      perSecond: perSecond * traffic,
      msMean: 2 + 20 * random.uniform(),
      leakBytes: leak ? leak.bytesPerRequest * Math.max(0.3, spread[at]!) : 0,
      off: random.normal(),
      wrong: random.uniform() < WRONG_SHARE,
      requestsTotal: 0,
      errorsTotal: 0,
      abortedTotal: 0,
      announced: false,
    }
  })
  let leakedBytes = 0
  let fromMs = run.fromMs
  while (fromMs < run.toMs) {
    const toMs = Math.min(fromMs + intervalMs, run.toMs)
    // A killed process does not come to its last interval.
    if (toMs === run.toMs && run.reason === null) return run.toMs
    const seconds = (toMs - fromMs) / 1000
    const day = 1 + 0.6 * Math.sin((2 * Math.PI * (fromMs - BEGIN_MS - 9 * HOUR_MS)) / DAY_MS)
    let requests = 0
    let knownRate = 0
    let toldBytes = 0
    for (const state of states) {
      const came = poisson(random.uniform, state.perSecond * day * seconds)
      if (came === 0) continue
      requests += came
      leakedBytes += came * state.leakBytes
      const retention = retentionOf(state, came, toMs - run.fromMs)
      const fields = routeLine(state, came, retention, random)
      yield line(toMs, 30, fields, routeMsg(fields))
      if (retention.verdict !== 'leaking') continue
      const keptBytes = retention.retainedBytesPerRequest! * state.requestsTotal
      toldBytes += keptBytes
      knownRate += (keptBytes * 1000) / (toMs - run.fromMs)
    }
    const liveHeapBytes = Math.round(LIVE_BYTES + leakedBytes)
    const leftBytes = CEILING_SHARE * HEAP_LIMIT_BYTES - liveHeapBytes
    if (leftBytes < 0) return toMs
    const secondsToLimit = knownRate > 0 ? Math.round(leftBytes / knownRate) : undefined
    const heapUsedBytes = Math.round(liveHeapBytes + 4e6 + 30e6 * random.uniform())
    const rssBytes = Math.round((heapUsedBytes * 1.2 + 48e6) / 4096) * 4096
    yield line(
      toMs,
      30,
      {
        event: 'process',
        rssBytes,
        vsizeBytes: rssBytes + 1_004_535_808,
        heapUsedBytes,
        heapTotalBytes: Math.round(heapUsedBytes * 1.15),
        heapLimitBytes: HEAP_LIMIT_BYTES,
        externalBytes: 4_103_520,
        arrayBuffersBytes: 1_848_043,
        liveHeapBytes,
        gc: {
          minor: Math.round(requests / 12),
          major: Math.round(seconds / 30),
          pauseMs: round3(requests * 0.05 + seconds),
        },
        eventLoop: {
          utilization: round3(Math.min(0.95, (requests / seconds) * 0.004)),
          delayP99Ms: round3(20 + 3 * random.uniform()),
        },
        requests,
        inFlight: random.integer(4),
        dropped: 0,
        self: {
          cpuMs: round3(requests * 0.02),
          pauseMs: round3((seconds / 30) * (liveHeapBytes / 1e6)),
          heapBytes: OWN_BYTES,
        },
        ...(secondsToLimit === undefined ? {} : { secondsToLimit }),
        ...booksOf(leakedBytes, toldBytes, toMs - run.fromMs),
      },
      [
        `rss ${formatBytes(rssBytes)}`,
        `heap ${formatBytes(heapUsedBytes)} of at most ${formatBytes(HEAP_LIMIT_BYTES)}`,
        countOf(requests, 'request'),
      ].join(', '),
    )
    for (const state of states) {
      const known = estimateOf(state, toMs - run.fromMs)
      if (!known || state.announced) continue
      state.announced = true
      const fields = leakLine(state, known, secondsToLimit)
      yield line(toMs + 1, 40, fields, leakMsg(fields))
    }
    fromMs = toMs
  }
  const uptimeSeconds = Math.round((run.toMs - run.fromMs) / 1000)
  const total = states.reduce((sum, { requestsTotal }) => sum + requestsTotal, 0)
  yield line(
    run.toMs + 2,
    30,
    {
      event: 'stop',
      reason: run.reason ?? 'exit',
      uptimeSeconds,
      requests: total,
      inFlight: 0,
      dropped: 0,
      self: { cpuMs: round3(total * 0.02), pauseMs: uptimeSeconds, heapBytes: OWN_BYTES },
      verdicts: states
        .filter(({ requestsTotal }) => requestsTotal > 0)
        .map((state) => ({
          method: state.method,
          route: state.route,
          requestsTotal: state.requestsTotal,
          errorsTotal: state.errorsTotal,
          abortedTotal: state.abortedTotal,
          ...retentionOf(state, 0, run.toMs - run.fromMs),
        })),
    },
    `stopped (${run.reason}) after ${formatSeconds(uptimeSeconds)}, ${countOf(total, 'request')}`,
  )
  return run.toMs
}

const START: Line = {
  event: 'start',
  listen: { protocol: 'http', host: '0.0.0.0', port: 3000 },
  versions: { memprof: '0.1.0', node: '24.21.0' },
  config: { enabled: true, level: 'info', leakIntervalMs: LEAK_INTERVAL_MS },
  hooked: [
    { name: 'router', version: '2.3.0' },
    { name: 'express', version: '5.3.0' },
  ],
  notHooked: [],
}

interface Known {
  readonly bytesPerRequest: number
  readonly ci95: readonly [number, number]
}

/** What the instance knows of a leak by now; null before its samples suffice. */
function estimateOf(
  { leakBytes, off, wrong, requestsTotal }: RouteState,
  ageMs: number,
): Known | null {
  if (ageMs < minReadings * LEAK_INTERVAL_MS || requestsTotal < minRequests) return null
  // A wrong verdict is one just above the floor.
  const fooled = wrong && requestsTotal < WRONG_REQUESTS
  const bytes = fooled ? floorOf(requestsTotal) * 1.3 : leakBytes
  const samples = (bytes * requestsTotal) / SAMPLING_BYTES
  if (bytes === 0 || samples < MIN_SAMPLES) return null
  const sd = bytes * Math.hypot(NOISE_FACTOR / Math.sqrt(samples), MODEL_SD)
  const value = bytes + off * sd
  const low = value - 1.96 * sd
  if (low <= 0) return null
  return {
    bytesPerRequest: Math.round(value),
    ci95: [Math.round(low), Math.round(value + 1.96 * sd)],
  }
}

function floorOf(requests: number): number {
  return Math.max(24, (MIN_SAMPLES * SAMPLING_BYTES) / requests)
}

/** From the first judgement on. */
function booksOf(
  leakedBytes: number,
  toldBytes: number,
  ageMs: number,
): Pick<ProcessLine, 'growth'> {
  if (ageMs < minReadings * LEAK_INTERVAL_MS) return {}
  const around = (bytes: number, sd: number): Interval => [
    Math.round(bytes - 1.96 * sd),
    Math.round(bytes + 1.96 * sd),
  ]
  const [told, open] = [Math.round(toldBytes), Math.round(leakedBytes - toldBytes)]
  const toldSd = 0.1 * told
  const growth = {
    seconds: Math.round(ageMs / 1000),
    bytes: told + OWN_BYTES + STOPPED_BYTES + open,
    toldBytes: told,
    toldCi95: around(told, toldSd),
    ownBytes: OWN_BYTES,
    ownCi95: around(OWN_BYTES, 0.2 * OWN_BYTES),
    stoppedBytes: STOPPED_BYTES,
    stoppedCi95: around(STOPPED_BYTES, 4e5),
    openBytes: open,
    ci95: around(open, Math.hypot(toldSd, 4e5)),
  }
  return { growth }
}

type Judged = RetentionFields & { verdict: NonNullable<RetentionFields['verdict']> }

/** After `came` more requests. */
function retentionOf(state: RouteState, came: number, ageMs: number): Judged {
  state.requestsTotal += came
  const { requestsTotal: total } = state
  if (total < minRequests || ageMs < minReadings * LEAK_INTERVAL_MS) {
    return { verdict: 'insufficient-data' }
  }
  const floorBytesPerRequest = Math.round(floorOf(total))
  const known = estimateOf(state, ageMs)
  if (known) {
    const { bytesPerRequest: retainedBytesPerRequest, ci95 } = known
    const verdict = 'leaking'
    return { verdict, retainedBytesPerRequest, ci95, floorBytesPerRequest, keptRequestsShare: 0 }
  }
  const filled = state.route === CACHE_ROUTE && total > CACHE_REQUESTS
  return {
    verdict: filled || state.wrong ? 'plateaued' : 'steady',
    floorBytesPerRequest,
    keptRequestsShare: 0,
  }
}

function routeLine(state: RouteState, came: number, retention: Judged, random: Random): RouteLine {
  const errors = random.uniform() < 0.02 ? 1 : 0
  const aborted = random.uniform() < 0.03 ? 1 : 0
  state.errorsTotal += errors
  state.abortedTotal += aborted
  const { msMean } = state
  return {
    event: 'route',
    method: state.method,
    route: state.route,
    requests: came,
    errors,
    aborted,
    inFlight: random.integer(2),
    durationMs: {
      mean: round3(msMean),
      p50: round3(msMean * 0.8),
      p90: round3(msMean * 2),
      p99: round3(msMean * 4),
      max: round3(msMean * (4 + 4 * random.uniform())),
    },
    heapDeltaBytes: { clean: came, mean: 52_133, p50: 50_176, max: 1_340_112 },
    rssDeltaBytes: { clean: came, mean: 1213, p50: 0, max: 4_194_304 },
    slowestLayer: { name: 'handler', meanMs: round3(msMean * 0.7) },
    hungriestLayer: { name: 'jsonParser', meanBytes: 12_190 },
    requestsTotal: state.requestsTotal,
    errorsTotal: state.errorsTotal,
    abortedTotal: state.abortedTotal,
    ...retention,
  }
}

function leakLine(
  { method, route, requestsTotal }: RouteState,
  { bytesPerRequest, ci95 }: Known,
  secondsToLimit: number | undefined,
): LeakLine {
  const file = `src/routes${route.replace(/\W+/g, '-')}.ts`
  const bytes = bytesPerRequest * requestsTotal
  return {
    event: 'leak',
    scope: 'route',
    kind: 'heap',
    method,
    route,
    bytesPerRequest,
    floorBytesPerRequest: Math.round(floorOf(requestsTotal)),
    ci95,
    requests: requestsTotal,
    retainedBytes: bytes,
    keptRequestsShare: 0,
    attribution: 'direct',
    directShare: 1,
    sites: [
      {
        function: 'remember',
        file,
        line: 56,
        column: 24,
        bytes,
        share: 1,
        stack: [`handler (${file}:74)`, 'handleRequest (node_modules/router/lib/layer.js:154)'],
      },
    ],
    holders: [
      { path: 'trail', kind: 'Array', size: requestsTotal, growthPerRequest: 1, file, line: 27 },
    ],
    ...(secondsToLimit === undefined ? {} : { secondsToLimit }),
  }
}

function round3(value: number): number {
  return Math.round(value * 1000) / 1000
}
