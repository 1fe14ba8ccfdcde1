/**
 * memprof's lines -> what is known in the end. Takes one line at a time and keeps no line but the
 * newest of its kind, so a log of any length fits: what is kept grows with the routes, processes and
 * leaks told apart, and each of those has a limit.
 */
import type {
  Attribution,
  Holder,
  Interval,
  LeakKind,
  LeakScope,
  RetentionFields,
  RouteLine,
  Site,
  Verdict,
} from '../schema'
import { MergedQuantiles } from '../stats/merged-quantiles'
import type { LogLine, LogLineOf } from './log-line'
import { type Point, TimeBuckets } from './time-buckets'

/** Processes and threads told apart; the lines of more are counted alone. */
const MAX_INSTANCES = 1000
/** Routes told apart over all services; the rest share `(other)`. */
const MAX_ROUTES = 4096
/** Routes of instances whose totals and verdicts are known one by one. */
const MAX_INSTANCE_ROUTES = 50_000
/** Leaks of instances. */
const MAX_LEAKS = 2000
/** Kinds of warnings, and labels of `measure()`. */
const MAX_WARNINGS = 200
const MAX_MEASURES = 500
/** Points of all instances' memory together, and of one. */
const MEMORY_POINTS = 16_384
const MAX_MEMORY_POINTS = 256
/** Points of all routes together, and of one. */
const ROUTE_POINTS = 32_768
const MAX_ROUTE_POINTS = 128
/** Sites of a leak after those of its processes were put together. */
const MAX_SITES = 16
const OTHER = '(other)'

export interface MemoryPoint extends Point {
  /** Highest in the bucket. */
  rssBytes: number
  heapUsedBytes: number
  heapTotalBytes: number
  externalBytes: number
  arrayBuffersBytes: number
  /** Newest in the bucket: after the last full collection. */
  liveHeapBytes: number | null
  requests: number
  inFlight: number
  gcMinor: number
  gcMajor: number
  gcPauseMs: number
  /** Highest. */
  loopDelayP99Ms: number
}

export interface RoutePoint extends Point {
  requests: number
  errors: number
  aborted: number
  /** Of all requests of the bucket. */
  meanMs: number
  /** Highest of the lines' own. */
  p99Ms: number
  /** Over the clean requests of the bucket; null without one. */
  cleanHeapDeltaBytes: number | null
  cleanRequests: number
  /** Newest; null while it is not known. */
  retainedBytesPerRequest: number | null
}

/** One process or thread, from its start to its end. */
export interface InstanceSummary {
  readonly instance: string
  readonly service: string
  readonly version: string
  readonly pid: number
  readonly hostname: string
  readonly threadId: number
  /** Of its lines in the log, ms since 1970. */
  readonly firstTime: number
  readonly lastTime: number
  /** Its `start` line, where it is in the log. */
  readonly start: LogLineOf<'start'> | null
  /** Its `stop` line; null: it was killed, still runs, or its end is not in the log. */
  readonly stop: { readonly time: number; readonly reason: string } | null
  /** The instance of the same service and host that had ended when this one began: a restart. */
  readonly replaces: string | null
  readonly requests: number
  readonly dropped: number
  readonly inFlight: number
  readonly gc: { readonly minor: number; readonly major: number; readonly pauseMs: number }
  /** memprof's own cost: sums, and its most bytes on the heap. */
  readonly self: { readonly cpuMs: number; readonly pauseMs: number; readonly heapBytes: number }
  /** V8's; null before the first `process` line. */
  readonly heapLimitBytes: number | null
  readonly secondsToLimit: number | null
  readonly maxRssBytes: number
  readonly memory: readonly MemoryPoint[]
  readonly memoryStepMs: number
}

