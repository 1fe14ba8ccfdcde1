/**
 * What JSON.parse returned -> a line of lib/schema/lines.ts, or why it is none.
 *
 * A log may come from anyone. Every field is looked at by its type and range and copied into a fresh
 * object: nothing else of the input lives on, no key of it becomes a key of ours, and nothing is
 * walked to its depth.
 */
import {
  type DeltaSummary,
  type Holder,
  type Interval,
  type LeakLine,
  type Line,
  type Listening,
  type MeasureLine,
  type MemoryFields,
  type ProcessLine,
  type RequestLine,
  type RetentionFields,
  type RouteLine,
  type RouteVerdict,
  SCHEMA_VERSION,
  type Site,
  type SiteFrame,
  type StartLine,
  type StopLine,
  type UnroutedLeak,
} from '../../schema/lines'

/** What every line carries beside its own fields. */
export interface Envelope {
  /** pino's: 30 info, 40 warn. */
  readonly level: number
  /** ms since 1970. */
  readonly time: number
  readonly pid: number
  readonly hostname: string
  readonly service: string
  readonly version: string
  readonly instance: string
  /** 0 in the main thread. */
  readonly threadId: number
  /** '' in `route`, `process` and `request` lines: nine in ten, and their fields say all of it. */
  readonly msg: string
}

export type LogLine = Envelope & Line
export type LogLineOf<E extends Line['event']> = Envelope & Extract<Line, { event: E }>

/** Why a line with memprof's name was not read. */
export type Rejection = 'wrong-type' | 'newer-version'

/** Characters of a name (route, function, file, service); the rest is cut. */
const MAX_NAME_CHARS = 512
/** Characters of a sentence. */
const MAX_TEXT_CHARS = 2048
/** Entries of a list within a line: sites, holders, callers, hooked packages. */
const MAX_LIST = 64
/** Verdicts in a `stop` line: as many as there can be routes. */
const MAX_VERDICTS = 4097
/** Settings in a `start` line. */
const MAX_SETTINGS = 64
/** The last millisecond that a Date can hold. */
export const MAX_TIME_MS = 8.64e15

type Fields = Readonly<Record<string, unknown>>

/** Thrown where a required field is missing or wrong; never leaves this file. */
const WRONG = new Error('a field has the wrong type')

/**
 * @returns the line, or why it is none; null where it is not memprof's at all
 */
export function toLogLine(value: unknown): LogLine | Rejection | null {
  if (!isFields(value) || value['name'] !== 'memprof') return null
  const v = value['v']
  if (typeof v === 'number' && v > SCHEMA_VERSION) return 'newer-version'
  if (v !== SCHEMA_VERSION) return 'wrong-type'
  try {
    const line = toLine(value)
    return line === null ? 'newer-version' : Object.assign(line, envelope(value, line.event))
  } catch (error) {
    if (error === WRONG) return 'wrong-type'
    throw error
  }
}

function envelope(from: Fields, event: Line['event']): Envelope {
  const isFrequent = event === 'route' || event === 'process' || event === 'request'
  const time = number(from, 'time')
  if (time < 0 || time > MAX_TIME_MS) throw WRONG
  return {
    level: count(from, 'level'),
    time,
    pid: optionalNumber(from, 'pid') ?? 0,
    hostname: optionalText(from, 'hostname') ?? '',
    service: optionalText(from, 'service') ?? '',
    version: optionalText(from, 'version') ?? '',
    instance: text(from, 'instance'),
    threadId: optionalNumber(from, 'threadId') ?? 0,
    msg: isFrequent ? '' : (optionalText(from, 'msg', MAX_TEXT_CHARS) ?? ''),
  }
}

/** @returns null for an event that this version does not know */
function toLine(from: Fields): Line | null {
  switch (from['event']) {
    case 'route':
      return routeLine(from)
    case 'process':
      return processLine(from)
    case 'leak':
      return leakLine(from)
    case 'request':
      return requestLine(from)
    case 'measure':
      return measureLine(from)
    case 'warning':
      return { event: 'warning', code: text(from, 'code') }
    case 'start':
      return startLine(from)
    case 'stop':
      return stopLine(from)
    default:
      if (typeof from['event'] !== 'string') throw WRONG
      return null
  }
}

