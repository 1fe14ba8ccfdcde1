/** Rows that more than one event has. */
import {
  amount,
  bytes,
  choice,
  type ChoiceField,
  count,
  type FieldTable,
  group,
  interval,
  maybe,
  type NumberField,
  otel,
  seconds,
  signed,
  text,
  type TextField,
} from '../field'
import {
  LEAK_OUTCOMES,
  type LeakOutcome,
  type MemoryFields,
  type ProcessLine,
  type RetentionFields,
  type RouteVerdict,
  UNIT_KINDS,
  VERDICTS,
  type WorkName,
} from '../lines'
import type { Origin } from '../origins'

export const METHOD: TextField = otel('http.request.method', text('http', 'The request’s method.'))
export const ROUTE: TextField = otel(
  'http.route',
  text(
    'router',
    'The route’s pattern. `(unmatched)`: no handler; `(other)`: past MEMPROF_MAX_ROUTES.',
  ),
)

/** A route's first two, or the third. */
export const WORK_NAME: FieldTable<WorkName> = {
  method: maybe(METHOD),
  route: maybe(ROUTE),
  unit: maybe(
    group('units', 'Of work that is no request, in the place of `method` and `route`.', {
      kind: choice('units', UNIT_KINDS, '`operation` and `call` are parts of a request.'),
      name: text('units', 'As its library or `unit()` names it; `(other)`: one name too many.'),
    }),
  ),
}

export const FLOOR: NumberField = bytes(
  'verdict',
  'The smallest leak that would have been seen so far.',
  'bytes per request',
)
export const KEPT_SHARE: NumberField = amount(
  'registry',
  '0 to 1',
  'Of the finished requests looked at, those that a major GC left alive.',
)

const VERDICT = choice(
  'verdict',
  VERDICTS,
  'What is known of the route; see the README’s table of verdicts.',
)

export const OUTCOME: ChoiceField<LeakOutcome> = choice(
  'verdict',
  LEAK_OUTCOMES,
  'Requests that ended so pay for all of it: given up by the client, or answered with 5xx.',
)

/** What is known of a route's retention; no field but `verdict` before it is known. */
export const RETENTION: FieldTable<RetentionFields> = {
  verdict: maybe(VERDICT),
  retainedBytesPerRequest: maybe(
    bytes('verdict', 'What a request of the route leaves behind.', 'bytes per request'),
  ),
  ci95: maybe(interval('verdict', 'bytes per request', 'Low and high end of the 95 % interval.')),
  floorBytesPerRequest: maybe(FLOOR),
  keptRequestsShare: maybe(KEPT_SHARE),
  outcome: maybe(OUTCOME),
}

/** Of a route, since the start. */
export const TOTALS: FieldTable<
  Pick<RouteVerdict, 'requestsTotal' | 'errorsTotal' | 'abortedTotal'>
> = {
  requestsTotal: count('counted', 'Requests ended since the start.'),
  errorsTotal: count('counted', 'Of them, answered with 500 to 599.'),
  abortedTotal: count('counted', 'Of them, given up by the client.'),
}

export const ROUTE_VERDICT: FieldTable<RouteVerdict> = {
  ...RETENTION,
  ...WORK_NAME,
  ...TOTALS,
  verdict: VERDICT,
}

/** Of `process` for the interval, of `stop` for the whole time. */
export const SELF: FieldTable<ProcessLine['self']> = {
  cpuMs: amount('clock', 'ms', 'Time in memprof’s own timers.'),
  pauseMs: amount('clock', 'ms', 'GCs and readings it forced.'),
  heapBytes: bytes('sampler', 'Its tables, and what the samples say it keeps.'),
}

/** Of `process` and `leak`. */
export const SECONDS_TO_LIMIT: NumberField = seconds(
  'verdict',
  'Until the heap’s or the container’s limit, at the rate of what was found to leak.',
)

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

/** Of `request` and `measure`. */
export const MEMORY: FieldTable<MemoryFields> = {
  ...around('rss', 'statm', 'The resident set of the process'),
  vsizeBeforeBytes: maybe(vsize.vsizeBeforeBytes),
  vsizeAfterBytes: maybe(vsize.vsizeAfterBytes),
  vsizeDeltaBytes: maybe(vsize.vsizeDeltaBytes),
  ...around('heapUsed', 'v8', 'The used heap'),
  ...around('heapTotal', 'v8', 'The heap V8 has reserved'),
  ...around('external', 'v8', 'Memory outside the heap that objects on it hold'),
}