export interface Durations {
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** Over clean requests. */
export interface DeltaTotals {
  readonly clean: number
  /** Null without a clean request. */
  readonly mean: number | null
  readonly max: number | null
}

/** What one instance says of a route: newest. */
export interface InstanceRoute extends RetentionFields {
  readonly instance: string
  readonly version: string
  readonly requests: number
}

/** A route over all instances of its service. */
export interface RouteSummary extends RetentionFields {
  readonly service: string
  readonly method: string
  readonly route: string
  /** Ended within the log read. */
  readonly requests: number
  readonly errors: number
  readonly aborted: number
  /** mean and max are exact; the rest see lib/stats/merged-quantiles. Null without a request. */
  readonly durationMs: Durations | null
  readonly heapDeltaBytes: DeltaTotals
  readonly rssDeltaBytes: DeltaTotals
  /** Newest. */
  readonly slowestLayer: RouteLine['slowestLayer'] | null
  readonly hungriestLayer: RouteLine['hungriestLayer'] | null
  /** The gravest of the instances' verdicts, with figures over those that share it. */
  readonly verdict: Verdict
  readonly perInstance: readonly InstanceRoute[]
  readonly points: readonly RoutePoint[]
  readonly stepMs: number
}

export interface LeakOfInstance {
  readonly instance: string
  readonly version: string
  readonly bytesPerRequest: number | null
  readonly bytesPerSecond: number | null
  readonly ci95: Interval | null
  /** Of its `leak` lines. */
  readonly firstTime: number
  readonly lastTime: number
  /** What its route is called since, where that is not `leaking` any more. */
  readonly since: Verdict | null
}

/** A leak over all instances that show it. */
export interface LeakSummary {
  readonly service: string
  readonly scope: LeakScope
  readonly kind: LeakKind
  /** '' in scope `shared` and `process`. */
  readonly method: string
  /** The mount below which it is shared, in scope `shared`; '' where there is none. */
  readonly route: string
  readonly bytesPerRequest: number | null
  readonly bytesPerSecond: number | null
  readonly ci95: Interval | null
  readonly floorBytesPerRequest: number | null
  readonly requests: number
  /** Over all instances. */
  readonly retainedBytes: number
  readonly keptRequestsShare: number | null
  readonly attribution: Attribution | null
  readonly directShare: number | null
  readonly sites: readonly Site[]
  readonly holders: readonly Holder[]
  readonly holdersNote: string | null
  /** The soonest. */
  readonly secondsToLimit: number | null
  readonly firstTime: number
  readonly lastTime: number
  /** What the route is called now where no instance calls it leaking any more. */
  readonly since: Verdict | null
  readonly perInstance: readonly LeakOfInstance[]
}

export interface WarningSummary {
  readonly service: string
  readonly code: string
  /** Of the newest. */
  readonly msg: string
  readonly count: number
  readonly firstTime: number
  readonly lastTime: number
}

export interface MeasureSummary {
  readonly service: string
  readonly label: string
  readonly count: number
  readonly errored: number
  readonly meanMs: number
  readonly maxMs: number
  readonly meanHeapDeltaBytes: number
  readonly maxHeapDeltaBytes: number
}

export interface LogSummary {
  /** Of memprof's lines that were used, ms since 1970; null without one. */
  readonly from: number | null
  readonly to: number | null
  readonly services: readonly string[]
  /** In the order of their first line. */
  readonly instances: readonly InstanceSummary[]
  /** Leaking first, the fastest growth first; then by requests. */
  readonly routes: readonly RouteSummary[]
  /** Those that still leak first, the fastest growth first. */
  readonly leaks: readonly LeakSummary[]
  readonly warnings: readonly WarningSummary[]
  readonly measures: readonly MeasureSummary[]
  /** What was not told apart because a limit was reached, in words; empty in all but huge logs. */
  readonly leftOut: readonly string[]
}

export interface SummaryOptions {
  /** Lines before are left out, ms since 1970. */
  readonly since?: number | undefined
}

/** Takes lines; says at any time what is known so far. */
export interface SummaryBuilder {
  line(line: LogLine): void
  /** O(routes + instances + their points). */
  summary(): LogSummary
}

interface Known {
  time: number
  fields: RetentionFields
}

/** A route within an instance. */
interface Share {
  readonly instance: Instance
  readonly route: Route
  first: { time: number; requests: number; errors: number; aborted: number } | null
  last: { time: number; requests: number; errors: number; aborted: number }
  known: Known | null
}

interface Route {
  readonly service: string
  readonly method: string
  readonly pattern: string
  readonly shares: Share[]
  /** Of intervals that belong to no share. */
  readonly loose: { requests: number; errors: number; aborted: number }
  readonly durations: MergedQuantiles
  readonly heap: Deltas
  readonly rss: Deltas
  newestMs: number
  slowestLayer: RouteLine['slowestLayer'] | null
  hungriestLayer: RouteLine['hungriestLayer'] | null
  readonly points: TimeBuckets<RoutePoint>
}

interface Deltas {
  clean: number
  sum: number
  max: number
}

interface Instance {
  readonly id: string
  service: string
  version: string
  readonly pid: number
  readonly hostname: string
  readonly threadId: number
  firstTime: number
  lastTime: number
  start: LogLineOf<'start'> | null
  stop: { time: number; reason: string } | null
  readonly shares: Map<Route, Share>
  newest: LogLineOf<'process'> | null
  requests: number
  dropped: number
  readonly gc: { minor: number; major: number; pauseMs: number }
  readonly self: { cpuMs: number; pauseMs: number; heapBytes: number }
  maxRssBytes: number
  readonly memory: TimeBuckets<MemoryPoint>
}

interface Leak {
  readonly instance: Instance
  readonly route: Route | null
  firstTime: number
  newest: LogLineOf<'leak'>
}

export function openSummary(options: SummaryOptions = {}): SummaryBuilder {
  const since = options.since ?? Number.NEGATIVE_INFINITY
  const instances = new Map<string, Instance>()
  const routes = new Map<string, Route>()
  const leaks = new Map<string, Leak>()
  const warnings = new Map<string, WarningSummary>()
  const measures = new Map<string, MeasureTotals>()
  /** `start` lines from before `since`. */
  const earlyStarts = new Map<string, LogLineOf<'start'>>()
  let shares = 0
  let from = Number.POSITIVE_INFINITY
  let to = Number.NEGATIVE_INFINITY
  /** Lines, by what there was too much of. */
  const left = { instances: 0, routes: 0, shares: 0, leaks: 0, warnings: 0, measures: 0 }

  function instanceOf(line: LogLine): Instance | null {
    let instance = instances.get(line.instance)
    if (!instance) {
      if (instances.size >= MAX_INSTANCES) return null
      instance = {
        id: line.instance,
        service: line.service,
        version: line.version,
        pid: line.pid,
        hostname: line.hostname,
        threadId: line.threadId,
        firstTime: line.time,
        lastTime: line.time,
        start: earlyStarts.get(line.instance) ?? null,
        stop: null,
        shares: new Map(),
        newest: null,
        requests: 0,
        dropped: 0,
        gc: { minor: 0, major: 0, pauseMs: 0 },
        self: { cpuMs: 0, pauseMs: 0, heapBytes: 0 },
        maxRssBytes: 0,
        memory: new TimeBuckets(
          pointsEach(MEMORY_POINTS, MAX_MEMORY_POINTS, instances.size + 1),
          emptyMemoryPoint,
          mergeMemoryPoints,
        ),
      }
      instances.set(line.instance, instance)
      if (isPowerOfTwo(instances.size)) {
        const limit = pointsEach(MEMORY_POINTS, MAX_MEMORY_POINTS, 2 * instances.size)
        for (const { memory } of instances.values()) memory.limit(limit)
      }
    }
    if (line.time < instance.firstTime) instance.firstTime = line.time
    if (line.time > instance.lastTime) instance.lastTime = line.time
    return instance
  }

  function routeOf(service: string, method: string, pattern: string): Route {
    const key = `${service}\n${method}\n${pattern}`
    const known = routes.get(key)
    if (known) return known
    // One place is kept free for each service's `(other)`.
    if (routes.size >= MAX_ROUTES && pattern !== OTHER) {
      left.routes++
      return routeOf(routes.size >= 2 * MAX_ROUTES ? '' : service, '', OTHER)
    }
    const route: Route = {
      service,
      method,
      pattern,
      shares: [],
      loose: { requests: 0, errors: 0, aborted: 0 },
      durations: new MergedQuantiles(),
      heap: { clean: 0, sum: 0, max: Number.NEGATIVE_INFINITY },
      rss: { clean: 0, sum: 0, max: Number.NEGATIVE_INFINITY },
      newestMs: Number.NEGATIVE_INFINITY,
      slowestLayer: null,
      hungriestLayer: null,
      points: new TimeBuckets(
        pointsEach(ROUTE_POINTS, MAX_ROUTE_POINTS, routes.size + 1),
        emptyRoutePoint,
        mergeRoutePoints,
      ),
    }
    routes.set(key, route)
    if (isPowerOfTwo(routes.size)) {
      const limit = pointsEach(ROUTE_POINTS, MAX_ROUTE_POINTS, 2 * routes.size)
      for (const { points } of routes.values()) points.limit(limit)
    }
    return route
  }

  function shareOf(instance: Instance, route: Route): Share | null {
    let share = instance.shares.get(route)
    if (!share) {
      if (shares >= MAX_INSTANCE_ROUTES) {
        left.shares++
        return null
      }
      shares++
      share = {
        instance,
        route,
        first: null,
        last: { time: Number.NEGATIVE_INFINITY, requests: 0, errors: 0, aborted: 0 },
        known: null,
      }
      instance.shares.set(route, share)
      route.shares.push(share)
    }
    return share
  }

  function takeRoute(line: LogLineOf<'route'>, instance: Instance): void {
    const route = routeOf(line.service, line.method, line.route)
    // What shares `(other)` only because of our limit has totals of many: they cannot be compared.
    const share = route.pattern === line.route ? shareOf(instance, route) : null
    if (share) {
      const { time } = line
      if (!share.first || time < share.first.time) {
        share.first = {
          time,
          requests: line.requestsTotal - line.requests,
          errors: line.errorsTotal - line.errors,
          aborted: line.abortedTotal - line.aborted,
        }
      }
      if (time >= share.last.time) {
        share.last = {
          time,
          requests: line.requestsTotal,
          errors: line.errorsTotal,
          aborted: line.abortedTotal,
        }
      }
      noteRetention(share, time, line)
    } else {
      route.loose.requests += line.requests
      route.loose.errors += line.errors
      route.loose.aborted += line.aborted
    }
    route.durations.add(line.requests, line.durationMs)
    addDeltas(route.heap, line.heapDeltaBytes)
    addDeltas(route.rss, line.rssDeltaBytes)
    if (line.time >= route.newestMs) {
      route.newestMs = line.time
      if (line.slowestLayer) route.slowestLayer = line.slowestLayer
      if (line.hungriestLayer) route.hungriestLayer = line.hungriestLayer
    }
    addRoutePoint(route.points.at(line.time), line)
  }

  function takeProcess(line: LogLineOf<'process'>, instance: Instance): void {
    if (!instance.newest || line.time >= instance.newest.time) instance.newest = line
    instance.requests += line.requests
    instance.dropped += line.dropped
    instance.gc.minor += line.gc.minor
    instance.gc.major += line.gc.major
    instance.gc.pauseMs += line.gc.pauseMs
    instance.self.cpuMs += line.self.cpuMs
    instance.self.pauseMs += line.self.pauseMs
    instance.self.heapBytes = Math.max(instance.self.heapBytes, line.self.heapBytes)
    instance.maxRssBytes = Math.max(instance.maxRssBytes, line.rssBytes)
    addMemoryPoint(instance.memory.at(line.time), line)
  }

  function takeLeak(line: LogLineOf<'leak'>, instance: Instance): void {
    const { scope, kind, method = '', route: pattern = '' } = line
    const key = [instance.id, scope, kind, method, pattern].join('\n')
    const known = leaks.get(key)
    if (known) {
      known.firstTime = Math.min(known.firstTime, line.time)
      if (line.time >= known.newest.time) known.newest = line
      return
    }
    if (leaks.size >= MAX_LEAKS) {
      left.leaks++
      return
    }
    const route = scope === 'route' ? routeOf(line.service, method, pattern) : null
    leaks.set(key, { instance, route, firstTime: line.time, newest: line })
  }

  function takeStop(line: LogLineOf<'stop'>, instance: Instance): void {
    instance.stop = { time: line.time, reason: line.reason }
    for (const verdict of line.verdicts) {
      const route = routeOf(line.service, verdict.method, verdict.route)
      const share = route.pattern === verdict.route ? shareOf(instance, route) : null
      if (!share) continue
      const { requestsTotal: requests, errorsTotal: errors, abortedTotal: aborted } = verdict
      if (line.time >= share.last.time) share.last = { time: line.time, requests, errors, aborted }
      // Without a line of its own there is no telling what of it lies before `since`.
      if (!share.first && options.since !== undefined) share.first = { ...share.last }
      noteRetention(share, line.time, verdict)
    }
  }

  function takeWarning(line: LogLineOf<'warning'>): void {
    const key = `${line.service}\n${line.code}`
    const known = warnings.get(key)
    if (!known && warnings.size >= MAX_WARNINGS) {
      left.warnings++
      return
    }
    const newer = !known || line.time >= known.lastTime
    warnings.set(key, {
      service: line.service,
      code: line.code,
      msg: newer ? line.msg : known.msg,
      count: (known?.count ?? 0) + 1,
      firstTime: Math.min(line.time, known?.firstTime ?? line.time),
      lastTime: Math.max(line.time, known?.lastTime ?? line.time),
    })
  }

  function takeMeasure(line: LogLineOf<'measure'>): void {
    const key = `${line.service}\n${line.label}`
    let totals = measures.get(key)
    if (!totals) {
      if (measures.size >= MAX_MEASURES) {
        left.measures++
        return
      }
      const { service, label } = line
      totals = {
        service,
        label,
        count: 0,
        errored: 0,
        ms: 0,
        maxMs: 0,
        heap: 0,
        maxHeap: -Infinity,
      }
      measures.set(key, totals)
    }
    totals.count++
    if (line.outcome === 'errored') totals.errored++
    totals.ms += line.durationMs
    totals.maxMs = Math.max(totals.maxMs, line.durationMs)
    totals.heap += line.heapUsedDeltaBytes
    totals.maxHeap = Math.max(totals.maxHeap, line.heapUsedDeltaBytes)
  }

  return {
    line(line) {
      const { event, time } = line
      if (time < since) {
        // What runs now may have started long before.
        if (event === 'start' && earlyStarts.size < MAX_INSTANCES) {
          earlyStarts.set(line.instance, line)
        }
        return
      }
      const instance = instanceOf(line)
      if (!instance) {
        left.instances++
        return
      }
      if (time < from) from = time
      if (time > to) to = time
      if (event === 'route') takeRoute(line, instance)
      else if (event === 'process') takeProcess(line, instance)
      else if (event === 'leak') takeLeak(line, instance)
      else if (event === 'stop') takeStop(line, instance)
      else if (event === 'start') instance.start = line
      else if (event === 'warning') takeWarning(line)
      else if (event === 'measure') takeMeasure(line)
    },
    summary() {
      const found = [...instances.values()].sort((a, b) => a.firstTime - b.firstTime)
      const predecessors = findRestarts(found)
      return {
        from: Number.isFinite(from) ? from : null,
        to: Number.isFinite(to) ? to : null,
        services: [...new Set(found.map(({ service }) => service))].sort(),
        instances: found.map((instance) => summarizeInstance(instance, predecessors)),
        routes: [...routes.values()].map(summarizeRoute).sort(byGravity),
        leaks: summarizeLeaks([...leaks.values()], [...routes.values()]),
        warnings: [...warnings.values()].sort((a, b) => a.firstTime - b.firstTime),
        measures: [...measures.values()].map(summarizeMeasure).sort((a, b) => b.count - a.count),
        leftOut: sayLeftOut(left),
      }
    },
  }
}

/** Room for `count` series of a budget of points: fewer each, the more there are. */
function pointsEach(budget: number, most: number, count: number): number {
  return Math.max(8, Math.min(most, Math.floor(budget / count)))
}

function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0
}

