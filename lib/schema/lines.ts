/**
 * The log records: the contract between the profiled process, the log tools and the commands.
 *
 * Units end a field's name. A field that is not known is left out, never null or guessed. Removing
 * or renaming a field, or changing its unit, is a breaking change and raises SCHEMA_VERSION.
 * lib/schema/fields has a row for each field that says what it is. The words that a field may have stand
 * here, each list once: all that tells them apart, in the process and in the commands, reads these.
 */
export const SCHEMA_VERSION = 1

/** debug, info, warn. */
export const LEVELS = [20, 30, 40] as const

/** The gravest first. */
export const VERDICTS = ['leaking', 'plateaued', 'steady', 'insufficient-data'] as const
export type Verdict = (typeof VERDICTS)[number]

/** Of leaks that no route is blamed for. */
export const UNROUTED_SCOPES = ['shared', 'process', 'open'] as const
export const LEAK_SCOPES: readonly ['route', ...typeof UNROUTED_SCOPES] = [
  'route',
  ...UNROUTED_SCOPES,
]
export type LeakScope = (typeof LEAK_SCOPES)[number]

export const LEAK_KINDS = ['heap', 'buffers', 'native'] as const
export type LeakKind = (typeof LEAK_KINDS)[number]

export const ATTRIBUTIONS = ['direct', 'traced', 'estimated'] as const
export type Attribution = (typeof ATTRIBUTIONS)[number]

export const HOLDER_KINDS = ['Map', 'Set', 'Array', 'Object', 'LinkedList', 'Timers'] as const
export const MEASURE_OUTCOMES = ['finished', 'errored'] as const
/** Of the requests of a route that pay for all it keeps. */
export const LEAK_OUTCOMES = ['aborted', 'failed'] as const
export type LeakOutcome = (typeof LEAK_OUTCOMES)[number]
export const REQUEST_OUTCOMES = ['finished', 'aborted', 'errored'] as const

/**
 * Work that is no request: `operation`, one of GraphQL's within a request; `call`, any other part of one, as
 * a tool of MCP's; the others come by themselves.
 */
export const UNIT_KINDS = ['operation', 'call', 'message', 'job', 'tick', 'task'] as const
export type UnitKind = (typeof UNIT_KINDS)[number]

export interface UnitName {
  kind: UnitKind
  name: string
}

/** What is counted, judged and blamed: a route, by `method` and `route`, or another unit of work, by `unit`. */
export interface WorkName {
  method?: string
  route?: string
  unit?: UnitName
}

/** Low and high end of a 95 % interval, in bytes per request. */
export type Interval = readonly [number, number]

/** In every line, besides what its event has. */
export interface LineBase {
  level: (typeof LEVELS)[number]
  time: number
  pid: number
  hostname: string
  name: 'memprof'
  v: typeof SCHEMA_VERSION
  service: string
  version: string
  instance: string
  threadId?: number
  msg: string
}

export interface MemoryFields {
  rssBeforeBytes: number
  rssAfterBytes: number
  rssDeltaBytes: number
  vsizeBeforeBytes?: number
  vsizeAfterBytes?: number
  vsizeDeltaBytes?: number
  heapUsedBeforeBytes: number
  heapUsedAfterBytes: number
  heapUsedDeltaBytes: number
  heapTotalBeforeBytes: number
  heapTotalAfterBytes: number
  heapTotalDeltaBytes: number
  externalBeforeBytes: number
  externalAfterBytes: number
  externalDeltaBytes: number
}

/** Where a server listens: an address, or the path of a socket. */
export type Listening =
  | { protocol: 'http' | 'https'; host: string; port: number }
  | { socket: string }

export interface StartLine {
  event: 'start'
  /** The first server. */
  listen?: Listening
  versions: { memprof: string; node: string }
  config: Record<string, unknown>
  hooked: ReadonlyArray<{ name: string; version: string }>
  notHooked: ReadonlyArray<{ name: string; version: string; why: string }>
}

/**
 * One finished request; debug level, written at the drain. Also on channel `memprof:request`.
 * rss and vsize are up to 1 ms old. So is the heap where other requests were in flight: what it grew
 * by belongs to all of them. Of a `clean` request it is exact.
 */
export interface RequestLine extends MemoryFields {
  event: 'request'
  method: string
  route: string
  path?: string
  status: number
  outcome: (typeof REQUEST_OUTCOMES)[number]
  durationMs: number
  concurrency: number
  gcs: number
  clean: boolean
}

export interface DeltaSummary {
  clean: number
  mean?: number
  p50?: number
  max?: number
}

/** What is known of a route's retention; no field but `verdict` before it is known. */
export interface RetentionFields {
  verdict?: Verdict
  retainedBytesPerRequest?: number
  ci95?: Interval
  floorBytesPerRequest?: number
  keptRequestsShare?: number
  /** The bytes, floor included, are per request that ended so; missing where it makes no difference. */
  outcome?: LeakOutcome
}

/** One per route that had requests in the interval, and per unit of work; what is said of requests is of those. */
export interface RouteLine extends WorkName, RetentionFields {
  event: 'route'
  requests: number
  errors: number
  aborted: number
  inFlight: number
  durationMs: { mean: number; p50: number; p90: number; p99: number; max: number }
  heapDeltaBytes: DeltaSummary
  rssDeltaBytes: DeltaSummary
  slowestLayer?: { name: string; meanMs: number }
  hungriestLayer?: { name: string; meanBytes: number }
  requestsTotal: number
  errorsTotal: number
  abortedTotal: number
}