function routeLine(from: Fields): RouteLine {
  const durations = fields(from, 'durationMs')
  const line: RouteLine = {
    event: 'route',
    method: text(from, 'method'),
    route: text(from, 'route'),
    requests: count(from, 'requests'),
    errors: count(from, 'errors'),
    aborted: count(from, 'aborted'),
    inFlight: count(from, 'inFlight'),
    durationMs: {
      mean: count(durations, 'mean'),
      p50: count(durations, 'p50'),
      p90: count(durations, 'p90'),
      p99: count(durations, 'p99'),
      max: count(durations, 'max'),
    },
    heapDeltaBytes: deltaSummary(fields(from, 'heapDeltaBytes')),
    rssDeltaBytes: deltaSummary(fields(from, 'rssDeltaBytes')),
    requestsTotal: count(from, 'requestsTotal'),
    errorsTotal: count(from, 'errorsTotal'),
    abortedTotal: count(from, 'abortedTotal'),
  }
  const slowest = optionalFields(from, 'slowestLayer')
  if (slowest) {
    line.slowestLayer = { name: text(slowest, 'name'), meanMs: number(slowest, 'meanMs') }
  }
  const hungriest = optionalFields(from, 'hungriestLayer')
  if (hungriest) {
    line.hungriestLayer = {
      name: text(hungriest, 'name'),
      meanBytes: number(hungriest, 'meanBytes'),
    }
  }
  return Object.assign(line, retention(from))
}

function deltaSummary(from: Fields): DeltaSummary {
  const summary: DeltaSummary = { clean: count(from, 'clean') }
  if (summary.clean === 0) return summary
  summary.mean = number(from, 'mean')
  summary.p50 = number(from, 'p50')
  summary.max = number(from, 'max')
  return summary
}

function retention(from: Fields): RetentionFields {
  const found: RetentionFields = {}
  const verdict = from['verdict']
  if (verdict === undefined) return found
  if (!isOneOf(verdict, VERDICTS)) throw WRONG
  found.verdict = verdict
  const bytes = optionalNumber(from, 'retainedBytesPerRequest')
  if (bytes !== undefined) found.retainedBytesPerRequest = bytes
  const ci95 = interval(from['ci95'])
  if (ci95) found.ci95 = ci95
  const floor = optionalNumber(from, 'floorBytesPerRequest')
  if (floor !== undefined) found.floorBytesPerRequest = floor
  const share = optionalNumber(from, 'keptRequestsShare')
  if (share !== undefined) found.keptRequestsShare = share
  return found
}

function processLine(from: Fields): ProcessLine {
  const gc = fields(from, 'gc')
  const loop = fields(from, 'eventLoop')
  const line: ProcessLine = {
    event: 'process',
    rssBytes: count(from, 'rssBytes'),
    heapUsedBytes: count(from, 'heapUsedBytes'),
    heapTotalBytes: count(from, 'heapTotalBytes'),
    heapLimitBytes: count(from, 'heapLimitBytes'),
    externalBytes: count(from, 'externalBytes'),
    arrayBuffersBytes: count(from, 'arrayBuffersBytes'),
    gc: { minor: count(gc, 'minor'), major: count(gc, 'major'), pauseMs: count(gc, 'pauseMs') },
    eventLoop: {
      utilization: number(loop, 'utilization'),
      // No delay was measured yet: NaN, which JSON writes as null.
      delayP99Ms: optionalNumber(loop, 'delayP99Ms') ?? 0,
    },
    requests: count(from, 'requests'),
    inFlight: count(from, 'inFlight'),
    dropped: count(from, 'dropped'),
    self: selfCost(fields(from, 'self')),
  }
  const vsizeBytes = optionalNumber(from, 'vsizeBytes')
  if (vsizeBytes !== undefined) line.vsizeBytes = vsizeBytes
  const liveHeapBytes = optionalNumber(from, 'liveHeapBytes')
  if (liveHeapBytes !== undefined) line.liveHeapBytes = liveHeapBytes
  const secondsToLimit = optionalNumber(from, 'secondsToLimit')
  if (secondsToLimit !== undefined) line.secondsToLimit = secondsToLimit
  if (from['leaks'] !== undefined) line.leaks = list(from['leaks'], unroutedLeak)
  return line
}

function unroutedLeak(value: unknown): UnroutedLeak {
  if (!isFields(value)) throw WRONG
  const { scope, kind } = value
  if (!isOneOf(scope, UNROUTED) || !isOneOf(kind, KINDS)) throw WRONG
  const route = optionalText(value, 'route')
  return { scope, kind, ...(route === undefined ? {} : { route }) }
}

function selfCost(from: Fields): ProcessLine['self'] {
  return {
    cpuMs: count(from, 'cpuMs'),
    pauseMs: count(from, 'pauseMs'),
    heapBytes: count(from, 'heapBytes'),
  }
}

