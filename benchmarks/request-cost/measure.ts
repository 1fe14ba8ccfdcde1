import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { cleanEnv } from '../support/environment'
import { probe } from '../support/places'
import { type ServerProcess, startServer } from '../support/server-process'
import { countWhile } from './instructions'
import type { LoadOrder, LoadReport } from './load'
import type { BenchmarkApp, Variant } from './variants'

export interface CpuRun {
  readonly cpuUsPerRequest: number
  readonly instructionsPerRequest: number | null
  readonly requestsPerSecond: number
  /** After forced collections, at rest. */
  readonly rssBytes: number
  readonly heapUsedBytes: number
}

export interface MeasurerOptions {
  /** Start the server and the load on a core each. */
  readonly pinned: boolean
  /** perf's event, where it counts. */
  readonly event: string | null
  readonly warmUpRequests: number
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

/** Runs servers in fresh processes, under the load of one process that stays. */
export class Measurer {
  readonly #options: MeasurerOptions
  readonly #load: ChildProcess
  readonly #startedMs: number = performance.now()
  #measuringMs = 0

  constructor(options: MeasurerOptions) {
    this.#options = options
    const [command, ...args] = [...this.#core(1), process.execPath, path.join(__dirname, 'load.js')]
    this.#load = spawn(command!, args, {
      env: cleanEnv(),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
  }

  /** Share of the time so far in which servers were neither under load nor measured at starting. */
  get setupRatio(): number {
    return 1 - this.#measuringMs / (performance.now() - this.#startedMs)
  }

  close(): void {
    this.#load.disconnect()
  }

  async cpu(app: BenchmarkApp, variant: Variant, requests: number): Promise<CpuRun> {
    const { event, warmUpRequests } = this.#options
    const server = await this.#start(app, variant, ['-r', probe])
    try {
      await this.#send(server, app, warmUpRequests)
      const before = await server.ask('read')
      let report: LoadReport | undefined
      const work = async (): Promise<void> => {
        report = await this.#send(server, app, requests)
      }
      const count =
        event === null
          ? (await work(), null)
          : await countWhile(event, server.child.pid!, this.#core(1), work)
      const after = await server.ask('read')
      const atRest = await server.ask('collect')
      return {
        cpuUsPerRequest: (after.cpuUs - before.cpuUs) / requests,
        instructionsPerRequest: count === null ? null : count / requests,
        requestsPerSecond: (requests / report!.ms) * 1000,
        rssBytes: atRest.rssBytes,
        heapUsedBytes: atRest.heapUsedBytes,
      }
    } finally {
      await server.stop('SIGKILL')
    }
  }

  /**
   * Bytes allocated on the heap per request.
   *
   * @returns null where a collection ran meanwhile, and so nothing is known
   */
  async allocatedBytes(app: BenchmarkApp, variant: Variant): Promise<number | null> {
    const server = await this.#start(app, variant, ['-r', probe, ...YOUNG_GENERATION])
    try {
      await this.#send(server, app, this.#options.warmUpRequests)
      const before = await server.ask('collect')
      await this.#send(server, app, ALLOCATION_REQUESTS)
      const after = await server.ask('read')
      if (after.collections !== before.collections) return null
      return (after.heapUsedBytes - before.heapUsedBytes) / ALLOCATION_REQUESTS
    } finally {
      await server.stop('SIGKILL')
    }
  }

  /** From the start of the process to `listening`, ms. No probe: only what a user would load. */
  async startMs(app: BenchmarkApp, variant: Variant): Promise<number> {
    const server = await this.#start(app, variant, [], false)
    await server.stop('SIGKILL')
    this.#measuringMs += server.startMs
    return server.startMs
  }

  /** The app under load for `seconds`; what it printed, its end by SIGTERM included. */
  async log(app: BenchmarkApp, variant: Variant, seconds: number): Promise<string[]> {
    const lines: string[] = []
    const server = await startServer({
      file: app.file,
      prefix: this.#core(0),
      nodeArguments: variant.nodeArguments,
      env: { ...cleanEnv(), ...variant.env },
      onLine: (line) => lines.push(line),
    })
    const endMs = performance.now() + seconds * 1000
    while (performance.now() < endMs) await this.#send(server, app, this.#options.warmUpRequests)
    await server.stop('SIGTERM')
    return lines
  }

  #core(core: number): readonly string[] {
    return this.#options.pinned ? ['taskset', '-c', String(core)] : []
  }

  #start(
    app: BenchmarkApp,
    variant: Variant,
    nodeArguments: readonly string[],
    ipc = true,
  ): Promise<ServerProcess> {
    return startServer({
      file: app.file,
      prefix: this.#core(0),
      nodeArguments: [...variant.nodeArguments, ...nodeArguments],
      env: { ...cleanEnv(), ...variant.env },
      ipc,
    })
  }

  async #send(server: ServerProcess, app: BenchmarkApp, requests: number): Promise<LoadReport> {
    const order: LoadOrder = {
      port: server.port,
      path: app.path,
      requests,
      connections: CONNECTIONS,
    }
    const answered = once(this.#load, 'message') as Promise<[LoadReport]>
    this.#load.send(order)
    const [report] = await answered
    if (report.failed > 0) throw new Error(`${report.failed} requests of ${app.name} failed`)
    this.#measuringMs += report.ms
    return report
  }
}
