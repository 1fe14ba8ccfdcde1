import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type App, launchApp } from '../../test/support/app'
import { ROOT } from '../../test/support/files'
import { Client } from '../../test/support/load'
import { createRandom } from '../../test/support/random'
import {
  type CorpusApp,
  type CorpusRoute,
  corpus,
  type Leak,
  routeName,
  visitOf,
} from './corpus.js'
import { appFile } from './places.js'
import { fitSlope, type Slope } from './slope.js'
import type { MemoryReading, OwnGc } from './memory-control.js'

/** What a leak truly keeps: the slope of the memory after forced GCs, without memprof. */
export interface Truth {
  readonly scope: Leak['scope']
  readonly kind: Leak['kind']
  readonly name: string
  /** Of the leak's kind: per request; per second for scope `process`. */
  readonly bytes: number
  readonly standardError: number
  readonly heapBytes: number
  readonly arrayBuffersBytes: number
  /** How many requests the line goes over; for scope `shared`, all routes together. */
  readonly requests: number
  /** For scope `shared`: the heap's slope on each route alone. */
  readonly routes?: Readonly<Record<string, number>>
}

export interface TruthOfNode {
  readonly node: string
  readonly apps: Readonly<Record<string, readonly Truth[]>>
}

/** By Node's major version: objects do not weigh the same in every V8. */
export type TruthFile = Readonly<Record<string, TruthOfNode>>

const POINTS = 12
/** Readings before the first point: bytecode of what ran in the warm-up is flushed after six collections. */
const FLUSHING_READINGS = 3
const CONNECTIONS = 4
/** What the live run sends in all: a Map's table doubles, so bytes per entry depend on how many. */
const LIVE_REQUESTS = 700 * 60
const WARM_UP_REQUESTS = 2500
const MIN_REQUESTS = 2400
const MAX_SECONDS = 25
const PROCESS_READING_MS = 2000
const PROCESS_POINTS = 20
const WARM_UP_READINGS = 20
/** V8 collects all a few times in that many. */
const OWN_REQUESTS = 12_000

const truthPath = path.join(ROOT, 'benchmarks', 'leaks', 'truth.json')

