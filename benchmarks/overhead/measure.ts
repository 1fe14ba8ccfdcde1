import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { type App, cleanEnv, launchApp, ofEvent } from '../../test/support/app'
import { PROBE } from '../../test/support/files'
import { request } from '../../test/support/http'
import type { FunctionShare, ProbeReading } from '../../test/support/probe'
import { countWhile } from './instructions'
import { CALLGRIND_ENV, readCounts, underCallgrind, zeroCounts } from './callgrind'
import type { LoadOrder, LoadReport } from './load'
import type { BenchmarkApp } from './apps'
import type { Variant } from './variants'

export interface CpuRun {
  readonly cpuUsPerRequest: number
  /** By perf, user and kernel; null where perf cannot count. */
  readonly instructionsPerRequest: number | null
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** After forced GCs, at rest. */
  readonly rssBytes: number
  readonly heapUsedBytes: number
}

export interface StartRun {
  /** From the start of the process. */
  readonly listeningMs: number
  readonly firstAnswerMs: number
}

/** memprof's own figures of a longer run, from its lines. */
export interface OwnFigures {
  readonly app: string
  readonly seconds: number
  readonly requests: number
  readonly cpuMs: number
  readonly pauseMs: number
  readonly heapBytes: number
  readonly liveHeapBytes: number
}

export interface MeasurerOptions {
  /** Start the server and the load on a core each. */
  readonly pinned: boolean
  /** perf's event, where it counts. */
  readonly event: string | null
  readonly warmUpRequests: number
  /** For files of the run's own. */
  readonly folder: string
  /** Of the requests of a full run. */
  readonly share: number
}

/** Enough that each turn of the event loop serves several, as under real load. */
const CONNECTIONS = 50
/** Small enough for the young generation below, large enough for the odd lookup table to vanish. */
const ALLOCATION_REQUESTS = 2000
/** MB: nothing is collected while bytes are counted, so that the heap's growth is what was allocated. */
const YOUNG_GENERATION_MB = 512
const YOUNG_GENERATION = [
  `--min-semi-space-size=${YOUNG_GENERATION_MB}`,
  `--max-semi-space-size=${YOUNG_GENERATION_MB}`,
]

/** Under callgrind, as many as one drain of the ring takes in; the handlers are compiled by then. */
const COUNTED_REQUESTS = 768
const COUNTED_WARM_UP = 2304
const COUNTED_CONNECTIONS = 10
const START_UNDER_CALLGRIND_MS = 240_000
/** A reading of the live heap now and then, as over a long time; but in a run of seconds. */
const OWN_ENV = { MEMPROF_LEAK_INTERVAL: '5s', MEMPROF_INTERVAL: '5s' }
/** A run that lasts a given time is made of pieces of this size. */
const PIECE_REQUESTS = 2000

/** Runs servers in fresh processes, under the load of one process that stays. */
export class Measurer {
  readonly #options: MeasurerOptions
  readonly #load: ChildProcess
  #counted = 0