function noteRetention(share: Share, time: number, fields: RetentionFields): void {
  const { verdict, retainedBytesPerRequest, ci95, floorBytesPerRequest, keptRequestsShare } = fields
  if (verdict === undefined || (share.known && time < share.known.time)) return
  share.known = {
    time,
    fields: {
      verdict,
      ...(retainedBytesPerRequest === undefined ? {} : { retainedBytesPerRequest }),
      ...(ci95 === undefined ? {} : { ci95 }),
      ...(floorBytesPerRequest === undefined ? {} : { floorBytesPerRequest }),
      ...(keptRequestsShare === undefined ? {} : { keptRequestsShare }),
    },
  }
}

function addDeltas(into: Deltas, { clean, mean, max }: RouteLine['heapDeltaBytes']): void {
  if (clean === 0 || mean === undefined || max === undefined) return
  into.clean += clean
  into.sum += clean * mean
  if (max > into.max) into.max = max
}

function deltaTotals({ clean, sum, max }: Deltas): DeltaTotals {
  return clean === 0 ? { clean, mean: null, max: null } : { clean, mean: sum / clean, max }
}

function emptyMemoryPoint(time: number): MemoryPoint {
  return {
    time,
    rssBytes: 0,
    heapUsedBytes: 0,
    heapTotalBytes: 0,
    externalBytes: 0,
    arrayBuffersBytes: 0,
    liveHeapBytes: null,
    requests: 0,
    inFlight: 0,
    gcMinor: 0,
    gcMajor: 0,
    gcPauseMs: 0,
    loopDelayP99Ms: 0,
  }
}

