/** What is kept while a log is read, and how a line changes it. */
import type { RetentionFields, RouteLine } from '../../schema/lines'
import type { MergedQuantiles } from '../../stats/merged-quantiles'
import type { LogLineOf } from '../log/log-line'
import type { MemoryPoint, RoutePoint } from './series'
import type { DeltaTotals } from './summary'
import type { TimeBuckets } from './time-buckets'

export interface Known {
  time: number
  fields: RetentionFields
}

/** A route within an instance. */
export interface Share {
  readonly instance: Instance
  readonly route: Route
  first: { time: number; requests: number; errors: number; aborted: number } | null
  last: { time: number; requests: number; errors: number; aborted: number }
  known: Known | null
}

export interface Route {
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

export interface Deltas {
  clean: number
  sum: number
  max: number
}

export interface Instance {
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
  /** The same by the route's pattern. */
  readonly sharesByPattern: Map<string, Share[]>
  newest: LogLineOf<'process'> | null
  requests: number
  dropped: number
  readonly gc: { minor: number; major: number; pauseMs: number }
  readonly self: { cpuMs: number; pauseMs: number; heapBytes: number }
  maxRssBytes: number
  readonly memory: TimeBuckets<MemoryPoint>
}

export interface Leak {
  readonly instance: Instance
  readonly route: Route | null
  firstTime: number
  newest: LogLineOf<'leak'>
}

export function noteRetention(share: Share, time: number, fields: RetentionFields): void {
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

export function addDeltas(into: Deltas, { clean, mean, max }: RouteLine['heapDeltaBytes']): void {
  if (clean === 0 || mean === undefined || max === undefined) return
  into.clean += clean
  into.sum += clean * mean
  if (max > into.max) into.max = max
}

export function deltaTotals({ clean, sum, max }: Deltas): DeltaTotals {
  return clean === 0 ? { clean, mean: null, max: null } : { clean, mean: sum / clean, max }
}