export interface ProcessLine {
  event: 'process'
  rssBytes: number
  vsizeBytes?: number
  heapUsedBytes: number
  heapTotalBytes: number
  heapLimitBytes: number
  externalBytes: number
  arrayBuffersBytes: number
  liveHeapBytes?: number
  gc: { minor: number; major: number; pauseMs: number }
  eventLoop: { utilization: number; delayP99Ms: number }
  requests: number
  inFlight: number
  dropped: number
  self: { cpuMs: number; pauseMs: number; heapBytes: number }
  secondsToLimit?: number
  /** Of those told that no route is blamed for, which go on; from the first of them on. */
  leaks?: readonly UnroutedLeak[]
  /** From the first judgement on. */
  growth?: GrowthFields
}

/**
 * The books: what the live heap grew by over the observation, and what of it is accounted for.
 * `bytes` is the sum of the other bytes.
 */
export interface GrowthFields {
  /** Of the observation, without its warm-up. */
  seconds: number
  bytes: number
  /** Of leaks that were told, but for those of scope `open`. */
  toldBytes: number
  toldCi95: Interval
  /** What memprof itself keeps. */
  ownBytes: number
  ownCi95: Interval
  /** Grew and grows no more: warm-up, caches that are full. */
  stoppedBytes: number
  stoppedCi95: Interval
  /** Goes on, and nobody was found for. */
  openBytes: number
  /** Of `openBytes`. */
  ci95: Interval
}

/** A leak that no route's verdict tells of. */
export interface UnroutedLeak {
  scope: (typeof UNROUTED_SCOPES)[number]
  kind: LeakKind
  /** The mount of a `shared` one; missing where all requests share it. */
  route?: string
}

export interface SiteFrame {
  function: string
  file: string
  line: number
  column: number
  /** Of the file's text; where a trace saw what ran there, and it is known to be the file's. */
  sourceHash?: string
}

export interface Site extends SiteFrame {
  /** The line is that of the allocation, as a trace saw it, and not that of the function. */
  lineExact?: boolean
  bytes: number
  share: number
  /** Callers, nearest first, as `function (file:line)`. */
  stack: readonly string[]
}

/** Whoever did something while a trace ran, and the share of all that was seen. */
export interface TracedUnit extends WorkName {
  share: number
  /** Of a unit of work: the requests that it began in, and the share of what it did in them. */
  within?: ReadonlyArray<WorkName & { share: number }>
}

/** What a trace saw of who allocates a leak, or adds to what keeps it. */
export interface TraceFields {
  /** Executions, or entries added, that were seen. */
  hits: number
  /** Who did it, largest share first. */
  units: readonly TracedUnit[]
  /** Share without a request: timers, messages of open connections. */
  idleShare: number
  /** Share whose request cannot be told, as in the callbacks of a shared connection. */
  lostShare: number
}

/** The container that keeps a leak, by the variable that leads there. */
export interface Holder {
  /**
   * `bus._events.news`; `.#x` a private field, `.get(…)` any entry, `.[[Scopes]]` a closure; where no
   * variable leads to it, what it is: `Array of {id, scores}`.
   */
  path: string
  kind: (typeof HOLDER_KINDS)[number]
  /** Entries, at the last look. */
  size: number
  /** Entries; per second in scope `process`. */
  growthPerRequest: number
  /** Entries it may come to, where the object it belongs to says so. */
  capacity?: number
  /** The function whose variable it is, and where it is declared. */
  function?: string
  file?: string
  line?: number
  /** The statement or call that adds to it, as a trace saw it. */
  addedAt?: SiteFrame
  /** Entries by which it grew, and by which it shrank, from one slice of JavaScript to the next in a trace. */
  added?: number
  removed?: number
  /** Entries added and removed, in the units of `growthPerRequest`, which is the difference of the two. */
  addedPerUnit?: number
  removedPerUnit?: number
  /** Of the leak: what one entry keeps, itself included. */
  bytesPerEntry?: number
  /** Who made it grow and shrink, largest share first; what no request asked for is in none. */
  addedBy?: readonly TracedUnit[]
  removedBy?: readonly TracedUnit[]
}

/** Also on channel `memprof:leak`. */
export interface LeakLine extends WorkName {
  event: 'leak'
  scope: LeakScope
  kind: LeakKind
  bytesPerRequest?: number
  ci95?: Interval
  bytesPerSecond?: number
  floorBytesPerRequest?: number
  requests: number
  /** `requests` and the bytes per request are of those that ended so; missing where it makes no difference. */
  outcome?: LeakOutcome
  /** Those, of all requests of the route. */
  outcomeShare?: number
  retainedBytes: number
  keptRequestsShare?: number
  attribution?: Attribution
  directShare?: number
  trace?: TraceFields
  sites: readonly Site[]
  /** Empty until they are found: the line is then written again. */
  holders: readonly Holder[]
  /** What the search for holders left out. */
  holdersNote?: string
  secondsToLimit?: number
}

export interface MeasureLine extends MemoryFields {
  event: 'measure'
  label: string
  durationMs: number
  outcome: (typeof MEASURE_OUTCOMES)[number]
}

export interface WarningLine {
  event: 'warning'
  code: string
}

export interface RouteVerdict extends WorkName, RetentionFields {
  requestsTotal: number
  errorsTotal: number
  abortedTotal: number
  verdict: Verdict
}

export interface StopLine {
  event: 'stop'
  reason: string
  uptimeSeconds: number
  requests: number
  inFlight: number
  dropped: number
  self: { cpuMs: number; pauseMs: number; heapBytes: number }
  verdicts: readonly RouteVerdict[]
}

export type Line =
  | StartLine
  | RequestLine
  | RouteLine
  | ProcessLine
  | LeakLine
  | MeasureLine
  | WarningLine
  | StopLine

export type EventName = Line['event']
/** What the lines of an event have besides `event` and {@link LineBase}. */
export type FieldsOf<E extends EventName> = Omit<Extract<Line, { event: E }>, 'event'>