function addMemoryPoint(point: MemoryPoint, line: LogLineOf<'process'>): void {
  point.rssBytes = Math.max(point.rssBytes, line.rssBytes)
  point.heapUsedBytes = Math.max(point.heapUsedBytes, line.heapUsedBytes)
  point.heapTotalBytes = Math.max(point.heapTotalBytes, line.heapTotalBytes)
  point.externalBytes = Math.max(point.externalBytes, line.externalBytes)
  point.arrayBuffersBytes = Math.max(point.arrayBuffersBytes, line.arrayBuffersBytes)
  point.liveHeapBytes = line.liveHeapBytes ?? point.liveHeapBytes
  point.requests += line.requests
  point.inFlight = Math.max(point.inFlight, line.inFlight)
  point.gcMinor += line.gc.minor
  point.gcMajor += line.gc.major
  point.gcPauseMs += line.gc.pauseMs
  point.loopDelayP99Ms = Math.max(point.loopDelayP99Ms, line.eventLoop.delayP99Ms)
}

function mergeMemoryPoints(into: MemoryPoint, later: MemoryPoint): void {
  into.rssBytes = Math.max(into.rssBytes, later.rssBytes)
  into.heapUsedBytes = Math.max(into.heapUsedBytes, later.heapUsedBytes)
  into.heapTotalBytes = Math.max(into.heapTotalBytes, later.heapTotalBytes)
  into.externalBytes = Math.max(into.externalBytes, later.externalBytes)
  into.arrayBuffersBytes = Math.max(into.arrayBuffersBytes, later.arrayBuffersBytes)
  into.liveHeapBytes = later.liveHeapBytes ?? into.liveHeapBytes
  into.requests += later.requests
  into.inFlight = Math.max(into.inFlight, later.inFlight)
  into.gcMinor += later.gcMinor
  into.gcMajor += later.gcMajor
  into.gcPauseMs += later.gcPauseMs
  into.loopDelayP99Ms = Math.max(into.loopDelayP99Ms, later.loopDelayP99Ms)
}

