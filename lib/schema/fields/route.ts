import { amount, bytes, count, type FieldTable, group, maybe, otel, signed, text } from '../field'
import type { DeltaSummary, FieldsOf } from '../lines'
import { RETENTION, TOTALS, WORK_NAME } from './shared'

const DELTA_SUMMARY: FieldTable<DeltaSummary> = {
  clean: count('counted', 'Clean requests in the interval.'),
  mean: maybe(signed(bytes('v8', 'Their mean.'))),
  p50: maybe(signed(bytes('v8', 'Their median, within 1.6 %.'))),
  max: maybe(signed(bytes('v8', 'The largest.'))),
}

export const ROUTE_LINE: FieldTable<FieldsOf<'route'>> = {
  ...WORK_NAME,
  requests: count('counted', 'Requests ended in the interval.'),
  errors: count('counted', 'Of them, answered with 500 to 599.'),
  aborted: count('counted', 'Of them, given up by the client.'),
  inFlight: otel('http.server.active_requests', count('counted', 'Open now.')),
  durationMs: otel(
    'http.server.request.duration (s)',
    group('clock', 'Of the interval’s requests.', {
      mean: amount('clock', 'ms', 'Mean.'),
      p50: amount('clock', 'ms', 'Median, within 1.6 %, as the other two quantiles.'),
      p90: amount('clock', 'ms', '90 % took no longer.'),
      p99: amount('clock', 'ms', '99 % took no longer.'),
      max: amount('clock', 'ms', 'The longest.'),
    }),
  ),
  heapDeltaBytes: group('v8', 'What the used heap changed by, over clean requests.', DELTA_SUMMARY),
  rssDeltaBytes: group(
    'statm',
    'What the resident set changed by, over clean requests.',
    DELTA_SUMMARY,
  ),
  slowestLayer: maybe(
    group('layers', 'The middleware or handler with the highest mean time.', {
      name: text('layers', 'Its function’s name.'),
      meanMs: amount('clock', 'ms', 'Mean.'),
    }),
  ),
  hungriestLayer: maybe(
    group(
      'layers',
      'The middleware or handler with the highest mean heap delta, over clean requests.',
      {
        name: text('layers', 'Its function’s name.'),
        meanBytes: signed(bytes('v8', 'Mean.')),
      },
    ),
  ),
  ...TOTALS,
  ...RETENTION,
}