  constructor(options: MeasurerOptions) {
    this.#options = options
    const [command, ...args] = [...this.#core(1), process.execPath, path.join(__dirname, 'load.js')]
    this.#load = spawn(command!, args, {
      env: cleanEnv(),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
  }

  close(): void {
    this.#load.disconnect()
  }

  async cpu(
    app: BenchmarkApp,
    variant: Variant,
    connections: number = CONNECTIONS,
  ): Promise<CpuRun> {
    const { event, share } = this.#options
    const requests = Math.ceil(app.requests * share)
    const server = await this.#start(app, variant)
    try {
      await this.#warmUp(server, app)
      const before = await server.ask<ProbeReading>('read')
      let report: LoadReport | undefined
      const work = async (): Promise<void> => {
        report = await this.#send(server, app, requests, connections)
      }
      const count =
        event === null
          ? (await work(), null)
          : await countWhile(event, server.child.pid!, this.#core(1), work)
      const after = await server.ask<ProbeReading>('read')
      const atRest = await server.ask<ProbeReading>('collect')
      return {
        cpuUsPerRequest: (after.cpuUs - before.cpuUs) / requests,
        instructionsPerRequest: count === null ? null : count / requests,
        requestsPerSecond: (requests / report!.ms) * 1000,
        p50Ms: report!.p50Ms,
        p99Ms: report!.p99Ms,
        rssBytes: atRest.rssBytes,
        heapUsedBytes: atRest.heapUsedBytes,
      }
    } finally {
      await server.end('SIGKILL')
    }
  }

  /**
   * Bytes allocated on the heap per request.
   *
   * @returns null where a collection ran meanwhile, and so nothing is known
   */
  async allocatedBytes(app: BenchmarkApp, variant: Variant): Promise<number | null> {
    const server = await this.#start(app, variant, YOUNG_GENERATION)
    const requests = Math.min(ALLOCATION_REQUESTS, Math.ceil(app.requests / 6))
    try {
      await this.#warmUp(server, app)
      const before = await server.ask<ProbeReading>('collect')
      await this.#send(server, app, requests)
      const after = await server.ask<ProbeReading>('read')
      if (after.collections !== before.collections) return null
      return (after.heapUsedBytes - before.heapUsedBytes) / requests
    } finally {
      await server.end('SIGKILL')
    }
  }

  /** Instructions per request, by callgrind. */
  async instructions(app: BenchmarkApp, variant: Variant): Promise<number> {
    const outFile = path.join(
      this.#options.folder,
      `callgrind-${this.#load.pid}-${this.#counted++}`,
    )
    const { prefix, nodeArguments } = underCallgrind(outFile, path.join(__dirname, 'slow-clock.js'))
    const server = await launchApp(app.file, {
      prefix,
      nodeArgs: nodeArguments,
      preload: variant.preload,
      control: null,
      env: { ...app.env, ...variant.env, ...CALLGRIND_ENV },
      startWithinMs: START_UNDER_CALLGRIND_MS,
    })
    const share = Math.max(this.#options.share, 1 / 8)
    const requests = COUNTED_REQUESTS * share
    try {
      await this.#send(server, app, COUNTED_WARM_UP * share, COUNTED_CONNECTIONS)
      zeroCounts(server.child.pid!)
      await this.#send(server, app, requests, COUNTED_CONNECTIONS)
      return readCounts(server.child.pid!, outFile) / requests
    } finally {
      await server.end('SIGKILL')
    }
  }

  /** No probe: only what a user would load. */
  async start(app: BenchmarkApp, variant: Variant): Promise<StartRun> {
    const server = await this.#start(app, variant, [], null)
    try {
      const listeningMs = server.startMs
      const listenedMs = performance.now()
      await request(server.port, app.path)
      return { listeningMs, firstAnswerMs: listeningMs + performance.now() - listenedMs }
    } finally {
      await server.end('SIGKILL')
    }
  }

  /** Where the cost is: memprof's functions by their own time. */
  async functions(app: BenchmarkApp, variant: Variant): Promise<readonly FunctionShare[]> {
    const server = await this.#start(app, variant)
    try {
      await this.#warmUp(server, app)
      await server.ask('profile')
      await this.#send(server, app, Math.ceil(app.requests * this.#options.share))
      return (await server.ask<ProbeReading>('functions')).functions ?? []
    } finally {
      await server.end('SIGKILL')
    }
  }

  /** The app under load for `seconds`; what memprof said of itself, its end by SIGTERM included. */
  async own(app: BenchmarkApp, variant: Variant, seconds: number): Promise<OwnFigures | null> {
    const withReadings = { ...variant, env: { ...variant.env, ...OWN_ENV } }
    const server = await this.#start(app, withReadings, [], null)
    const endMs = performance.now() + seconds * 1000
    while (performance.now() < endMs) await this.#send(server, app, PIECE_REQUESTS)
    await server.end('SIGTERM')
    const [stop] = ofEvent(server.lines, 'stop')
    const last = ofEvent(server.lines, 'process').at(-1)
    if (!stop || !last) return null
    return {
      app: app.name,
      seconds: stop.uptimeSeconds,
      requests: stop.requests,
      ...stop.self,
      liveHeapBytes: last.liveHeapBytes ?? Number.NaN,
    }
  }

  #core(core: number): readonly string[] {
    return this.#options.pinned ? ['taskset', '-c', String(core)] : []
  }

  #start(
    app: BenchmarkApp,
    variant: Variant,
    nodeArgs: readonly string[] = [],
    control: string | null = PROBE,
  ): Promise<App> {
    return launchApp(app.file, {
      prefix: this.#core(0),
      nodeArgs,
      preload: variant.preload,
      control,
      env: { ...app.env, ...variant.env },
    })
  }

  async #warmUp(server: App, app: BenchmarkApp): Promise<void> {
    const { warmUpRequests } = this.#options
    await this.#send(server, app, Math.min(warmUpRequests, Math.ceil(app.requests / 3)))
  }

  async #send(
    server: App,
    app: BenchmarkApp,
    requests: number,
    connections = CONNECTIONS,
  ): Promise<LoadReport> {
    const order: LoadOrder = { port: server.port, path: app.path, requests, connections }
    const answered = once(this.#load, 'message') as Promise<[LoadReport]>
    this.#load.send(order)
    const [report] = await answered
    if (report.failed > 0) throw new Error(`${report.failed} requests of ${app.name} failed`)
    return report
  }
}