function emptyRoutePoint(time: number): RoutePoint {
  return {
    time,
    requests: 0,
    errors: 0,
    aborted: 0,
    meanMs: 0,
    p99Ms: 0,
    cleanHeapDeltaBytes: null,
    cleanRequests: 0,
    retainedBytesPerRequest: null,
  }
}

function addRoutePoint(point: RoutePoint, line: RouteLine): void {
  mergeRoutePoints(point, {
    time: point.time,
    requests: line.requests,
    errors: line.errors,
    aborted: line.aborted,
    meanMs: line.durationMs.mean,
    p99Ms: line.durationMs.p99,
    cleanHeapDeltaBytes: line.heapDeltaBytes.mean ?? null,
    cleanRequests: line.heapDeltaBytes.clean,
    retainedBytesPerRequest: line.retainedBytesPerRequest ?? null,
  })
}

function mergeRoutePoints(into: RoutePoint, later: RoutePoint): void {
  into.meanMs = weightedMean(into.meanMs, into.requests, later.meanMs, later.requests)
  into.requests += later.requests
  into.errors += later.errors
  into.aborted += later.aborted
  into.p99Ms = Math.max(into.p99Ms, later.p99Ms)
  if (later.cleanHeapDeltaBytes !== null) {
    into.cleanHeapDeltaBytes = weightedMean(
      into.cleanHeapDeltaBytes ?? 0,
      into.cleanRequests,
      later.cleanHeapDeltaBytes,
      later.cleanRequests,
    )
    into.cleanRequests += later.cleanRequests
  }
  into.retainedBytesPerRequest = later.retainedBytesPerRequest ?? into.retainedBytesPerRequest
}

