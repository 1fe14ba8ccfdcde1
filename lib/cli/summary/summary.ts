/** What is known of a log in the end: `memprof report --json` prints it as it stands here. */
import type {
  Attribution,
  GrowthFields,
  Holder,
  Interval,
  LeakKind,
  LeakOutcome,
  LeakScope,
  RetentionFields,
  RouteLine,
  Site,
  TraceFields,
  Verdict,
} from '../../schema/lines'
import type { LogLineOf } from '../log/log-line'
import type { MemoryPoint, RoutePoint } from './series'

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
  /** Its books: those of the newest line that has them; null before the first judgement. */
  readonly growth: GrowthFields | null
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
export interface RouteOfInstance extends RetentionFields {
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
  readonly perInstance: readonly RouteOfInstance[]
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
  /** '' in all scopes but `route`. */
  readonly method: string
  /** The mount below which it is shared, in scope `shared`; '' where there is none. */
  readonly route: string
  readonly bytesPerRequest: number | null
  readonly bytesPerSecond: number | null
  readonly ci95: Interval | null
  /** Between the instances that still show it; null with fewer than two. */
  readonly agreement: Agreement | null
  readonly floorBytesPerRequest: number | null
  /** Of the requests that pay, where not all do: all figures are theirs. */
  readonly outcome: LeakOutcome | null
  readonly outcomeShare: number | null
  readonly requests: number
  /** Over all instances. */
  readonly retainedBytes: number
  readonly keptRequestsShare: number | null
  readonly attribution: Attribution | null
  readonly directShare: number | null
  readonly trace: TraceFields | null
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
