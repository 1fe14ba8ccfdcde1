/**
 * What every field of every line is: its type, unit, origin and meaning, and OpenTelemetry's name for
 * the same. docs/schema.md and docs/schema.json are written from here (`npm run schema`), and the lines
 * of the tests are checked against it.
 *
 * The compiler keeps it equal to lib/schema/lines.ts: a field that is missing, too many, of another type or
 * wrongly said to be always there does not build. The profiled process never loads it.
 */
import type {
  DeltaSummary,
  Holder,
  Line,
  LineBase,
  MemoryFields,
  ProcessLine,
  RetentionFields,
  RouteVerdict,
  Site,
} from './lines'

/** Where a value comes from. */
export const ORIGINS = {
  pino: 'written by pino for every line',
  memprof: 'memprof itself',
  settings: 'a setting of memprof, or what stands in for it',
  app: 'given by the app',
  http: 'the HTTP message, as Node parsed it; never a query string, a header or a body',
  router:
    'the pattern under which the framework’s router found the handler; else the normalised path',
  counted: 'counted by memprof',
  clock: '`performance.now()`',
  statm: '`/proc/self/statm`; without it `process.memoryUsage.rss()`, and no `vsize`',
  v8: '`v8.getHeapStatistics()`',
  memoryUsage: '`process.memoryUsage()`',
  gc: 'collections as Node’s `PerformanceObserver` reports them',
  loop: '`performance.eventLoopUtilization()` and `monitorEventLoopDelay()`',
  layers: 'the framework’s middleware and handlers, timed one by one',
  reading: 'the live heap right after a full collection',
  sampler: 'V8’s sampling heap profiler, through the inspector',
  verdict: 'the readings and the counts, as in [method.md](method.md)',
  registry: '`FinalizationRegistry`: finished requests that are still alive',
  search: 'the search for what keeps a leak, as in [holders.md](holders.md)',
} as const
export type Origin = keyof typeof ORIGINS

export type Unit =
  | 'bytes'
  | 'bytes per request'
  | 'bytes per second'
  | 'ms'
  | 's'
  | '0 to 1'
  | 'ms since 1970-01-01'

interface Said {
  readonly says: string
  readonly from: Origin
  /** OpenTelemetry's semantic conventions 1.36; the unit there may be another. */
  readonly otel?: string
  readonly unit?: Unit
}

export interface NumberField extends Said {
  readonly kind: 'number'
  readonly whole: boolean
  /** May be negative. */
  readonly signed: boolean
}
export interface TextField extends Said {
  readonly kind: 'text'
}
export interface FlagField extends Said {
  readonly kind: 'flag'
}
export interface ChoiceField<V> extends Said {
  readonly kind: 'choice'
  readonly values: readonly V[]
}
export interface IntervalField extends Said {
  readonly kind: 'interval'
}
export interface GroupField<T> extends Said {
  readonly kind: 'group'
  readonly fields: FieldTable<T>
}
export interface ListField<T> extends Said {
  readonly kind: 'list'
  readonly of: FieldTable<T>
}
export interface TextsField extends Said {
  readonly kind: 'texts'
}
/** An object whose keys are not fixed. */
export interface OpenField extends Said {
  readonly kind: 'open'
}
export type Field =
  | NumberField
  | TextField
  | FlagField
  | ChoiceField<string | number>
  | IntervalField
  | GroupField<Record<string, unknown>>
  | ListField<Record<string, unknown>>
  | TextsField
  | OpenField
/** Marks a field that is left out where it is not known. */
export interface Optional {
  readonly optional: true
}

interface Always {
  readonly optional?: never
}

/** A row per field of T, of the kind of its type; optional ones, and no others, said to be so. */
export type FieldTable<T> = {
  readonly [K in keyof Required<T>]: FieldFor<Required<T>[K]> &
    (object extends Pick<T, K> ? Optional : Always)
}

type FieldFor<V> = [V] extends [boolean]
  ? FlagField
  : [V] extends [number]
    ? number extends V
      ? NumberField
      : ChoiceField<V>
    : [V] extends [string]
      ? string extends V
        ? TextField
        : ChoiceField<V>
      : [V] extends [readonly [number, number]]
        ? IntervalField
        : [V] extends [readonly string[]]
          ? TextsField
          : [V] extends [ReadonlyArray<infer E>]
            ? ListField<E>
            : string extends keyof V
              ? OpenField
              : GroupField<OneOf<V>>

/** A union of objects as one, where what not all of them have may be missing. */
type OneOf<V> = Pick<V, keyof V> & {
  [K in Exclude<V extends unknown ? keyof V : never, keyof V>]?: V extends Record<K, infer F>
    ? F
    : never
}