function leakLine(from: Fields): LeakLine {
  const scope = from['scope']
  const kind = from['kind']
  if (!isOneOf(scope, SCOPES) || !isOneOf(kind, KINDS)) throw WRONG
  const line: LeakLine = {
    event: 'leak',
    scope,
    kind,
    requests: count(from, 'requests'),
    retainedBytes: number(from, 'retainedBytes'),
    sites: list(from['sites'], site),
    holders: list(from['holders'], holder),
  }
  const method = optionalText(from, 'method')
  if (method !== undefined) line.method = method
  const route = optionalText(from, 'route')
  if (route !== undefined) line.route = route
  const ci95 = interval(from['ci95'])
  if (ci95) line.ci95 = ci95
  for (const name of LEAK_NUMBERS) {
    const value = optionalNumber(from, name)
    if (value !== undefined) line[name] = value
  }
  const attribution = from['attribution']
  if (isOneOf(attribution, ATTRIBUTIONS)) line.attribution = attribution
  const note = optionalText(from, 'holdersNote', MAX_TEXT_CHARS)
  if (note !== undefined) line.holdersNote = note
  if (scope === 'route' && (method === undefined || route === undefined)) throw WRONG
  return line
}

const LEAK_NUMBERS = [
  'bytesPerRequest',
  'bytesPerSecond',
  'floorBytesPerRequest',
  'keptRequestsShare',
  'directShare',
  'secondsToLimit',
] as const

function siteFrame(from: Fields): SiteFrame {
  return {
    function: text(from, 'function'),
    file: text(from, 'file'),
    line: count(from, 'line'),
    column: count(from, 'column'),
  }
}

function site(value: unknown): Site {
  if (!isFields(value)) throw WRONG
  return {
    ...siteFrame(value),
    bytes: number(value, 'bytes'),
    share: number(value, 'share'),
    stack: list(value['stack'], (caller) => {
      if (typeof caller !== 'string') throw WRONG
      return cut(caller)
    }),
  }
}

function holder(value: unknown): Holder {
  if (!isFields(value)) throw WRONG
  const kind = value['kind']
  if (!isOneOf(kind, HOLDER_KINDS)) throw WRONG
  const found: Holder = {
    path: text(value, 'path'),
    kind,
    size: count(value, 'size'),
    growthPerRequest: number(value, 'growthPerRequest'),
  }
  const capacity = optionalNumber(value, 'capacity')
  if (capacity !== undefined) found.capacity = capacity
  const name = optionalText(value, 'function')
  if (name !== undefined) found.function = name
  const file = optionalText(value, 'file')
  if (file !== undefined) found.file = file
  const line = optionalNumber(value, 'line')
  if (line !== undefined) found.line = line
  return found
}

function requestLine(from: Fields): RequestLine {
  const outcome = from['outcome']
  if (!isOneOf(outcome, OUTCOMES)) throw WRONG
  const line: RequestLine = {
    event: 'request',
    method: text(from, 'method'),
    route: text(from, 'route'),
    status: count(from, 'status'),
    outcome,
    durationMs: count(from, 'durationMs'),
    concurrency: count(from, 'concurrency'),
    gcs: count(from, 'gcs'),
    clean: from['clean'] === true,
    ...memoryFields(from),
  }
  const path = optionalText(from, 'path')
  if (path !== undefined) line.path = path
  return line
}

function measureLine(from: Fields): MeasureLine {
  const outcome = from['outcome']
  if (outcome !== 'finished' && outcome !== 'errored') throw WRONG
  return {
    event: 'measure',
    label: text(from, 'label'),
    durationMs: count(from, 'durationMs'),
    outcome,
    ...memoryFields(from),
  }
}

const MEMORY_NUMBERS = ['rss', 'heapUsed', 'heapTotal', 'external'] as const
const MEMORY_SUFFIXES = ['BeforeBytes', 'AfterBytes', 'DeltaBytes'] as const

function memoryFields(from: Fields): MemoryFields {
  const memory: Partial<Record<string, number>> = {}
  for (const suffix of MEMORY_SUFFIXES) {
    for (const name of MEMORY_NUMBERS) memory[`${name}${suffix}`] = number(from, name + suffix)
    const vsize = optionalNumber(from, `vsize${suffix}`)
    if (vsize !== undefined) memory[`vsize${suffix}`] = vsize
  }
  return memory as unknown as MemoryFields
}

