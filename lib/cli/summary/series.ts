/** Points of memory and of routes over time: what goes into one, and two become one. */
import type { RouteLine } from '../../schema/lines'
import type { LogLineOf } from '../log/log-line'
import type { Point } from './time-buckets'

export interface MemoryPoint extends Point {
  /** Highest in the bucket. */
  rssBytes: number
  heapUsedBytes: number
  heapTotalBytes: number
  externalBytes: number
  arrayBuffersBytes: number
  /** Newest in the bucket: after the last major GC. */
  liveHeapBytes: number | null
  requests: number
  inFlight: number
  gcMinor: number
  gcMajor: number
  gcPauseMs: number
  /** Highest. */
  loopDelayP99Ms: number
}

type ProcessLine = LogLineOf<'process'>

/** A field of a memory point: of a `process` line, and of two points that become one. */
interface MemoryField<V> {
  readonly empty: V
  read(line: ProcessLine): V
  merge(earlier: V, later: V): V
}

function highest(read: (line: ProcessLine) => number): MemoryField<number> {
  return { empty: 0, read, merge: (earlier, later) => (later > earlier ? later : earlier) }
}

function sum(read: (line: ProcessLine) => number): MemoryField<number> {
  return { empty: 0, read, merge: (earlier, later) => earlier + later }
}

function newest(read: (line: ProcessLine) => number | null): MemoryField<number | null> {
  return { empty: null, read, merge: (earlier, later) => later ?? earlier }
}

const MEMORY_FIELDS: {
  readonly [K in Exclude<keyof MemoryPoint, 'time'>]: MemoryField<MemoryPoint[K]>
} = {
  rssBytes: highest((line) => line.rssBytes),
  heapUsedBytes: highest((line) => line.heapUsedBytes),
  heapTotalBytes: highest((line) => line.heapTotalBytes),
  externalBytes: highest((line) => line.externalBytes),
  arrayBuffersBytes: highest((line) => line.arrayBuffersBytes),
  liveHeapBytes: newest((line) => line.liveHeapBytes ?? null),
  requests: sum((line) => line.requests),
  inFlight: highest((line) => line.inFlight),
  gcMinor: sum((line) => line.gc.minor),
  gcMajor: sum((line) => line.gc.major),
  gcPauseMs: sum((line) => line.gc.pauseMs),
  loopDelayP99Ms: highest((line) => line.eventLoop.delayP99Ms),
}

type MemoryName = keyof typeof MEMORY_FIELDS
const MEMORY_ENTRIES = Object.entries(MEMORY_FIELDS) as ReadonlyArray<
  [MemoryName, MemoryField<number | null>]
>

const EMPTY_MEMORY = Object.fromEntries(
  MEMORY_ENTRIES.map(([name, { empty }]) => [name, empty]),
) as Omit<MemoryPoint, 'time'>

export function emptyMemoryPoint(time: number): MemoryPoint {
  return { time, ...EMPTY_MEMORY }
}

export function addMemoryPoint(point: MemoryPoint, line: ProcessLine): void {
  const values: Record<MemoryName, number | null> = point
  for (const [name, { read, merge }] of MEMORY_ENTRIES) {
    values[name] = merge(values[name], read(line))
  }
}

export function mergeMemoryPoints(into: MemoryPoint, later: MemoryPoint): void {
  const values: Record<MemoryName, number | null> = into
  for (const [name, { merge }] of MEMORY_ENTRIES) values[name] = merge(values[name], later[name])
}

export interface RoutePoint extends Point {
  requests: number
  errors: number
  aborted: number
  /** Of all requests of the bucket. */
  meanMs: number
  /** Highest of the lines' own. */
  p99Ms: number
  /** Over the clean requests of the bucket; null without one. */
  cleanHeapDeltaBytes: number | null
  cleanRequests: number
  /** Newest; null while it is not known. */
  retainedBytesPerRequest: number | null
}

export function emptyRoutePoint(time: number): RoutePoint {
  return {
    time,
    requests: 0,
    errors: 0,
    aborted: 0,
    meanMs: 0,
    p99Ms: 0,
    cleanHeapDeltaBytes: null,
    cleanRequests: 0,
    retainedBytesPerRequest: null,
  }
}

export function addRoutePoint(point: RoutePoint, line: RouteLine): void {
  mergeRoutePoints(point, {
    time: point.time,
    requests: line.requests,
    errors: line.errors,
    aborted: line.aborted,
    meanMs: line.durationMs.mean,
    p99Ms: line.durationMs.p99,
    cleanHeapDeltaBytes: line.heapDeltaBytes.mean ?? null,
    cleanRequests: line.heapDeltaBytes.clean,
    retainedBytesPerRequest: line.retainedBytesPerRequest ?? null,
  })
}

export function mergeRoutePoints(into: RoutePoint, later: RoutePoint): void {
  into.meanMs = weightedMean(into.meanMs, into.requests, later.meanMs, later.requests)
  into.requests += later.requests
  into.errors += later.errors
  into.aborted += later.aborted
  into.p99Ms = Math.max(into.p99Ms, later.p99Ms)
  if (later.cleanHeapDeltaBytes !== null) {
    into.cleanHeapDeltaBytes = weightedMean(
      into.cleanHeapDeltaBytes ?? 0,
      into.cleanRequests,
      later.cleanHeapDeltaBytes,
      later.cleanRequests,
    )
    into.cleanRequests += later.cleanRequests
  }
  into.retainedBytesPerRequest = later.retainedBytesPerRequest ?? into.retainedBytesPerRequest
}

function weightedMean(a: number, weightA: number, b: number, weightB: number): number {
  const weight = weightA + weightB
  return weight === 0 ? 0 : (a * weightA + b * weightB) / weight
}

/** The newest that is known, bytes. */
export function lastLiveHeap(memory: readonly MemoryPoint[]): number | null {
  return memory.findLast(({ liveHeapBytes }) => liveHeapBytes !== null)?.liveHeapBytes ?? null
}