function weightedMean(a: number, weightA: number, b: number, weightB: number): number {
  const weight = weightA + weightB
  return weight === 0 ? 0 : (a * weightA + b * weightB) / weight
}

/** Instance -> the one it took over from: of the same service, host and thread, ended before it began. */
function findRestarts(instances: readonly Instance[]): ReadonlyMap<Instance, Instance> {
  const predecessors = new Map<Instance, Instance>()
  const ended = new Map<string, Instance[]>()
  for (const instance of instances) {
    const place = [instance.service, instance.hostname, instance.threadId].join('\n')
    const others = ended.get(place) ?? []
    ended.set(place, others)
    const at = others.findLastIndex(({ lastTime }) => lastTime <= instance.firstTime)
    if (at >= 0) predecessors.set(instance, others.splice(at, 1)[0]!)
    others.push(instance)
  }
  return predecessors
}

function summarizeInstance(
  instance: Instance,
  predecessors: ReadonlyMap<Instance, Instance>,
): InstanceSummary {
  const { newest, memory } = instance
  return {
    instance: instance.id,
    service: instance.service,
    version: instance.version,
    pid: instance.pid,
    hostname: instance.hostname,
    threadId: instance.threadId,
    firstTime: instance.firstTime,
    lastTime: instance.lastTime,
    start: instance.start,
    stop: instance.stop,
    replaces: predecessors.get(instance)?.id ?? null,
    requests: instance.requests,
    dropped: instance.dropped,
    inFlight: newest?.inFlight ?? 0,
    gc: { ...instance.gc },
    self: { ...instance.self },
    heapLimitBytes: newest?.heapLimitBytes ?? null,
    secondsToLimit: newest?.secondsToLimit ?? null,
    maxRssBytes: instance.maxRssBytes,
    memory: memory.toSorted(),
    memoryStepMs: memory.widthMs,
  }
}

const GRAVITY: readonly Verdict[] = ['leaking', 'plateaued', 'steady', 'insufficient-data']

function summarizeRoute(route: Route): RouteSummary {
  const { durations, shares, loose } = route
  const sum = (of: 'requests' | 'errors' | 'aborted'): number =>
    shares.reduce((total, { first, last }) => {
      return total + Math.max(0, last[of] - (first?.[of] ?? 0))
    }, loose[of])
  const perInstance = shares
    .map((share): InstanceRoute => {
      const { instance, first, last, known } = share
      return {
        instance: instance.id,
        version: instance.version,
        requests: Math.max(0, last.requests - (first?.requests ?? 0)),
        ...known?.fields,
      }
    })
    .sort((a, b) => b.requests - a.requests)
  return {
    service: route.service,
    method: route.method,
    route: route.pattern,
    requests: sum('requests'),
    errors: sum('errors'),
    aborted: sum('aborted'),
    durationMs:
      durations.count === 0
        ? null
        : {
            mean: durations.mean,
            p50: durations.quantile(0.5),
            p90: durations.quantile(0.9),
            p99: durations.quantile(0.99),
            max: durations.max,
          },
    heapDeltaBytes: deltaTotals(route.heap),
    rssDeltaBytes: deltaTotals(route.rss),
    slowestLayer: route.slowestLayer,
    hungriestLayer: route.hungriestLayer,
    ...mergeRetention(perInstance),
    perInstance,
    points: route.points.toSorted(),
    stepMs: route.points.widthMs,
  }
}

