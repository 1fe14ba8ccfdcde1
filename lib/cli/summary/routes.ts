/** Routes over all instances of their services, and what each instance says of them. */
import {
  type RetentionFields,
  type RouteLine,
  type RouteVerdict,
  VERDICTS,
} from '../../schema/lines'
import { MergedQuantiles } from '../../stats/merged-quantiles'
import type { LogLineOf } from '../log/log-line'
import type { InstanceTally } from './instances'
import { Limit } from './limit'
import { poolRates } from './pool-rates'
import { addRoutePoint, emptyRoutePoint, mergeRoutePoints, type RoutePoint } from './series'
import type { DeltaTotals, RouteOfInstance, RouteSummary } from './summary'
import { SeriesPool, TimeBuckets } from './time-buckets'

/** Routes told apart over all services; the rest share `(other)`. */
const MAX_ROUTES = 4096
/** Routes of instances whose totals and verdicts are known one by one. */
const MAX_INSTANCE_ROUTES = 50_000
/** Points of all routes together, and of one. */
const ROUTE_POINTS = 32_768
const MAX_ROUTE_POINTS = 128
const OTHER = '(other)'

interface Totals {
  requests: number
  errors: number
  aborted: number
}

interface TotalsAt extends Totals {
  readonly time: number
}

/** A route within an instance. */
export interface InstanceRouteTally {
  readonly instance: InstanceTally
  readonly route: RouteTally
  /** Since the start of the process: before the first line that counts, and at the last. */
  first: TotalsAt | null
  last: TotalsAt
  /** Newest; null before there is a verdict. */
  judged: { readonly time: number; readonly retention: RetentionFields } | null
}

export interface RouteTally {
  readonly service: string
  readonly method: string
  readonly pattern: string
  readonly ofInstances: InstanceRouteTally[]
  /** Of intervals of no instance's route: those were too many. */
  readonly loose: Totals
  readonly durations: MergedQuantiles
  readonly heap: DeltaSums
  readonly rss: DeltaSums
  newestMs: number
  slowestLayer: RouteLine['slowestLayer'] | null
  hungriestLayer: RouteLine['hungriestLayer'] | null
  readonly points: TimeBuckets<RoutePoint>
}

/** Over clean requests. */
interface DeltaSums {
  clean: number
  sum: number
  max: number
}

