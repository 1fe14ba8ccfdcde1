import {
  amount,
  bytes,
  choice,
  count,
  type FieldTable,
  group,
  interval,
  list,
  maybe,
  otel,
  seconds,
  signed,
} from '../field'
import { type FieldsOf, LEAK_KINDS, UNROUTED_SCOPES } from '../lines'
import { ROUTE, SECONDS_TO_LIMIT, SELF } from './shared'

/** Of a part of the growth: so many bytes, and the interval beside it. */
const PART_CI95 = interval('verdict', 'bytes', 'Low and high end of its 95 % interval.')

export const PROCESS: FieldTable<FieldsOf<'process'>> = {
  rssBytes: otel('process.memory.usage', bytes('statm', 'The resident set.')),
  vsizeBytes: maybe(otel('process.memory.virtual', bytes('statm', 'Virtual memory.'))),
  heapUsedBytes: otel('v8js.memory.heap.used', bytes('v8', 'Used heap, garbage included.')),
  heapTotalBytes: otel('v8js.memory.heap.space.size', bytes('v8', 'Heap V8 has reserved.')),
  heapLimitBytes: bytes('v8', 'The heap may grow up to here.'),
  externalBytes: bytes('v8', 'Memory outside the heap that objects on it hold.'),
  arrayBuffersBytes: bytes('memoryUsage', 'Of it, ArrayBuffers and Buffers.'),
  liveHeapBytes: maybe(bytes('reading', 'Used heap right after the last major GC.')),
  gc: group('gc', 'GCs in the interval.', {
    minor: otel('v8js.gc.duration (count, minor)', count('gc', 'Of the young generation.')),
    major: otel('v8js.gc.duration (count, major)', count('gc', 'Of the whole heap.')),
    pauseMs: otel('v8js.gc.duration (sum, s)', amount('gc', 'ms', 'Their time together.')),
  }),
  eventLoop: group('loop', 'The event loop in the interval.', {
    utilization: otel(
      'nodejs.eventloop.utilization',
      amount('loop', '0 to 1', 'Share of the time it was busy.'),
    ),
    delayP99Ms: otel(
      'nodejs.eventloop.delay.p99 (s)',
      amount('loop', 'ms', '99 % of its turns were delayed by no more.'),
    ),
  }),
  requests: count('counted', 'Requests ended in the interval.'),
  inFlight: otel('http.server.active_requests', count('counted', 'Open now.')),
  dropped: count('counted', 'Requests overwritten in the ring before they were read.'),
  self: group('memprof', 'What memprof itself took.', SELF),
  secondsToLimit: maybe(SECONDS_TO_LIMIT),
  leaks: maybe(
    list(
      'verdict',
      'Of the leaks told that no route is blamed for, those that go on; from the first of them on.',
      {
        scope: choice('verdict', UNROUTED_SCOPES, 'As in `leak`.'),
        kind: choice('verdict', LEAK_KINDS, 'As in `leak`.'),
        route: maybe(ROUTE),
      },
    ),
  ),
  growth: maybe(
    group('verdict', 'What the live heap grew by over the observation, and what of it is known.', {
      seconds: seconds('clock', 'The observation, without its warm-up.'),
      bytes: signed(bytes('reading', 'The sum of the four that follow.')),
      toldBytes: bytes('verdict', 'Of leaks that were told, but for those of scope `open`.'),
      toldCi95: PART_CI95,
      ownBytes: signed(bytes('memprof', 'What memprof itself keeps.')),
      ownCi95: PART_CI95,
      stoppedBytes: signed(bytes('verdict', 'Grew, and grows no more.')),
      stoppedCi95: PART_CI95,
      openBytes: signed(bytes('verdict', 'Goes on, and nobody was found for.')),
      ci95: PART_CI95,
    }),
  ),
}