function startLine(from: Fields): StartLine {
  const versions = fields(from, 'versions')
  const listen = listening(optionalFields(from, 'listen'))
  return {
    event: 'start',
    ...(listen === undefined ? {} : { listen }),
    versions: { memprof: text(versions, 'memprof'), node: text(versions, 'node') },
    config: settings(optionalFields(from, 'config') ?? {}),
    hooked: list(from['hooked'], (value) => {
      if (!isFields(value)) throw WRONG
      return { name: text(value, 'name'), version: text(value, 'version') }
    }),
    notHooked: list(from['notHooked'], (value) => {
      if (!isFields(value)) throw WRONG
      return {
        name: text(value, 'name'),
        version: text(value, 'version'),
        why: text(value, 'why'),
      }
    }),
  }
}

function listening(from: Fields | undefined): Listening | undefined {
  if (from === undefined) return undefined
  const socket = optionalText(from, 'socket')
  if (socket !== undefined) return { socket }
  const protocol = from['protocol']
  if (protocol !== 'http' && protocol !== 'https') return undefined
  return { protocol, host: text(from, 'host'), port: count(from, 'port') }
}

/** Without a prototype: a setting may be called `__proto__`. */
function settings(from: Fields): Record<string, unknown> {
  const found = Object.create(null) as Record<string, unknown>
  for (const name of Object.keys(from).slice(0, MAX_SETTINGS)) {
    const value = from[name]
    if (typeof value === 'string') found[cut(name)] = cut(value)
    else if (typeof value === 'number' || typeof value === 'boolean' || value === null) {
      found[cut(name)] = value
    }
  }
  return found
}

function stopLine(from: Fields): StopLine {
  return {
    event: 'stop',
    reason: text(from, 'reason'),
    uptimeSeconds: count(from, 'uptimeSeconds'),
    requests: count(from, 'requests'),
    inFlight: count(from, 'inFlight'),
    dropped: count(from, 'dropped'),
    self: selfCost(fields(from, 'self')),
    verdicts: list(from['verdicts'], routeVerdict, MAX_VERDICTS),
  }
}

function routeVerdict(value: unknown): RouteVerdict {
  if (!isFields(value)) throw WRONG
  const found = retention(value)
  return {
    method: text(value, 'method'),
    route: text(value, 'route'),
    requestsTotal: count(value, 'requestsTotal'),
    errorsTotal: count(value, 'errorsTotal'),
    abortedTotal: count(value, 'abortedTotal'),
    ...found,
    verdict: found.verdict ?? 'insufficient-data',
  }
}

const VERDICTS = ['leaking', 'plateaued', 'steady', 'insufficient-data'] as const
const UNROUTED = ['shared', 'process'] as const
const SCOPES = ['route', ...UNROUTED] as const
const KINDS = ['heap', 'buffers', 'native'] as const
const ATTRIBUTIONS = ['direct', 'estimated'] as const
const HOLDER_KINDS = ['Map', 'Set', 'Array', 'Object', 'Timers'] as const
const OUTCOMES = ['finished', 'aborted', 'errored'] as const

function isOneOf<T extends string>(value: unknown, known: readonly T[]): value is T {
  return (known as readonly unknown[]).includes(value)
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fields(from: Fields, name: string): Fields {
  const value = from[name]
  if (!isFields(value)) throw WRONG
  return value
}

function optionalFields(from: Fields, name: string): Fields | undefined {
  const value = from[name]
  return isFields(value) ? value : undefined
}

function number(from: Fields, name: string): number {
  const value = from[name]
  if (typeof value !== 'number' || !Number.isFinite(value)) throw WRONG
  return value
}

function optionalNumber(from: Fields, name: string): number | undefined {
  const value = from[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** A number that cannot be below 0. */
function count(from: Fields, name: string): number {
  const value = number(from, name)
  if (value < 0) throw WRONG
  return value
}

function text(from: Fields, name: string): string {
  const value = from[name]
  if (typeof value !== 'string') throw WRONG
  return cut(value)
}

function optionalText(from: Fields, name: string, maxChars = MAX_NAME_CHARS): string | undefined {
  const value = from[name]
  return typeof value === 'string' ? cut(value, maxChars) : undefined
}

function cut(value: string, maxChars = MAX_NAME_CHARS): string {
  if (value.length <= maxChars) return value
  // Copied: a slice would keep all of a value of megabytes alive.
  return Buffer.from(value.slice(0, maxChars), 'utf16le').toString('utf16le')
}

/** Both ends, in order; undefined where it is not there. */
function interval(value: unknown): Interval | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [low, high] = value as [unknown, unknown]
  if (!Number.isFinite(low) || !Number.isFinite(high)) return undefined
  return (low as number) <= (high as number) ? [low as number, high as number] : undefined
}

function list<T>(value: unknown, item: (value: unknown) => T, max = MAX_LIST): T[] {
  if (!Array.isArray(value)) throw WRONG
  return value.slice(0, max).map((entry) => item(entry))
}
