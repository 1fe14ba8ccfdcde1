import { amount, choice, count, type FieldTable, flag, maybe, otel, text } from '../field'
import { type FieldsOf, REQUEST_OUTCOMES } from '../lines'
import { MEMORY, METHOD, ROUTE } from './shared'

export const REQUEST: FieldTable<FieldsOf<'request'>> = {
  method: METHOD,
  route: ROUTE,
  path: maybe(otel('url.path', text('http', 'The path as it was asked for.'))),
  status: otel('http.response.status_code', count('http', 'The status code.')),
  outcome: choice(
    'http',
    REQUEST_OUTCOMES,
    '`aborted`: the client gave up; `errored`: the response failed.',
  ),
  durationMs: otel(
    'http.server.request.duration (s)',
    amount('clock', 'ms', 'From the request’s headers to the response’s end.'),
  ),
  concurrency: count('counted', 'Most requests in flight during it, itself included.'),
  gcs: count('gc', 'GCs during it.'),
  clean: flag('counted', 'Alone, and no GC but those memprof forced: its deltas are its own.'),
  ...MEMORY,
}
