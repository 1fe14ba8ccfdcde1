/**
 * What a line of memprof's looks like, for tests that need one more than they need what is in it: as
 * text here, and as a whole log in made-log.ts.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LogLine } from '../../lib/cli/log/log-line'
import { openLogReader, type ReadCounts } from '../../lib/cli/log/read-log'
import { openSummary, type SummaryOptions } from '../../lib/cli/summary/builder'
import type { LogSummary } from '../../lib/cli/summary/summary'
import type { GrowthFields } from '../../lib/schema/lines'
import { ROOT } from './files'

export const LOGS: string = join(ROOT, 'test/fixtures/logs')

export function fixtureLog(name: string): Buffer {
  return readFileSync(join(LOGS, name))
}

type Fields = Readonly<Record<string, unknown>>

const ENVELOPE = {
  level: 30,
  time: 1_700_000_000_000,
  pid: 7,
  hostname: 'host',
  name: 'memprof',
  v: 1,
  service: 'shop',
  version: '1.0.0',
  instance: 'a',
}

/** A line as pino writes it, without the newline. */
export function lineOf(fields: Fields): string {
  const { msg = 'said', ...own } = fields
  return JSON.stringify({ ...ENVELOPE, ...own, msg })
}

/** The fields of a `route` line beside those of any line, in the order in which memprof writes them. */
export const ROUTE_FIELDS = {
  method: 'GET',
  route: '/a',
  requests: 10,
  errors: 0,
  aborted: 0,
  inFlight: 0,
  durationMs: { mean: 2.5, p50: 2, p90: 4, p99: 9.125, max: 10 },
  heapDeltaBytes: { clean: 2, mean: -512, p50: 100, max: 4096 },
  rssDeltaBytes: { clean: 0 },
  requestsTotal: 10,
  errorsTotal: 0,
  abortedTotal: 0,
} as const

export const PROCESS_FIELDS = {
  rssBytes: 100e6,
  heapUsedBytes: 50e6,
  heapTotalBytes: 60e6,
  heapLimitBytes: 4e9,
  externalBytes: 3e6,
  arrayBuffersBytes: 1e6,
  liveHeapBytes: 40e6,
  gc: { minor: 3, major: 1, pauseMs: 4.5 },
  eventLoop: { utilization: 0.5, delayP99Ms: 21 },
  requests: 10,
  inFlight: 0,
  dropped: 0,
  self: { cpuMs: 1, pauseMs: 2, heapBytes: 1000 },
} as const

/** Ten minutes in which nothing but what is open grew, unless it is said. */
export function openBooks(more: Partial<GrowthFields> = {}): GrowthFields {
  const { toldBytes = 0, ownBytes = 0, stoppedBytes = 0, openBytes = 0 } = more
  return {
    seconds: 600,
    bytes: toldBytes + ownBytes + stoppedBytes + openBytes,
    toldBytes,
    toldCi95: [0.9 * toldBytes, 1.1 * toldBytes],
    ownBytes,
    ownCi95: [ownBytes - 100, ownBytes + 100],
    stoppedBytes,
    stoppedCi95: [stoppedBytes - 100, stoppedBytes + 100],
    openBytes,
    ci95: [openBytes - 1e5, openBytes + 1e5],
    ...more,
  }
}

export const LEAK_FIELDS = {
  scope: 'route',
  kind: 'heap',
  method: 'GET',
  route: '/a',
  bytesPerRequest: 1400,
  ci95: [1300, 1600],
  floorBytesPerRequest: 40,
  requests: 1000,
  retainedBytes: 1_400_000,
  attribution: 'direct',
  directShare: 1,
  sites: [
    {
      function: 'search',
      file: 'services/search.js',
      line: 3,
      column: 7,
      bytes: 1_000_000,
      share: 1,
      stack: ['handle (routes.js:9)'],
    },
  ],
  holders: [{ path: 'search.cache.__data__', kind: 'Map', size: 41_302, growthPerRequest: 1 }],
  secondsToLimit: 7800,
} as const

export function routeLine(fields: Fields = {}): string {
  const { requests = ROUTE_FIELDS.requests } = fields
  return lineOf({ event: 'route', ...ROUTE_FIELDS, requestsTotal: requests, ...fields })
}

export function processLine(fields: Fields = {}): string {
  return lineOf({ event: 'process', ...PROCESS_FIELDS, ...fields })
}

export function leakLine(fields: Fields = {}): string {
  return lineOf({ event: 'leak', ...LEAK_FIELDS, ...fields })
}

export interface ReadResult {
  readonly lines: LogLine[]
  readonly others: string[]
  readonly counts: ReadCounts
}

/** Reads bytes, given in these pieces. */
export function readAll(pieces: ReadonlyArray<Buffer | string>, requests = false): ReadResult {
  const lines: LogLine[] = []
  const others: string[] = []
  const reader = openLogReader({
    line: (line) => lines.push(line),
    other: (line) => others.push(line.toString()),
    requests,
  })
  for (const piece of pieces) reader.write(Buffer.from(piece))
  reader.end()
  return { lines, others, counts: reader.counts }
}

/** What is known after these lines. */
export function summaryOf(lines: readonly string[], options: SummaryOptions = {}): LogSummary {
  const builder = openSummary(options)
  const reader = openLogReader(builder)
  reader.write(Buffer.from(lines.map((line) => `${line}\n`).join('')))
  reader.end()
  return builder.summary()
}
