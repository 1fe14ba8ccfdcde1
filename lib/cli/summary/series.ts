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
  /** Newest in the bucket: after the last full collection. */
  liveHeapBytes: number | null
  requests: number
  inFlight: number
  gcMinor: number
  gcMajor: number
  gcPauseMs: number
  /** Highest. */
  loopDelayP99Ms: number
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

export function emptyMemoryPoint(time: number): MemoryPoint {
  return {
    time,
    rssBytes: 0,
    heapUsedBytes: 0,
    heapTotalBytes: 0,
    externalBytes: 0,
    arrayBuffersBytes: 0,
    liveHeapBytes: null,
    requests: 0,
    inFlight: 0,
    gcMinor: 0,
    gcMajor: 0,
    gcPauseMs: 0,
    loopDelayP99Ms: 0,
  }
}

export function addMemoryPoint(point: MemoryPoint, line: LogLineOf<'process'>): void {
  point.rssBytes = Math.max(point.rssBytes, line.rssBytes)
  point.heapUsedBytes = Math.max(point.heapUsedBytes, line.heapUsedBytes)
  point.heapTotalBytes = Math.max(point.heapTotalBytes, line.heapTotalBytes)
  point.externalBytes = Math.max(point.externalBytes, line.externalBytes)
  point.arrayBuffersBytes = Math.max(point.arrayBuffersBytes, line.arrayBuffersBytes)
  point.liveHeapBytes = line.liveHeapBytes ?? point.liveHeapBytes
  point.requests += line.requests
  point.inFlight = Math.max(point.inFlight, line.inFlight)
  point.gcMinor += line.gc.minor
  point.gcMajor += line.gc.major
  point.gcPauseMs += line.gc.pauseMs
  point.loopDelayP99Ms = Math.max(point.loopDelayP99Ms, line.eventLoop.delayP99Ms)
}

export function mergeMemoryPoints(into: MemoryPoint, later: MemoryPoint): void {
  into.rssBytes = Math.max(into.rssBytes, later.rssBytes)
  into.heapUsedBytes = Math.max(into.heapUsedBytes, later.heapUsedBytes)
  into.heapTotalBytes = Math.max(into.heapTotalBytes, later.heapTotalBytes)
  into.externalBytes = Math.max(into.externalBytes, later.externalBytes)
  into.arrayBuffersBytes = Math.max(into.arrayBuffersBytes, later.arrayBuffersBytes)
  into.liveHeapBytes = later.liveHeapBytes ?? into.liveHeapBytes
  into.requests += later.requests
  into.inFlight = Math.max(into.inFlight, later.inFlight)
  into.gcMinor += later.gcMinor
  into.gcMajor += later.gcMajor
  into.gcPauseMs += later.gcPauseMs
  into.loopDelayP99Ms = Math.max(into.loopDelayP99Ms, later.loopDelayP99Ms)
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
