/**
 * memprof's lines -> what happens now: rates of the last interval of each process that still runs, and
 * the memory of the last minutes. What is known for good, verdicts and leaks, is the summary's.
 */
import type { LogLine, LogLineOf } from '../log/log-line'

/** Processes and threads followed at once; the longest silent is forgotten. */
const MAX_INSTANCES = 1000
/** Routes of one interval of one process; the most requested ones, should there be more. */
const MAX_ROUTES = 4096
/** Points of the memory's history. */
const MAX_HISTORY = 512
/** A process that was silent for so many of its intervals, and so long, was killed. */
const SILENT_INTERVALS = 5
const SILENT_MS = 30_000

export interface LiveRoute {
  requestsPerSecond: number
  errorsPerSecond: number
  /** Highest of the processes. */
  p99Ms: number
  /** Of all requests. */
  meanMs: number
}

export interface LiveState {
  readonly processes: number
  readonly requestsPerSecond: number
  readonly inFlight: number
  readonly rssBytes: number
  readonly heapUsedBytes: number
  /** Null before the first major GC. */
  readonly liveHeapBytes: number | null
  /** The nearest to it; null where nothing heads for its limit. */
  readonly secondsToLimit: number | null
  /** Of the event loop, the busiest process's. */
  readonly utilization: number
  /** By `routeKey`. */
  readonly routes: ReadonlyMap<string, LiveRoute>
  /** Sums over the processes, oldest first. */
  readonly rssHistory: readonly number[]
  readonly heapHistory: readonly number[]
}

export interface LiveModel {
  line(line: LogLine): void
  state(): LiveState
}

interface LiveInstance {
  lastMs: number
  intervalMs: number
  process: LogLineOf<'process'> | null
  /** Of the interval that goes on. */
  coming: Array<LogLineOf<'route'>>
  /** Of the last interval that is whole. */
  routes: Array<LogLineOf<'route'>>
}

export function routeKey(of: { service: string; method: string; route: string }): string {
  return `${of.service}\n${of.method}\n${of.route}`
}

export function openLive(): LiveModel {
  const instances = new Map<string, LiveInstance>()
  const rssHistory: number[] = []
  const heapHistory: number[] = []
  let newestMs = Number.NEGATIVE_INFINITY

  function instanceOf({ instance: id, time }: LogLine): LiveInstance {
    const known = instances.get(id)
    // The order of the map is that of the last line: the first is the longest silent.
    if (known) instances.delete(id)
    else if (instances.size >= MAX_INSTANCES) instances.delete(instances.keys().next().value!)
    const instance = known ?? {
      lastMs: time,
      intervalMs: 0,
      process: null,
      coming: [],
      routes: [],
    }
    instances.set(id, instance)
    return instance
  }

  /** An interval's lines end with that of the process. */
  function endInterval(instance: LiveInstance, line: LogLineOf<'process'>): void {
    instance.intervalMs = Math.max(1, line.time - instance.lastMs)
    instance.lastMs = line.time
    instance.process = line
    instance.routes = instance.coming
    instance.coming = []
    forgetSilent()
    keep(
      rssHistory,
      sum(({ rssBytes }) => rssBytes),
    )
    keep(
      heapHistory,
      sum(({ heapUsedBytes }) => heapUsedBytes),
    )
  }

  function forgetSilent(): void {
    for (const [id, { lastMs, intervalMs }] of instances) {
      const silentMs = newestMs - lastMs
      if (silentMs > SILENT_MS && silentMs > SILENT_INTERVALS * intervalMs) instances.delete(id)
    }
  }

  function sum(of: (line: LogLineOf<'process'>) => number): number {
    let total = 0
    for (const { process } of instances.values()) if (process) total += of(process)
    return total
  }

  function perSecond(instance: LiveInstance, count: number): number {
    return (count * 1000) / instance.intervalMs
  }

  function routes(): Map<string, LiveRoute> {
    const found = new Map<string, LiveRoute>()
    for (const instance of instances.values()) {
      for (const line of instance.routes) {
        const key = routeKey(line)
        const rate = perSecond(instance, line.requests)
        let route = found.get(key)
        if (!route) {
          route = { requestsPerSecond: 0, errorsPerSecond: 0, p99Ms: 0, meanMs: 0 }
          found.set(key, route)
        }
        const before = route.requestsPerSecond
        route.requestsPerSecond += rate
        route.errorsPerSecond += perSecond(instance, line.errors)
        route.p99Ms = Math.max(route.p99Ms, line.durationMs.p99)
        // Aborted requests alone have no duration of finished ones: their mean stands as it is.
        const weight = route.requestsPerSecond > 0 ? rate / (before + rate) : 1
        route.meanMs += (line.durationMs.mean - route.meanMs) * weight
      }
    }
    return found
  }

  return {
    line(line) {
      newestMs = Math.max(newestMs, line.time)
      const instance = instanceOf(line)
      if (line.event === 'route') {
        if (instance.coming.length < MAX_ROUTES) instance.coming.push(line)
      } else if (line.event === 'process') endInterval(instance, line)
      else if (line.event === 'stop') instances.delete(line.instance)
    },
    state() {
      const all = [...instances.values()].flatMap((instance) =>
        instance.process ? [{ instance, process: instance.process }] : [],
      )
      const live = all.map(({ process }) => process.liveHeapBytes ?? process.heapUsedBytes)
      const limits = all.flatMap(({ process }) => process.secondsToLimit ?? [])
      return {
        processes: instances.size,
        requestsPerSecond: all.reduce(
          (total, { instance, process }) => total + perSecond(instance, process.requests),
          0,
        ),
        inFlight: sum(({ inFlight }) => inFlight),
        rssBytes: sum(({ rssBytes }) => rssBytes),
        heapUsedBytes: sum(({ heapUsedBytes }) => heapUsedBytes),
        liveHeapBytes: all.some(({ process }) => process.liveHeapBytes !== undefined)
          ? live.reduce((total, bytes) => total + bytes, 0)
          : null,
        secondsToLimit: limits.length === 0 ? null : Math.min(...limits),
        utilization: Math.max(0, ...all.map(({ process }) => process.eventLoop.utilization)),
        routes: routes(),
        rssHistory,
        heapHistory,
      }
    },
  }
}

function keep(history: number[], value: number): void {
  history.push(value)
  if (history.length > MAX_HISTORY) history.shift()
}
