import {
  amount,
  bytes,
  choice,
  count,
  type FieldTable,
  flag,
  group,
  interval,
  list,
  maybe,
  otel,
  rate,
  sentence,
  signed,
  text,
  texts,
} from '../field'
import {
  ATTRIBUTIONS,
  type FieldsOf,
  type Holder,
  HOLDER_KINDS,
  LEAK_KINDS,
  LEAK_SCOPES,
  type Site,
  type SiteFrame,
  type TracedUnit,
  type TraceFields,
} from '../lines'
import { FLOOR, KEPT_SHARE, OUTCOME, SECONDS_TO_LIMIT, WORK_NAME } from './shared'

const SOURCE_HASH = maybe(
  text('trace', 'First 16 hex digits of the SHA-256 of the file as it ran; for `memprof report`.'),
)

const SITE: FieldTable<Site> = {
  function: otel('code.function.name', text('sampler', 'The allocating function.')),
  file: otel(
    'code.file.path',
    text('sampler', 'Relative to the working directory where inside it; source-mapped.'),
  ),
  line: otel(
    'code.line.number',
    count('sampler', 'Where the function begins, or allocates; see `lineExact`. From 1.'),
  ),
  column: otel('code.column.number', count('sampler', 'From 1.')),
  lineExact: maybe(
    flag('trace', 'The line allocates it, and is not just where the function begins.'),
  ),
  sourceHash: SOURCE_HASH,
  bytes: bytes('sampler', 'What it allocated of what is kept.'),
  share: amount('sampler', '0 to 1', 'Of the bytes of all sites of the leak.'),
  stack: otel(
    'code.stacktrace',
    texts('sampler', 'Callers, nearest first, as `function (file:line)`.'),
  ),
}

const FRAME: FieldTable<SiteFrame> = {
  function: text('trace', 'The function around it.'),
  file: text('trace', 'Source-mapped, as a site’s.'),
  line: count('trace', 'From 1.'),
  column: count('trace', 'From 1.'),
  sourceHash: SOURCE_HASH,
}

const UNIT: FieldTable<TracedUnit> = {
  ...WORK_NAME,
  share: amount('trace', '0 to 1', 'Of all that was seen.'),
  within: maybe(
    list('trace', 'Of a unit of work: the requests that it began in, largest first.', {
      ...WORK_NAME,
      share: amount('trace', '0 to 1', 'Of what the unit did.'),
    }),
  ),
}

const HOLDER: FieldTable<Holder> = {
  path: text('search', 'The variable, and the way from it, as in `bus._events.news`.'),
  kind: choice('search', HOLDER_KINDS, 'The container’s kind.'),
  size: count('search', 'Its entries, at the last look.'),
  growthPerRequest: signed(
    rate('search', 'Entries it gains per request; per second beside `bytesPerSecond`.'),
  ),
  capacity: maybe(
    count('search', 'Entries it may come to, where the object it belongs to says so.'),
  ),
  function: maybe(text('search', 'The function whose variable it is.')),
  file: maybe(text('search', 'Where the variable is declared.')),
  line: maybe(count('search', 'From 1.')),
  addedAt: maybe(group('trace', 'The statement or call that adds to it.', FRAME)),
  added: maybe(
    count('trace', 'Entries by which it was seen to grow, between slices of JavaScript.'),
  ),
  removed: maybe(
    count('trace', 'Entries by which it was seen to shrink; 0 may be too short a look.'),
  ),
  addedPerUnit: maybe(
    rate('trace', 'Entries added per request; per second beside `bytesPerSecond`.'),
  ),
  removedPerUnit: maybe(
    rate('trace', 'Entries removed per request; per second beside `bytesPerSecond`.'),
  ),
  bytesPerEntry: maybe(bytes('trace', 'What one entry keeps, itself included.', 'bytes per entry')),
  addedBy: maybe(list('trace', 'Who made it grow, largest first.', UNIT)),
  removedBy: maybe(list('trace', 'Who made it shrink, largest first.', UNIT)),
}

const TRACE: FieldTable<TraceFields> = {
  hits: count('trace', 'Executions, or entries added, that were seen.'),
  units: list('trace', 'Who did it, largest first.', UNIT),
  idleShare: amount('trace', '0 to 1', 'Done without a request: timers, messages.'),
  lostShare: amount('trace', '0 to 1', 'Done in callbacks that do not tell for which request.'),
}

export const LEAK: FieldTable<FieldsOf<'leak'>> = {
  scope: choice(
    'verdict',
    LEAK_SCOPES,
    '`route`: this one; `shared`: all pay alike; `process`: grows without requests; `open`: not known who pays.',
  ),
  kind: choice(
    'verdict',
    LEAK_KINDS,
    '`buffers`: ArrayBuffers; `native`: rss grows, neither of the two does.',
  ),
  ...WORK_NAME,
  bytesPerRequest: maybe(bytes('verdict', 'Kept per request.', 'bytes per request')),
  ci95: maybe(
    interval(
      'verdict',
      'bytes per request',
      'Low and high end of the 95 % interval; per second beside `bytesPerSecond`.',
    ),
  ),
  bytesPerSecond: maybe(
    bytes('verdict', 'Kept per second, where it does not grow by requests.', 'bytes per second'),
  ),
  floorBytesPerRequest: maybe(FLOOR),
  requests: count('counted', 'Requests in the observation; 0 beside `bytesPerSecond`.'),
  outcome: maybe(OUTCOME),
  outcomeShare: maybe(amount('counted', '0 to 1', 'Those, of all requests of the route.')),
  retainedBytes: bytes('verdict', 'Kept in the observation.'),
  keptRequestsShare: maybe(KEPT_SHARE),
  attribution: maybe(
    choice(
      'verdict',
      ATTRIBUTIONS,
      '`direct`: while the route’s own code ran; `traced`: seen to run for its requests; else by their rhythm.',
    ),
  ),
  directShare: maybe(amount('verdict', '0 to 1', 'Share of the bytes that is `direct`.')),
  trace: maybe(group('trace', 'Who was seen to do it, where the stacks do not tell.', TRACE)),
  sites: list('sampler', 'Where it was allocated, largest first.', SITE),
  holders: list('search', 'What keeps it; empty until it is found.', HOLDER),
  holdersNote: maybe(sentence('search', 'What the search left out.')),
  secondsToLimit: maybe(SECONDS_TO_LIMIT),
}
