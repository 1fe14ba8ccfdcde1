/**
 * Rows and sums -> records of lib/schema/lines.ts, and the sentence of each. Pure.
 */
import type { RequestRing } from '../record/ring'
import { OUTCOMES } from '../record/outcome'
import type { Reading } from '../record/reading'
import type { LayerSum, RouteStats } from '../record/route-stats'
import type { Route } from '../record/routes'
import type { MemoryFields, RequestLine, RetentionFields, RouteLine } from '../schema/lines'
import { asWritten } from '../schema/work-name'
import type { Distribution } from '../stats/distribution'
import { countOf, formatBytes } from './amounts'
import { asItIs, requestOf, routeName } from './leak-words'

/** Times are read to 0.1 us at best; three decimals of a ms are exact enough and short. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000
}

type MemoryName = 'rss' | 'vsize' | 'heapUsed' | 'heapTotal' | 'external'
const MEMORY_NAMES: readonly MemoryName[] = ['rss', 'vsize', 'heapUsed', 'heapTotal', 'external']

/** The before, after and delta fields; a reading the platform does not give is left out. */
export function memoryFields(before: Reading, after: Reading): MemoryFields {
  const fields: Record<string, number> = {}
  for (const name of MEMORY_NAMES) {
    const from = before[`${name}Bytes`]
    const to = after[`${name}Bytes`]
    if (Number.isNaN(from) || Number.isNaN(to)) continue
    fields[`${name}BeforeBytes`] = from
    fields[`${name}AfterBytes`] = to
    fields[`${name}DeltaBytes`] = to - from
  }
  return fields as unknown as MemoryFields
}

export function readingAt(ring: RequestRing, at: number, side: 'Before' | 'After'): Reading {
  return {
    rssBytes: ring[`rss${side}Bytes`][at]!,
    vsizeBytes: ring[`vsize${side}Bytes`][at]!,
    heapUsedBytes: ring[`heapUsed${side}Bytes`][at]!,
    heapTotalBytes: ring[`heapTotal${side}Bytes`][at]!,
    externalBytes: ring[`external${side}Bytes`][at]!,
  }
}

export function requestLine(ring: RequestRing, at: number, route: Route): RequestLine {
  const concurrency = ring.concurrency[at]!
  const gcs = ring.gcs[at]!
  const path = ring.path?.[at]
  return {
    event: 'request',
    method: ring.method?.[at] ?? route.method,
    route: route.pattern,
    ...(path === undefined ? {} : { path }),
    status: ring.status[at]!,
    outcome: OUTCOMES[ring.outcome[at]!]!,
    durationMs: roundMs(ring.endMs[at]! - ring.startMs[at]!),
    concurrency,
    gcs,
    clean: concurrency === 1 && gcs === 0,
    ...memoryFields(readingAt(ring, at, 'Before'), readingAt(ring, at, 'After')),
  }
}

export function requestMsg(line: RequestLine): string {
  const how = line.outcome === 'finished' ? String(line.status) : line.outcome
  return `${line.method} ${line.path ?? line.route} ${how} in ${line.durationMs} ms`
}

function deltaSummary(deltas: Distribution): RouteLine['heapDeltaBytes'] {
  if (deltas.count === 0) return { clean: 0 }
  return {
    clean: deltas.count,
    mean: Math.round(deltas.mean),
    p50: Math.round(deltas.quantile(0.5)),
    max: deltas.max,
  }
}

/** The layer with the highest mean of `total` over `count` requests. */
function highest(
  layers: ReadonlyMap<string, LayerSum>,
  total: 'ms' | 'heapBytes',
  count: 'requests' | 'cleanRequests',
): { name: string; mean: number } | null {
  let found: { name: string; mean: number } | null = null
  for (const [name, sum] of layers) {
    if (sum[count] === 0) continue
    const mean = sum[total] / sum[count]
    if (!found || mean > found.mean) found = { name, mean }
  }
  return found
}

export function routeLine(stats: RouteStats, retention: RetentionFields): RouteLine {
  const { durationUs } = stats
  const ms = (us: number): number => (Number.isFinite(us) ? roundMs(us / 1000) : 0)
  const slowest = highest(stats.layers, 'ms', 'requests')
  const hungriest = highest(stats.layers, 'heapBytes', 'cleanRequests')
  return {
    event: 'route',
    ...asWritten({ method: stats.route.method, route: stats.route.pattern }),
    requests: stats.requests,
    errors: stats.errors,
    aborted: stats.aborted,
    inFlight: stats.inFlight,
    durationMs: {
      mean: ms(durationUs.mean),
      p50: ms(durationUs.quantile(0.5)),
      p90: ms(durationUs.quantile(0.9)),
      p99: ms(durationUs.quantile(0.99)),
      max: ms(durationUs.max),
    },
    heapDeltaBytes: deltaSummary(stats.cleanHeapDeltaBytes),
    rssDeltaBytes: deltaSummary(stats.cleanRssDeltaBytes),
    ...(slowest ? { slowestLayer: { name: slowest.name, meanMs: roundMs(slowest.mean) } } : {}),
    ...(hungriest
      ? { hungriestLayer: { name: hungriest.name, meanBytes: Math.round(hungriest.mean) } }
      : {}),
    requestsTotal: stats.requestsTotal,
    errorsTotal: stats.errorsTotal,
    abortedTotal: stats.abortedTotal,
    ...retention,
  }
}

export function routeMsg(line: RouteLine): string {
  const { durationMs } = line
  const parts = [
    `${routeName(line, asItIs)}: ${countOf(line.requests, requestOf(line))}`,
    `p50 ${durationMs.p50} ms, p99 ${durationMs.p99} ms`,
  ]
  if (line.aborted > 0) parts.push(`${line.aborted} aborted`)
  if (line.verdict === 'leaking' && line.retainedBytesPerRequest !== undefined) {
    const kept = formatBytes(line.retainedBytesPerRequest)
    parts.push(`keeps ${kept} per ${requestOf(line, line.outcome)}`)
  } else if (line.verdict) {
    parts.push(line.verdict)
  }
  return parts.join(', ')
}
