/** A route over all instances of its service. */
import type { RetentionFields, Verdict } from '../../schema/lines'
import { poolRates } from './pool-rates'
import type { InstanceRoute, RouteSummary } from './summary'
import { deltaTotals, type Route } from './tally'

const GRAVITY: readonly Verdict[] = ['leaking', 'plateaued', 'steady', 'insufficient-data']

export function summarizeRoute(route: Route): RouteSummary {
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

type Retention = RetentionFields & Pick<RouteSummary, 'verdict' | 'agreement'>

/** The gravest verdict, its figures pooled over the instances that share it. */
function mergeRetention(perInstance: readonly InstanceRoute[]): Retention {
  const verdict =
    GRAVITY.find((grave) => perInstance.some((of) => of.verdict === grave)) ?? 'insufficient-data'
  const alike = perInstance.filter((of) => of.verdict === verdict)
  const rate = poolRates(alike.map((of) => [of.retainedBytesPerRequest, of.ci95]))
  // The smallest leak that one of them would have seen: the others say nothing against it.
  const floors = alike.flatMap(({ floorBytesPerRequest }) => floorBytesPerRequest ?? [])
  const keptRequestsShare = alike.find(
    (of) => of.keptRequestsShare !== undefined,
  )?.keptRequestsShare
  return {
    verdict,
    agreement: rate?.agreement ?? null,
    ...(rate === null ? {} : { retainedBytesPerRequest: rate.value }),
    ...(rate?.ci95 ? { ci95: rate.ci95 } : {}),
    ...(floors.length === 0 ? {} : { floorBytesPerRequest: Math.min(...floors) }),
    ...(keptRequestsShare === undefined ? {} : { keptRequestsShare }),
  }
}

export function byGravity(a: RouteSummary, b: RouteSummary): number {
  const leaking = Number(b.verdict === 'leaking') - Number(a.verdict === 'leaking')
  if (leaking !== 0) return leaking
  if (a.verdict === 'leaking') return grownBytes(b) - grownBytes(a)
  return b.requests - a.requests
}

function grownBytes({ retainedBytesPerRequest = 0, requests }: RouteSummary): number {
  return retainedBytesPerRequest * requests
}