function maybe<F extends Said>(field: F): F & Optional {
  return { ...field, optional: true }
}

function otel<F extends Said>(name: string, field: F): F {
  return { ...field, otel: name }
}

function text(from: Origin, says: string): TextField {
  return { kind: 'text', from, says }
}

function choice<const V extends string | number>(
  from: Origin,
  values: readonly V[],
  says: string,
): ChoiceField<V> {
  return { kind: 'choice', from, values, says }
}

function count(from: Origin, says: string): NumberField {
  return { kind: 'number', whole: true, signed: false, from, says }
}

function bytes(from: Origin, says: string, unit: Unit = 'bytes'): NumberField {
  return { kind: 'number', whole: true, signed: false, from, unit, says }
}

/** With a fraction. */
function amount(from: Origin, unit: Unit, says: string): NumberField {
  return { kind: 'number', whole: false, signed: false, from, unit, says }
}

function signed(field: NumberField): NumberField {
  return { ...field, signed: true }
}

/** What a request or a measured function found, left, and changed. */
function around<N extends string>(
  name: N,
  from: Origin,
  of: string,
): {
  readonly [K in `${N}BeforeBytes` | `${N}AfterBytes` | `${N}DeltaBytes`]: NumberField
} {
  return {
    [`${name}BeforeBytes`]: bytes(from, `${of}, before.`),
    [`${name}AfterBytes`]: bytes(from, `${of}, after.`),
    [`${name}DeltaBytes`]: signed(bytes(from, `${of}, after less before.`)),
  } as ReturnType<typeof around<N>>
}

const vsize = around('vsize', 'statm', 'The virtual memory of the process')
const MEMORY: FieldTable<MemoryFields> = {
  ...around('rss', 'statm', 'The resident set of the process'),
  vsizeBeforeBytes: maybe(vsize.vsizeBeforeBytes),
  vsizeAfterBytes: maybe(vsize.vsizeAfterBytes),
  vsizeDeltaBytes: maybe(vsize.vsizeDeltaBytes),
  ...around('heapUsed', 'v8', 'The used heap'),
  ...around('heapTotal', 'v8', 'The heap V8 has reserved'),
  ...around('external', 'v8', 'Memory outside the heap that objects on it hold'),
}

const METHOD = otel('http.request.method', text('http', 'The request’s method.'))
const ROUTE = otel(
  'http.route',
  text(
    'router',
    'The route’s pattern. `(unmatched)`: no handler; `(other)`: past MEMPROF_MAX_ROUTES.',
  ),
)

const DELTA_SUMMARY: FieldTable<DeltaSummary> = {
  clean: count('counted', 'Clean requests in the interval.'),
  mean: maybe(signed(bytes('v8', 'Their mean.'))),
  p50: maybe(signed(bytes('v8', 'Their median, within 1.6 %.'))),
  max: maybe(signed(bytes('v8', 'The largest.'))),
}

const VERDICTS = ['leaking', 'plateaued', 'steady', 'insufficient-data'] as const
const VERDICT = choice(
  'verdict',
  VERDICTS,
  'What is known of the route; see the README’s table of verdicts.',
)
const CI95: IntervalField = {
  kind: 'interval',
  unit: 'bytes per request',
  from: 'verdict',
  says: 'Low and high end of the 95 % interval.',
}
const FLOOR = bytes(
  'verdict',
  'The smallest leak that would have been seen so far.',
  'bytes per request',
)
const KEPT_SHARE = amount(
  'registry',
  '0 to 1',
  'Of the finished requests looked at, those that a full collection left alive.',
)

const RETENTION: FieldTable<RetentionFields> = {
  verdict: maybe(VERDICT),
  retainedBytesPerRequest: maybe(
    bytes('verdict', 'What a request of the route leaves behind.', 'bytes per request'),
  ),
  ci95: maybe(CI95),
  floorBytesPerRequest: maybe(FLOOR),
  keptRequestsShare: maybe(KEPT_SHARE),
}

const TOTALS = {
  requestsTotal: count('counted', 'Requests ended since the start.'),
  errorsTotal: count('counted', 'Of them, answered with 500 to 599.'),
  abortedTotal: count('counted', 'Of them, given up by the client.'),
} as const

const SELF: GroupField<ProcessLine['self']> = {
  kind: 'group',
  from: 'memprof',
  says: 'What memprof itself took.',
  fields: {
    cpuMs: amount('clock', 'ms', 'Time in memprof’s own timers.'),
    pauseMs: amount('clock', 'ms', 'Collections and readings it forced.'),
    heapBytes: bytes('sampler', 'Its tables, and what the samples say it keeps.'),
  },
}