/** The gravest verdict, with the figures of the instance that saw most of it. */
function mergeRetention(
  perInstance: readonly InstanceRoute[],
): RetentionFields & { verdict: Verdict } {
  const verdict =
    GRAVITY.find((grave) => perInstance.some((of) => of.verdict === grave)) ?? 'insufficient-data'
  const alike = perInstance.filter((of) => of.verdict === verdict)
  const [most] = alike
  if (!most) return { verdict }
  const { retainedBytesPerRequest, ci95, floorBytesPerRequest, keptRequestsShare } = most
  return {
    verdict,
    ...(retainedBytesPerRequest === undefined ? {} : { retainedBytesPerRequest }),
    ...(ci95 === undefined ? {} : { ci95 }),
    ...(floorBytesPerRequest === undefined ? {} : { floorBytesPerRequest }),
    ...(keptRequestsShare === undefined ? {} : { keptRequestsShare }),
  }
}

function byGravity(a: RouteSummary, b: RouteSummary): number {
  const leaking = Number(b.verdict === 'leaking') - Number(a.verdict === 'leaking')
  if (leaking !== 0) return leaking
  if (a.verdict === 'leaking') return grownBytes(b) - grownBytes(a)
  return b.requests - a.requests
}

function grownBytes({ retainedBytesPerRequest = 0, requests }: RouteSummary): number {
  return retainedBytesPerRequest * requests
}

/** Leaks of instances put together, and those that a route is called for without a line of its own. */
function summarizeLeaks(leaks: readonly Leak[], routes: readonly Route[]): LeakSummary[] {
  const groups = new Map<string, Leak[]>()
  for (const leak of leaks) {
    const { service, scope, kind, method = '', route = '' } = leak.newest
    const key = [service, scope, kind, method, route].join('\n')
    const group = groups.get(key)
    if (group) group.push(leak)
    else groups.set(key, [leak])
  }
  const told = new Set(
    leaks.map(({ instance, route }) => (route ? instance.shares.get(route) : null)),
  )
  const untold = routes.flatMap((route) => {
    const shares = route.shares.filter(
      (share) => share.known?.fields.verdict === 'leaking' && !told.has(share),
    )
    const known = leaks.some((leak) => leak.route === route)
    return shares.length === 0 || known ? [] : [leakWithoutLine(route, shares)]
  })
  return [...[...groups.values()].map(mergeLeaks), ...untold].sort(
    (a, b) =>
      Number(a.since !== null) - Number(b.since !== null) || b.retainedBytes - a.retainedBytes,
  )
}

function mergeLeaks(group: readonly Leak[]): LeakSummary {
  const inOrder = group.toSorted((a, b) => b.newest.time - a.newest.time)
  const perInstance = inOrder.map(leakOfInstance)
  const still = inOrder.filter((_, at) => perInstance[at]!.since === null)
  // What was taken back has no say where another instance still shows the leak.
  const counted = still.length > 0 ? still : inOrder
  const most = counted.reduce((a, b) => (b.newest.requests > a.newest.requests ? b : a)).newest
  const held = counted.find(({ newest }) => newest.holders.length > 0)?.newest
  const seconds = counted.flatMap(({ newest, instance }) => {
    return instance.newest?.secondsToLimit ?? newest.secondsToLimit ?? []
  })
  const share = most.scope === 'route' ? shareOfLeak(counted) : null
  return {
    service: most.service,
    scope: most.scope,
    kind: most.kind,
    method: most.scope === 'route' ? (most.method ?? '') : '',
    route: most.route ?? '',
    bytesPerRequest: most.bytesPerRequest ?? null,
    bytesPerSecond: most.bytesPerSecond ?? null,
    ci95: most.ci95 ?? null,
    floorBytesPerRequest: most.floorBytesPerRequest ?? null,
    requests: counted.reduce((sum, { newest }) => sum + newest.requests, 0),
    retainedBytes: counted.reduce((sum, { newest }) => sum + newest.retainedBytes, 0),
    keptRequestsShare: share ?? most.keptRequestsShare ?? null,
    attribution: most.attribution ?? null,
    directShare: most.directShare ?? null,
    sites: mergeSites(counted),
    holders: (held ?? most).holders,
    holdersNote: (held ?? most).holdersNote ?? null,
    secondsToLimit: seconds.length === 0 ? null : Math.min(...seconds),
    firstTime: Math.min(...group.map(({ firstTime }) => firstTime)),
    lastTime: inOrder[0]!.newest.time,
    since: still.length > 0 ? null : perInstance[0]!.since,
    perInstance,
  }
}

