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
} from '../../schema/lines'
import { MergedQuantiles } from '../../stats/merged-quantiles'
import type { LogLine, LogLineOf } from '../log/log-line'
import { findTakeovers, summarizeInstance } from './merge-instances'
import { summarizeLeaks } from './merge-leaks'
import { byGravity, summarizeRoute } from './merge-routes'
import {
  addMemoryPoint,
  addRoutePoint,
  emptyMemoryPoint,
  emptyRoutePoint,
  type MemoryPoint,
  mergeMemoryPoints,
  mergeRoutePoints,
  type RoutePoint,
} from './series'
import { addDeltas, type Instance, type Leak, noteRetention, type Route, type Share } from './tally'
import { TimeBuckets } from './time-buckets'

/** Processes and threads told apart; the lines of more are counted alone. */
const MAX_INSTANCES = 4096
/** Routes told apart over all services; the rest share `(other)`. */
const MAX_ROUTES = 4096
/** Routes of instances whose totals and verdicts are known one by one. */
const MAX_INSTANCE_ROUTES = 50_000
/** Leaks of instances. */
const MAX_LEAKS = 4096
/** Kinds of warnings, and labels of `measure()`. */
const MAX_WARNINGS = 200
const MAX_MEASURES = 500
/** Points of all instances' memory together, and of one. */
const MEMORY_POINTS = 16_384
const MAX_MEMORY_POINTS = 256
/** Points of all routes together, and of one. */
const ROUTE_POINTS = 32_768
const MAX_ROUTE_POINTS = 128
const OTHER = '(other)'

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
  /** The one that took over from it. */
  readonly replacedBy: string | null
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

/** How well the estimates of several instances go together: see lib/stats/pooled-estimate. */
export interface Agreement {
  /** Estimates that were pooled. */
  readonly count: number
  /** They differ by more than their intervals explain. */
  readonly heterogeneous: boolean
  readonly pValue: number
  readonly iSquared: number
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
  /** The gravest of the instances' verdicts; the figures are pooled over those that share it. */
  readonly verdict: Verdict
  /** Null with fewer than two estimates. */
  readonly agreement: Agreement | null
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
  /** What its route is called since, or it is itself, where that is not `leaking` any more. */
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
  /** Between the instances that still show it; null with fewer than two. */
  readonly agreement: Agreement | null
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
  /** Of the newest line that `since` left out; null where it left out none. */
  readonly newestBefore: number | null
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
  let newestBefore = Number.NEGATIVE_INFINITY
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
        sharesByPattern: new Map(),
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
      const alike = instance.sharesByPattern.get(route.pattern)
      if (alike) alike.push(share)
      else instance.sharesByPattern.set(route.pattern, [share])
    }
    return share
  }

  /** Found without putting a key together, which costs more than the rest of a line's counting. */
  function knownShare(line: LogLineOf<'route'>, instance: Instance): Share | undefined {
    return instance.sharesByPattern
      .get(line.route)
      ?.find(({ route }) => route.method === line.method && route.service === line.service)
  }

  function takeRoute(line: LogLineOf<'route'>, instance: Instance): void {
    const known = knownShare(line, instance)
    const route = known?.route ?? routeOf(line.service, line.method, line.route)
    // What shares `(other)` only because of our limit has totals of many: they cannot be compared.
    const share = known ?? (route.pattern === line.route ? shareOf(instance, route) : null)
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
        newestBefore = Math.max(newestBefore, time)
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
      const takeovers = findTakeovers(found)
      return {
        from: Number.isFinite(from) ? from : null,
        to: Number.isFinite(to) ? to : null,
        newestBefore: Number.isFinite(newestBefore) ? newestBefore : null,
        services: [...new Set(found.map(({ service }) => service))].sort(),
        instances: found.map((instance) => summarizeInstance(instance, takeovers)),
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