const SITE: FieldTable<Site> = {
  function: otel('code.function.name', text('sampler', 'The allocating function.')),
  file: otel(
    'code.file.path',
    text('sampler', 'Relative to the working directory where inside it; source-mapped.'),
  ),
  line: otel('code.line.number', count('sampler', 'Where the function begins, from 1.')),
  column: otel('code.column.number', count('sampler', 'From 1.')),
  bytes: bytes('sampler', 'What it allocated of what is kept.'),
  share: amount('sampler', '0 to 1', 'Of the bytes of all sites of the leak.'),
  stack: otel('code.stacktrace', {
    kind: 'texts',
    from: 'sampler',
    says: 'Callers, nearest first, as `function (file:line)`.',
  }),
}

const HOLDER: FieldTable<Holder> = {
  path: text('search', 'The variable, and the way from it, as in `bus._events.news`.'),
  kind: choice('search', ['Map', 'Set', 'Array', 'Object', 'Timers'], 'The collection’s kind.'),
  size: count('search', 'Its entries, at the last look.'),
  growthPerRequest: {
    kind: 'number',
    whole: false,
    signed: true,
    from: 'search',
    says: 'Entries it gains per request; per second in scope `process`.',
  },
  capacity: maybe(
    count('search', 'Entries it may come to, where the object it belongs to says so.'),
  ),
  function: maybe(text('search', 'The function whose variable it is.')),
  file: maybe(text('search', 'Where the variable is declared.')),
  line: maybe(count('search', 'From 1.')),
}

const ROUTE_VERDICT: FieldTable<RouteVerdict> = {
  ...RETENTION,
  method: METHOD,
  route: ROUTE,
  ...TOTALS,
  verdict: VERDICT,
}

/** In every line. */
export const BASE: FieldTable<LineBase> = {
  level: otel(
    'SeverityNumber (20, 30, 40: 5, 9, 13)',
    choice('pino', [20, 30, 40], '20 debug, 30 info, 40 warn.'),
  ),
  time: otel('Timestamp (ns)', bytes('pino', 'When the line was written.', 'ms since 1970-01-01')),
  pid: otel('process.pid', count('pino', 'The process.')),
  hostname: otel('host.name', text('pino', 'The machine or container.')),
  name: choice('pino', ['memprof'], 'Tells memprof’s lines from the app’s.'),
  v: choice('memprof', [1], 'Version of this schema.'),
  service: otel(
    'service.name',
    text('settings', '`MEMPROF_SERVICE`, `OTEL_SERVICE_NAME` or the app’s package.json name.'),
  ),
  version: otel(
    'service.version',
    text('settings', '`MEMPROF_VERSION`, `npm_package_version` or the app’s package.json version.'),
  ),
  instance: otel(
    'service.instance.id',
    text('memprof', 'Unique per start of a process, and thread.'),
  ),
  threadId: maybe(
    otel('thread.id', count('memprof', 'Of a worker thread; absent in the main thread.')),
  ),
  msg: otel('Body', text('memprof', 'The line as a sentence.')),
}

type FieldsOf<E extends Line['event']> = FieldTable<Omit<Extract<Line, { event: E }>, 'event'>>
type EventTable = {
  readonly [E in Line['event']]: {
    readonly level: 20 | 30 | 40
    readonly when: string
    readonly fields: FieldsOf<E>
  }
}