/** The newest share of kept requests: route lines tell it more often than leak lines do. */
function shareOfLeak([leak]: readonly Leak[]): number | null {
  const share = leak?.route ? leak.instance.shares.get(leak.route) : undefined
  return share?.known?.fields.keptRequestsShare ?? null
}

function leakOfInstance({ instance, route, firstTime, newest }: Leak): LeakOfInstance {
  const known = route ? instance.shares.get(route)?.known : null
  const now = known && known.time >= newest.time ? known.fields.verdict : undefined
  return {
    instance: instance.id,
    version: instance.version,
    bytesPerRequest: newest.bytesPerRequest ?? null,
    bytesPerSecond: newest.bytesPerSecond ?? null,
    ci95: newest.ci95 ?? null,
    firstTime,
    lastTime: newest.time,
    since: now === undefined || now === 'leaking' ? null : now,
  }
}

/** Called leaking in `route` lines, before or without a `leak` line: how much, but not where. */
function leakWithoutLine(route: Route, shares: readonly Share[]): LeakSummary {
  const perInstance = shares.map(({ instance, known }): LeakOfInstance => {
    const { retainedBytesPerRequest: bytes, ci95 } = known!.fields
    return {
      instance: instance.id,
      version: instance.version,
      bytesPerRequest: bytes ?? null,
      bytesPerSecond: null,
      ci95: ci95 ?? null,
      firstTime: known!.time,
      lastTime: known!.time,
      since: null,
    }
  })
  const most = shares.reduce((a, b) => (b.last.requests > a.last.requests ? b : a))
  const { retainedBytesPerRequest: bytes, ci95, ...fields } = most.known!.fields
  return {
    service: route.service,
    scope: 'route',
    kind: 'heap',
    method: route.method,
    route: route.pattern,
    bytesPerRequest: bytes ?? null,
    bytesPerSecond: null,
    ci95: ci95 ?? null,
    floorBytesPerRequest: fields.floorBytesPerRequest ?? null,
    requests: shares.reduce((sum, { last }) => sum + last.requests, 0),
    retainedBytes: shares.reduce(
      (sum, { last, known }) => sum + last.requests * (known!.fields.retainedBytesPerRequest ?? 0),
      0,
    ),
    keptRequestsShare: fields.keptRequestsShare ?? null,
    attribution: null,
    directShare: null,
    sites: [],
    holders: [],
    holdersNote: null,
    secondsToLimit: most.instance.newest?.secondsToLimit ?? null,
    firstTime: Math.min(...perInstance.map(({ firstTime }) => firstTime)),
    lastTime: Math.max(...perInstance.map(({ lastTime }) => lastTime)),
    since: null,
    perInstance,
  }
}

/** Sites of all instances by function, file and line; shares anew of what they are together. */
function mergeSites(leaks: readonly Leak[]): Site[] {
  if (leaks.length === 1) return [...leaks[0]!.newest.sites]
  const found = new Map<string, Site>()
  for (const { newest } of leaks) {
    for (const site of newest.sites) {
      const key = [site.function, site.file, site.line, site.column].join('\n')
      const known = found.get(key)
      if (known) known.bytes += site.bytes
      else found.set(key, { ...site })
    }
  }
  const sites = [...found.values()].sort((a, b) => b.bytes - a.bytes)
  const total = sites.reduce((sum, { bytes }) => sum + bytes, 0)
  for (const site of sites) site.share = total === 0 ? 0 : site.bytes / total
  return sites.slice(0, MAX_SITES)
}

interface MeasureTotals {
  readonly service: string
  readonly label: string
  count: number
  errored: number
  ms: number
  maxMs: number
  heap: number
  maxHeap: number
}

function summarizeMeasure(totals: MeasureTotals): MeasureSummary {
  const { service, label, count, errored, ms, maxMs, heap, maxHeap } = totals
  return {
    service,
    label,
    count,
    errored,
    meanMs: ms / count,
    maxMs,
    meanHeapDeltaBytes: heap / count,
    maxHeapDeltaBytes: maxHeap,
  }
}

function sayLeftOut(left: Readonly<Record<string, number>>): string[] {
  const said: Readonly<Record<string, string>> = {
    instances: `lines of more than ${MAX_INSTANCES} processes`,
    routes: `lines of more than ${MAX_ROUTES} routes (they share ${OTHER})`,
    shares: `lines of more than ${MAX_INSTANCE_ROUTES} routes of processes (counted, without verdicts)`,
    leaks: `lines of more than ${MAX_LEAKS} leaks`,
    warnings: `lines of more than ${MAX_WARNINGS} kinds of warnings`,
    measures: `lines of more than ${MAX_MEASURES} labels of measure()`,
  }
  return Object.entries(left).flatMap(([what, lines]) =>
    lines === 0 ? [] : [`${lines} ${said[what]}`],
  )
}
