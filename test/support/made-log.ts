/** Lines of a log by hand, as a process of memprof's writes them, and what a log of them sums up to. */
import { openLogReader, type ReadCounts } from '../../lib/cli/log/read-log'
import { openSummary } from '../../lib/cli/summary/builder'
import type { LogSummary } from '../../lib/cli/summary/summary'
import type { LeakLine, ProcessLine, RouteLine } from '../../lib/schema/lines'
import { LEAK_FIELDS, openBooks, PROCESS_FIELDS, ROUTE_FIELDS } from './log-lines'

export type MadeLine = Readonly<Record<string, unknown>>

/** 2026-01-05 09:00:00 UTC, a Monday. */
export const MADE_AT = 1_767_603_600_000

/** A process; its lines carry what every line does. */
export interface MadeProcess {
  readonly pid?: number
  readonly service?: string
  readonly hostname?: string
  readonly intervalMs?: number
}

export class MadeLog {
  readonly lines: MadeLine[] = []

  add(process: MadeProcess, event: string, timeMs: number, fields: MadeLine): this {
    const { pid = 1, service = 'shop', hostname = 'web-1' } = process
    this.lines.push({
      level: event === 'leak' || event === 'warning' ? 40 : 30,
      time: MADE_AT + timeMs,
      pid,
      hostname,
      name: 'memprof',
      v: 1,
      service,
      version: '1.2.3',
      instance: `instance-${pid}`,
      event,
      msg: '',
      ...fields,
    })
    return this
  }

  start(process: MadeProcess, timeMs: number): this {
    return this.add(process, 'start', timeMs, {
      versions: { memprof: '0.1.0', node: '20.20.2' },
      config: { intervalMs: process.intervalMs ?? 10_000 },
      hooked: [],
      notHooked: [],
    })
  }

  process(process: MadeProcess, timeMs: number, fields: Partial<ProcessLine> = {}): this {
    return this.add(process, 'process', timeMs, {
      ...PROCESS_FIELDS,
      requests: 100,
      inFlight: 1,
      ...fields,
    })
  }

  route(process: MadeProcess, timeMs: number, fields: Partial<RouteLine> = {}): this {
    const durationMs = { mean: 4, p50: 3, p90: 7, p99: 12, max: 30 }
    const own = { route: '/items/:id', requests: 100, requestsTotal: 100, durationMs }
    const made = { ...ROUTE_FIELDS, ...own, ...fields }
    return this.add(process, 'route', timeMs, made)
  }

  leak(process: MadeProcess, timeMs: number, fields: Partial<LeakLine> = {}): this {
    const sites = LEAK_FIELDS.sites.map((site) => ({
      ...site,
      bytes: 6e6,
      share: 0.86,
      stack: ['handle (node_modules/router/index.js:9)'],
    }))
    const own = { route: '/search', retainedBytes: 7e6, sites }
    return this.add(process, 'leak', timeMs, { ...LEAK_FIELDS, ...own, ...fields })
  }

  stop(process: MadeProcess, timeMs: number): this {
    return this.add(process, 'stop', timeMs, {
      reason: 'SIGTERM',
      uptimeSeconds: timeMs / 1000,
      requests: 1000,
      inFlight: 0,
      dropped: 0,
      self: { cpuMs: 10, pauseMs: 5, heapBytes: 4e6 },
      verdicts: [],
    })
  }

  /** As it stands in a file. */
  get text(): string {
    return this.lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  }

  /** What `memprof report` makes of it. */
  read(): { summary: LogSummary; counts: ReadCounts } {
    const builder = openSummary()
    const reader = openLogReader(builder)
    reader.write(Buffer.from(this.text))
    reader.end()
    return { summary: builder.summary(), counts: reader.counts }
  }
}

/**
 * Two processes in turn beside a third, six minutes, lines every 10 s; `GET /search` leaks from its
 * second minute on, as a trace saw, `GET /cache` filled, the rest is steady.
 */
export function madeShop(routes = 6): MadeLog {
  const log = new MadeLog()
  const names = [
    '/search',
    '/cache',
    ...Array.from({ length: routes - 2 }, (_, at) => `/items-${at}`),
  ]
  const runs = [
    { pid: 11, fromMs: 0, toMs: 180_000 },
    { pid: 12, fromMs: 185_000, toMs: 360_000 },
    { pid: 21, fromMs: 1000, toMs: 361_000 },
  ]
  for (const { pid, fromMs, toMs } of runs) {
    const process = { pid }
    log.start(process, fromMs)
    let step = 0
    for (let at = fromMs + 10_000; at <= toMs; at += 10_000) {
      step++
      const live = 20e6 + step * 140_000
      const parts = {
        toldBytes: step * 130_000,
        ownBytes: 1.7e6,
        stoppedBytes: 4e5,
        openBytes: -2e4,
      }
      log.process(process, at, {
        liveHeapBytes: live,
        heapUsedBytes: live + 8e6,
        ...(step < 6 ? {} : { growth: openBooks({ ...parts, seconds: step * 10 }) }),
      })
      names.forEach((route, index) => {
        const requests = Math.max(2, 100 - index * 2)
        log.route(process, at, {
          route,
          requests,
          requestsTotal: requests * step,
          durationMs: {
            mean: 4 + index,
            p50: 3 + index,
            p90: 9 + index,
            p99: 12 + index,
            max: 300,
          },
          ...(step < 6 ? { verdict: 'insufficient-data' } : verdictOf(route)),
        })
      })
    }
    const units = [{ method: 'GET', route: '/search', share: 0.97 }]
    const trace = { hits: 412, units, idleShare: 0.03, lostShare: 0 }
    log.leak(process, fromMs + 70_000, { attribution: 'traced', trace })
    if (pid !== 21) log.stop(process, toMs)
  }
  return log
}

function verdictOf(route: string): Partial<RouteLine> {
  if (route === '/search') {
    return { verdict: 'leaking', retainedBytesPerRequest: 1400, ci95: [1300, 1600] }
  }
  return { verdict: route === '/cache' ? 'plateaued' : 'steady', floorBytesPerRequest: 60 }
}

/** What somebody may have sent as a path, or named a function: every way out of text there is. */
export const HOSTILE_TEXT =
  '</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>&lt;"\'`${1}\u2028\u2029\u202e\u0000\u0007\u001b[31m\ufeff\ud800😀'

/** A log with that in every text of every line. */
export function madeHostile(): MadeLog {
  const log = madeShop()
  const spoil = (value: unknown, key = ''): unknown => {
    if (Array.isArray(value)) return value.map((item) => spoil(item))
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, spoil(of, name)]))
    }
    // These the reader compares, or tells routes and processes apart by.
    const fixed = ['name', 'event', 'verdict', 'scope', 'kind', 'attribution', 'instance', 'method']
    if (typeof value !== 'string' || fixed.includes(key)) return value
    return value + HOSTILE_TEXT
  }
  const lines = log.lines.map((line) => spoil(line) as MadeLine)
  log.lines.splice(0, log.lines.length, ...lines)
  const warning = { code: HOSTILE_TEXT, msg: HOSTILE_TEXT }
  log.add({ pid: 11, service: HOSTILE_TEXT }, 'warning', 5000, warning)
  return log
}