/** The fields of each event's lines, besides `event` and BASE. */
export const EVENTS: EventTable = {
  start: {
    level: 30,
    when: 'the first server of the process listens',
    fields: {
      listen: maybe({
        kind: 'group',
        from: 'app',
        says: 'Where the first server listens: an address, or a socket.',
        fields: {
          protocol: maybe(
            otel('url.scheme', choice('app', ['http', 'https'], 'Plain or encrypted.')),
          ),
          host: maybe(otel('server.address', text('app', 'The address.'))),
          port: maybe(otel('server.port', count('app', 'The port.'))),
          socket: maybe(otel('server.address', text('app', 'The path of a Unix socket.'))),
        },
      }),
      versions: {
        kind: 'group',
        from: 'memprof',
        says: 'Versions.',
        fields: {
          memprof: text('memprof', 'Of memprof.'),
          node: otel('process.runtime.version', text('memprof', 'Of Node.')),
        },
      },
      config: { kind: 'open', from: 'settings', says: 'Every setting as it is used.' },
      hooked: {
        kind: 'list',
        from: 'memprof',
        says: 'Packages whose routes and layers are told apart.',
        of: {
          name: text('memprof', 'The package.'),
          version: text('memprof', 'Its version.'),
        },
      },
      notHooked: {
        kind: 'list',
        from: 'memprof',
        says: 'Packages that are left alone.',
        of: {
          name: text('memprof', 'The package.'),
          version: text('memprof', 'Its version.'),
          why: text('memprof', 'The reason.'),
        },
      },
    },
  },
  request: {
    level: 20,
    when: 'per finished request, with `MEMPROF_LEVEL=debug`; written at the end of the interval',
    fields: {
      method: METHOD,
      route: ROUTE,
      path: maybe(otel('url.path', text('http', 'The path as it was asked for.'))),
      status: otel('http.response.status_code', count('http', 'The status code.')),
      outcome: choice(
        'http',
        ['finished', 'aborted', 'errored'],
        '`aborted`: the client gave up; `errored`: the response failed.',
      ),
      durationMs: otel(
        'http.server.request.duration (s)',
        amount('clock', 'ms', 'From the request’s headers to the response’s end.'),
      ),
      concurrency: count('counted', 'Most requests in flight during it, itself included.'),
      gcs: count('gc', 'Collections during it.'),
      clean: {
        kind: 'flag',
        from: 'counted',
        says: 'Alone, and no collection but those memprof forced: its deltas are its own.',
      },
      ...MEMORY,
    },
  },
  route: {
    level: 30,
    when: 'per interval, for each route that had requests',
    fields: {
      method: METHOD,
      route: ROUTE,
      requests: count('counted', 'Requests ended in the interval.'),
      errors: count('counted', 'Of them, answered with 500 to 599.'),
      aborted: count('counted', 'Of them, given up by the client.'),
      inFlight: otel('http.server.active_requests', count('counted', 'Open now.')),
      durationMs: otel('http.server.request.duration (s)', {
        kind: 'group',
        from: 'clock',
        says: 'Of the interval’s requests.',
        fields: {
          mean: amount('clock', 'ms', 'Mean.'),
          p50: amount('clock', 'ms', 'Median, within 1.6 %, as the other two quantiles.'),
          p90: amount('clock', 'ms', '90 % took no longer.'),
          p99: amount('clock', 'ms', '99 % took no longer.'),
          max: amount('clock', 'ms', 'The longest.'),
        },
      }),
      heapDeltaBytes: {
        kind: 'group',
        from: 'v8',
        says: 'What the used heap changed by, over clean requests.',
        fields: DELTA_SUMMARY,
      },
      rssDeltaBytes: {
        kind: 'group',
        from: 'statm',
        says: 'What the resident set changed by, over clean requests.',
        fields: DELTA_SUMMARY,
      },
      slowestLayer: maybe({
        kind: 'group',
        from: 'layers',
        says: 'The middleware or handler with the highest mean time.',
        fields: {
          name: text('layers', 'Its function’s name.'),
          meanMs: amount('clock', 'ms', 'Mean.'),
        },
      }),
      hungriestLayer: maybe({
        kind: 'group',
        from: 'layers',
        says: 'The middleware or handler with the highest mean heap delta, over clean requests.',
        fields: {
          name: text('layers', 'Its function’s name.'),
          meanBytes: signed(bytes('v8', 'Mean.')),
        },
      }),
      ...TOTALS,
      ...RETENTION,
    },
  },
  process: {
    level: 30,
    when: 'per interval',
    fields: {
      rssBytes: otel('process.memory.usage', bytes('statm', 'The resident set.')),
      vsizeBytes: maybe(otel('process.memory.virtual', bytes('statm', 'Virtual memory.'))),
      heapUsedBytes: otel('v8js.memory.heap.used', bytes('v8', 'Used heap, garbage included.')),
      heapTotalBytes: otel('v8js.memory.heap.space.size', bytes('v8', 'Heap V8 has reserved.')),
      heapLimitBytes: bytes('v8', 'The heap may grow up to here.'),
      externalBytes: bytes('v8', 'Memory outside the heap that objects on it hold.'),
      arrayBuffersBytes: bytes('memoryUsage', 'Of it, ArrayBuffers and Buffers.'),
      liveHeapBytes: maybe(bytes('reading', 'Used heap right after the last full collection.')),
      gc: {
        kind: 'group',
        from: 'gc',
        says: 'Collections in the interval.',
        fields: {
          minor: otel('v8js.gc.duration (count, minor)', count('gc', 'Of the young generation.')),
          major: otel('v8js.gc.duration (count, major)', count('gc', 'Full ones.')),
          pauseMs: otel('v8js.gc.duration (sum, s)', amount('gc', 'ms', 'Their time together.')),
        },
      },
      eventLoop: {
        kind: 'group',
        from: 'loop',
        says: 'The event loop in the interval.',
        fields: {
          utilization: otel(
            'nodejs.eventloop.utilization',
            amount('loop', '0 to 1', 'Share of the time it was busy.'),
          ),
          delayP99Ms: otel(
            'nodejs.eventloop.delay.p99 (s)',
            amount('loop', 'ms', '99 % of its turns were delayed by no more.'),
          ),
        },
      },
      requests: count('counted', 'Requests ended in the interval.'),
      inFlight: otel('http.server.active_requests', count('counted', 'Open now.')),
      dropped: count('counted', 'Requests overwritten in the ring before they were read.'),
      self: SELF,
      secondsToLimit: maybe({
        ...count(
          'verdict',
          'Until the heap’s or the container’s limit, at the rate of what was found to leak.',
        ),
        unit: 's',
      }),
      leaks: maybe({
        kind: 'list',
        from: 'verdict',
        says: 'Of the leaks told that no route is blamed for, those that go on; from the first of them on.',
        of: {
          scope: choice('verdict', ['shared', 'process'], 'As in `leak`.'),
          kind: choice('verdict', ['heap', 'buffers', 'native'], 'As in `leak`.'),
          route: maybe(ROUTE),
        },
      }),
    },
  },
  leak: {
    level: 40,
    when: 'a verdict becomes `leaking` or changes materially, and when its holders are found',
    fields: {
      scope: choice(
        'verdict',
        ['route', 'shared', 'process'],
        '`route`: this one; `shared`: every route pays alike; `process`: grows without requests.',
      ),
      kind: choice(
        'verdict',
        ['heap', 'buffers', 'native'],
        '`buffers`: ArrayBuffers; `native`: rss grows, neither of the two does.',
      ),
      method: maybe(METHOD),
      route: maybe(ROUTE),
      bytesPerRequest: maybe(bytes('verdict', 'Kept per request.', 'bytes per request')),
      ci95: maybe({
        ...CI95,
        says: 'Low and high end of the 95 % interval; per second in scope `process`.',
      }),
      bytesPerSecond: maybe(
        bytes('verdict', 'Kept per second; scope `process` only.', 'bytes per second'),
      ),
      floorBytesPerRequest: maybe(FLOOR),
      requests: count('counted', 'Requests in the observation; 0 in scope `process`.'),
      retainedBytes: bytes('verdict', 'Kept in the observation.'),
      keptRequestsShare: maybe(KEPT_SHARE),
      attribution: maybe(
        choice(
          'verdict',
          ['direct', 'estimated'],
          '`direct`: allocated while the route’s own code ran; else by the rhythm of requests.',
        ),
      ),
      directShare: maybe(amount('verdict', '0 to 1', 'Share of the bytes that is `direct`.')),
      sites: {
        kind: 'list',
        from: 'sampler',
        says: 'Where it was allocated, largest first.',
        of: SITE,
      },
      holders: {
        kind: 'list',
        from: 'search',
        says: 'What keeps it; empty until it is found.',
        of: HOLDER,
      },
      holdersNote: maybe(text('search', 'What the search left out.')),
      secondsToLimit: maybe({
        ...count(
          'verdict',
          'Until the heap’s or the container’s limit, at the rate of what was found to leak.',
        ),
        unit: 's',
      }),
    },
  },
  measure: {
    level: 30,
    when: '`measure(label, fn)` of the API ended',
    fields: {
      label: text('app', 'As given.'),
      durationMs: amount('clock', 'ms', 'From the call to the result.'),
      outcome: choice('app', ['finished', 'errored'], '`errored`: it threw or rejected.'),
      ...MEMORY,
    },
  },
  warning: {
    level: 40,
    when: 'something is off, once each',
    fields: { code: text('memprof', 'What it is; `msg` says what it means.') },
  },
  stop: {
    level: 30,
    when: 'the process ends, or `stop()` is called',
    fields: {
      reason: text('memprof', 'A signal, `exit`, or `stop` for a call of the API.'),
      uptimeSeconds: { ...count('clock', 'Since the first server listened.'), unit: 's' },
      requests: count('counted', 'Requests ended since the start.'),
      inFlight: otel('http.server.active_requests', count('counted', 'Still open.')),
      dropped: count('counted', 'Requests overwritten in the ring before they were read.'),
      self: SELF,
      verdicts: {
        kind: 'list',
        from: 'verdict',
        says: 'One per route that had requests.',
        of: ROUTE_VERDICT,
      },
    },
  },
}