export class Routes {
  readonly limit: Limit = new Limit(MAX_ROUTES, `routes (they share ${OTHER})`)
  readonly limitOfInstances: Limit = new Limit(
    MAX_INSTANCE_ROUTES,
    'routes of processes (counted, without verdicts)',
  )
  readonly #byKey = new Map<string, RouteTally>()
  /** By the route's pattern. */
  readonly #ofInstances = new Map<InstanceTally, Map<string, InstanceRouteTally[]>>()
  #instanceRoutes = 0
  readonly #points = new SeriesPool(
    ROUTE_POINTS,
    MAX_ROUTE_POINTS,
    (maxPoints) => new TimeBuckets(maxPoints, emptyRoutePoint, mergeRoutePoints),
  )

  all(): RouteTally[] {
    return [...this.#byKey.values()]
  }

  take(line: LogLineOf<'route'>, instance: InstanceTally): void {
    const { service, method, route: pattern } = line
    const known = this.#find(instance, service, method, pattern)
    const route = known?.route ?? this.of(service, method, pattern)
    // What shares `(other)` only because of our limit has totals of many: they cannot be compared.
    const own = known ?? (route.pattern === pattern ? this.#ofInstance(instance, route) : null)
    if (own) {
      const { time } = line
      if (!own.first || time < own.first.time) {
        own.first = totalsAt(time, line)
        own.first.requests -= line.requests
        own.first.errors -= line.errors
        own.first.aborted -= line.aborted
      }
      if (time >= own.last.time) own.last = totalsAt(time, line)
      noteRetention(own, time, line)
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

  /**
   * The verdicts at the end of a process.
   *
   * @param isPart - lines from before a time were left out
   */
  takeVerdicts(line: LogLineOf<'stop'>, instance: InstanceTally, isPart: boolean): void {
    for (const verdict of line.verdicts) {
      const route = this.of(line.service, verdict.method, verdict.route)
      const own = route.pattern === verdict.route ? this.#ofInstance(instance, route) : null
      if (!own) continue
      if (line.time >= own.last.time) own.last = totalsAt(line.time, verdict)
      // Without a line of its own there is no telling what of it was left out.
      if (!own.first && isPart) own.first = { ...own.last }
      noteRetention(own, line.time, verdict)
    }
  }

  /** The route of that name, made where it is new; `(other)` where it is one too many. */
  of(service: string, method: string, pattern: string): RouteTally {
    const key = `${service}\n${method}\n${pattern}`
    const known = this.#byKey.get(key)
    if (known) return known
    // One place is kept free for each service's `(other)`.
    if (pattern !== OTHER && !this.limit.admits(this.#byKey.size)) {
      return this.of(this.#byKey.size >= 2 * MAX_ROUTES ? '' : service, '', OTHER)
    }
    const route: RouteTally = {
      service,
      method,
      pattern,
      ofInstances: [],
      loose: { requests: 0, errors: 0, aborted: 0 },
      durations: new MergedQuantiles(),
      heap: { clean: 0, sum: 0, max: Number.NEGATIVE_INFINITY },
      rss: { clean: 0, sum: 0, max: Number.NEGATIVE_INFINITY },
      newestMs: Number.NEGATIVE_INFINITY,
      slowestLayer: null,
      hungriestLayer: null,
      points: this.#points.open(),
    }
    this.#byKey.set(key, route)
    return route
  }

  /** What an instance says of a route; undefined where it has not. */
  find(instance: InstanceTally, route: RouteTally): InstanceRouteTally | undefined {
    return this.#find(instance, route.service, route.method, route.pattern)
  }

  /** Without a key that is put together, which would cost more than the rest of a line's counting. */
  #find(
    instance: InstanceTally,
    service: string,
    method: string,
    pattern: string,
  ): InstanceRouteTally | undefined {
    const alike = this.#ofInstances.get(instance)?.get(pattern)
    return alike?.find(({ route }) => route.method === method && route.service === service)
  }

  #ofInstance(instance: InstanceTally, route: RouteTally): InstanceRouteTally | null {
    const known = this.find(instance, route)
    if (known) return known
    if (!this.limitOfInstances.admits(this.#instanceRoutes)) return null
    this.#instanceRoutes++
    const own: InstanceRouteTally = {
      instance,
      route,
      first: null,
      last: { time: Number.NEGATIVE_INFINITY, requests: 0, errors: 0, aborted: 0 },
      judged: null,
    }
    route.ofInstances.push(own)
    let byPattern = this.#ofInstances.get(instance)
    if (!byPattern) this.#ofInstances.set(instance, (byPattern = new Map()))
    const alike = byPattern.get(route.pattern)
    if (alike) alike.push(own)
    else byPattern.set(route.pattern, [own])
    return own
  }

  /** Leaking first, the fastest growth first; then by requests. */
  summaries(): RouteSummary[] {
    return this.all().map(summarize).filter(hasSomething).sort(byGravity)
  }
}

function totalsAt(
  time: number,
  line: Pick<RouteVerdict, 'requestsTotal' | 'errorsTotal' | 'abortedTotal'>,
): TotalsAt {
  const { requestsTotal: requests, errorsTotal: errors, abortedTotal: aborted } = line
  return { time, requests, errors, aborted }
}

function noteRetention(own: InstanceRouteTally, time: number, line: RetentionFields): void {
  const { verdict, retainedBytesPerRequest, ci95, floorBytesPerRequest, keptRequestsShare } = line
  const { outcome } = line
  if (verdict === undefined || (own.judged && time < own.judged.time)) return
  own.judged = {
    time,
    retention: {
      verdict,
      ...(retainedBytesPerRequest === undefined ? {} : { retainedBytesPerRequest }),
      ...(ci95 === undefined ? {} : { ci95 }),
      ...(floorBytesPerRequest === undefined ? {} : { floorBytesPerRequest }),
      ...(keptRequestsShare === undefined ? {} : { keptRequestsShare }),
      ...(outcome === undefined ? {} : { outcome }),
    },
  }
}

function addDeltas(into: DeltaSums, { clean, mean, max }: RouteLine['heapDeltaBytes']): void {
  if (clean === 0 || mean === undefined || max === undefined) return
  into.clean += clean
  into.sum += clean * mean
  if (max > into.max) into.max = max
}

function deltaTotals({ clean, sum, max }: DeltaSums): DeltaTotals {
  return clean === 0 ? { clean, mean: null, max: null } : { clean, mean: sum / clean, max }
}

function summarize(route: RouteTally): RouteSummary {
  const { durations, loose } = route
  const sum = (of: keyof Totals): number =>
    route.ofInstances.reduce((total, own) => total + within(own, of), loose[of])
  const perInstance = route.ofInstances
    .map(
      (own): RouteOfInstance => ({
        instance: own.instance.instance,
        version: own.instance.version,
        requests: within(own, 'requests'),
        ...own.judged?.retention,
      }),
    )
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

/** Never below zero, whatever totals a log claims. */
function within({ first, last }: InstanceRouteTally, of: keyof Totals): number {
  return Math.max(0, last[of] - (first?.[of] ?? 0))
}

type Retention = RetentionFields & Pick<RouteSummary, 'verdict' | 'agreement'>

/** The gravest verdict, its figures pooled over the instances that share it. */
function mergeRetention(perInstance: readonly RouteOfInstance[]): Retention {
  const verdict =
    VERDICTS.find((grave) => perInstance.some((of) => of.verdict === grave)) ?? 'insufficient-data'
  const grave = perInstance.filter((of) => of.verdict === verdict)
  // Figures per request of one outcome and of any are not alike: those of whoever had the most requests.
  const outcome = grave[0]?.outcome
  const alike = grave.filter((of) => of.outcome === outcome)
  const rate = poolRates(alike.map((of) => [of.retainedBytesPerRequest, of.ci95]))
  // The smallest leak that one of them would have seen: the others say nothing against it.
  const floors = alike.flatMap(({ floorBytesPerRequest }) => floorBytesPerRequest ?? [])
  const [keptRequestsShare] = alike.flatMap((of) => of.keptRequestsShare ?? [])
  return {
    verdict,
    agreement: rate?.agreement ?? null,
    ...(rate === null ? {} : { retainedBytesPerRequest: rate.value }),
    ...(rate?.ci95 ? { ci95: rate.ci95 } : {}),
    ...(floors.length === 0 ? {} : { floorBytesPerRequest: Math.min(...floors) }),
    ...(keptRequestsShare === undefined ? {} : { keptRequestsShare }),
    ...(outcome === undefined ? {} : { outcome }),
  }
}

/** Of a route whose requests are all in flight still, or were before the time that counts, nothing is known. */
function hasSomething({ requests, aborted, verdict }: RouteSummary): boolean {
  return requests + aborted > 0 || verdict === 'leaking'
}

function byGravity(a: RouteSummary, b: RouteSummary): number {
  const leaking = Number(b.verdict === 'leaking') - Number(a.verdict === 'leaking')
  if (leaking !== 0) return leaking
  if (a.verdict === 'leaking') return grownBytes(b) - grownBytes(a)
  return b.requests - a.requests
}

function grownBytes(route: RouteSummary): number {
  const { retainedBytesPerRequest = 0, requests, aborted, errors, outcome } = route
  return retainedBytesPerRequest * { aborted, failed: errors, any: requests }[outcome ?? 'any']
}
