import { count, type FieldTable, group, list, otel, seconds, text } from '../field'
import type { FieldsOf } from '../lines'
import { ROUTE_VERDICT, SELF } from './shared'

/** As many as a process can have routes (MEMPROF_MAX_ROUTES), and `(other)`. */
const MAX_VERDICTS = 4097

export const STOP: FieldTable<FieldsOf<'stop'>> = {
  reason: text('memprof', 'A signal, `exit`, or `stop` for a call of the API.'),
  uptimeSeconds: seconds('clock', 'Since the first server listened.'),
  requests: count('counted', 'Requests ended since the start.'),
  inFlight: otel('http.server.active_requests', count('counted', 'Still open.')),
  dropped: count('counted', 'Requests overwritten in the ring before they were read.'),
  self: group('memprof', 'What memprof itself took.', SELF),
  verdicts: list('verdict', 'One per route that had requests.', ROUTE_VERDICT, MAX_VERDICTS),
}