export function readTruth(): TruthFile {
  try {
    return JSON.parse(readFileSync(truthPath, 'utf8')) as TruthFile
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}

/** Measures the truth of the apps named and puts it into truth.json beside what is there. */
export async function recordTruth(
  node: string,
  version: string,
  apps: readonly CorpusApp[],
  onMeasured: (app: CorpusApp, truth: Truth) => void,
): Promise<void> {
  const major = /^v(\d+)/.exec(version)![1]!
  for (const app of apps) {
    const measured: Truth[] = []
    for (const leak of app.leaks) {
      const truth = await measureLeak(node, app, leak)
      measured.push(truth)
      onMeasured(app, truth)
    }
    if (measured.length === 0) continue
    // Read again each time: a run that is broken off keeps what it has.
    const file = readTruth()
    const known = file[major]?.apps ?? {}
    const merged = { ...known, [app.name]: measured }
    const ordered = Object.fromEntries(
      corpus.filter(({ name }) => merged[name]).map(({ name }) => [name, merged[name]!]),
    )
    writeFileSync(
      truthPath,
      `${JSON.stringify({ ...file, [major]: { node: version, apps: ordered } }, null, 2)}\n`,
    )
  }
}

async function measureLeak(node: string, app: CorpusApp, leak: Leak): Promise<Truth> {
  if (leak.scope === 'process') return measureProcess(node, app, leak)
  const routes =
    leak.scope === 'shared'
      ? app.routes
      : app.routes.filter(
          (route) => routeName(route) === leak.name && route.outcome === leak.outcome,
        )
  const parts: RouteSlopes[] = []
  for (const route of routes) parts.push(await measureRoute(node, app, route, leak.scope))
  const mean = (pick: (part: RouteSlopes) => number): number =>
    parts.reduce((sum, part) => sum + pick(part), 0) / parts.length
  const own = (part: RouteSlopes): { slope: number; standardError: number } =>
    leak.kind === 'buffers' ? part.arrayBuffers : part.heap
  return {
    scope: leak.scope,
    kind: leak.kind,
    name: leak.name,
    bytes: round(mean((part) => own(part).slope)),
    standardError: round(Math.sqrt(mean((part) => own(part).standardError ** 2) / parts.length)),
    heapBytes: round(mean((part) => part.heap.slope)),
    arrayBuffersBytes: round(mean((part) => part.arrayBuffers.slope)),
    requests: parts.reduce((sum, part) => sum + part.requests, 0),
    ...(leak.scope === 'shared' && {
      routes: Object.fromEntries(
        routes.map((route, i) => [routeName(route), round(parts[i]!.heap.slope)]),
      ),
    }),
  }
}

interface RouteSlopes {
  readonly heap: { slope: number; standardError: number }
  readonly arrayBuffers: { slope: number; standardError: number }
  readonly requests: number
}

/** Only this route is asked, in a process of its own, with nothing in flight at a reading. */
async function measureRoute(
  node: string,
  app: CorpusApp,
  route: CorpusRoute,
  scope: Leak['scope'],
): Promise<RouteSlopes> {
  const all = app.routes.reduce((sum, { weight }) => sum + weight, 0)
  const live = (LIVE_REQUESTS * route.weight) / all
  const wanted = Math.max(MIN_REQUESTS, scope === 'shared' ? LIVE_REQUESTS / 5 : live)
  const step = Math.ceil(wanted / POINTS)
  const running = await startControlled(node, app)
  const client = new RouteClient(running.port, route)
  try {
    const counts: number[] = []
    const readings: MemoryReading[] = []
    await client.send(WARM_UP_REQUESTS)
    for (let i = 0; i < FLUSHING_READINGS; i++) await read(running)
    const deadline = performance.now() + MAX_SECONDS * 1000
    for (let point = 0; ; point++) {
      if (point > 0) await client.send(step)
      counts.push(client.sent)
      readings.push(await read(running))
      if (point < 8) continue
      // Beyond what the live run sends, a table doubles that did not there.
      if (performance.now() > deadline || client.sent + step > LIVE_REQUESTS) break
      if (point >= POINTS && isSharp(counts, readings)) break
    }
    return {
      heap: fitSlope(
        counts,
        readings.map((reading) => reading.heapUsedBytes),
      ),
      arrayBuffers: fitSlope(
        counts,
        readings.map((reading) => reading.arrayBuffersBytes),
      ),
      requests: counts.at(-1)! - counts[0]!,
    }
  } finally {
    client.close()
    await running.end('SIGTERM')
  }
}

/** Sends requests to one route, over a few connections. */
class RouteClient {
  readonly #route: CorpusRoute
  readonly #client: Client
  readonly #random = createRandom(7)
  sent = 0

  constructor(port: number, route: CorpusRoute) {
    this.#route = route
    this.#client = new Client(port, CONNECTIONS)
  }

  async send(many: number): Promise<void> {
    const answered = await this.#client.sendMany(many, () => visitOf(this.#route, this.#random))
    const isMeant = this.#route.outcome !== undefined
    const failed = [...answered.keys()].find((status) => status >= 400 && !isMeant)
    if (failed) throw new Error(`${routeName(this.#route)} answered ${failed}`)
    this.sent += many
  }

  close(): void {
    this.#client.close()
  }
}

/**
 * The same without any forced GC: the slope of what V8's own major GCs left, their first
 * third passed over. Rough, as they are few, and further apart the larger the heap; it says whether
 * forced GCs tell what a process left to itself would keep.
 */
export async function measureOwn(node: string, app: CorpusApp, route: CorpusRoute): Promise<Slope> {
  const running = await startControlled(node, app)
  const client = new RouteClient(running.port, route)
  const ask = (): Promise<OwnGc[]> => running.ask('own')
  try {
    await ask()
    await client.send(OWN_REQUESTS)
    const all = await ask()
    const used = all.slice(Math.floor(all.length / 3))
    return fitSlope(
      used.map(({ requests }) => requests),
      used.map(({ heapUsedBytes }) => heapUsedBytes),
    )
  } finally {
    client.close()
    await running.end('SIGTERM')
  }
}

/** Whether what grows is known to one percent; a small leak needs more requests for that. */
function isSharp(counts: readonly number[], readings: readonly MemoryReading[]): boolean {
  const { slope, standardError } = fitSlope(
    counts,
    readings.map((reading) => reading.heapUsedBytes + reading.arrayBuffersBytes),
  )
  return standardError < 0.01 * slope
}

/** No requests at all; bytes per second. */
async function measureProcess(node: string, app: CorpusApp, leak: Leak): Promise<Truth> {
  const running = await startControlled(node, app)
  try {
    // Forced GCs age and flush the bytecode of what ran once: the heap shrinks for some of them. Single
    // readings still differ by 200 KB at times; no rate of requests drowns that here, so time has to.
    for (let i = 0; i < WARM_UP_READINGS; i++) {
      await read(running)
      await sleep(PROCESS_READING_MS / 4)
    }
    const readings: MemoryReading[] = []
    for (let point = 0; point < PROCESS_POINTS; point++) {
      if (point > 0) await sleep(PROCESS_READING_MS)
      readings.push(await read(running))
    }
    const seconds = readings.map((reading) => reading.timeMs / 1000)
    const heap = fitSlope(
      seconds,
      readings.map((reading) => reading.heapUsedBytes),
    )
    const arrayBuffers = fitSlope(
      seconds,
      readings.map((reading) => reading.arrayBuffersBytes),
    )
    const own = leak.kind === 'buffers' ? arrayBuffers : heap
    return {
      scope: leak.scope,
      kind: leak.kind,
      name: leak.name,
      bytes: round(own.slope),
      standardError: round(own.standardError),
      heapBytes: round(heap.slope),
      arrayBuffersBytes: round(arrayBuffers.slope),
      requests: 0,
    }
  } finally {
    await running.end('SIGTERM')
  }
}

function startControlled(node: string, app: CorpusApp): Promise<App> {
  const control = path.join(__dirname, 'memory-control.js')
  return launchApp(appFile(app), { node, preload: [], control })
}

function read(running: App): Promise<MemoryReading> {
  return running.ask('read')
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

/** The live heap in MB every three seconds under the same load as a judged run, without memprof: what
 * a filling cache, a burst or a leak truly looks like. */
export async function measureCurve(
  node: string,
  app: CorpusApp,
  runLoad: (port: number) => Promise<unknown>,
): Promise<number[]> {
  const running = await startControlled(node, app)
  const megabytes: number[] = []
  try {
    let over = false
    const load = runLoad(running.port).finally(() => {
      over = true
    })
    while (!over) {
      const { heapUsedBytes, arrayBuffersBytes } = await read(running)
      megabytes.push((heapUsedBytes + arrayBuffersBytes) / 1e6)
      await sleep(3000)
    }
    await load
    return megabytes
  } finally {
    await running.end('SIGTERM')
  }
}
