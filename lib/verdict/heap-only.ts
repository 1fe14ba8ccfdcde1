/**
 * Whether the live heap grows, from the process's own major GCs alone: what is left where the heap is too
 * large for readings of memprof's own. Which route makes it grow, they cannot say.
 * docs/method.md, "How many bytes", its last paragraph.
 */
import type { Interval } from '../schema/lines'
import { Z95 } from '../stats/normal'
import { slopeOf } from '../stats/slope'
import { THRESHOLDS, type Thresholds } from './thresholds'

/** The live heap after a major GC of the process's own. */
export interface HeapPoint {
  readonly timeMs: number
  readonly liveHeapBytes: number
  readonly requests: number
}

export interface HeapGrowth {
  readonly bytesPerRequest: number
  readonly ci95: Interval
  readonly bytes: number
  readonly requests: number
}

/**
 * Slope of the live heap over requests by least squares.
 *
 * @param points - oldest first; shape [n]
 * @returns null where it does not grow, or not steadily, or not surely
 */
export function heapGrowth(
  points: readonly HeapPoint[],
  thresholds: Thresholds = THRESHOLDS,
): HeapGrowth | null {
  const { minPoints, minGrowthShare, minThirdShare } = thresholds.heapOnly
  const n = points.length
  if (n < minPoints) return null
  const first = points[0]!
  const last = points[n - 1]!
  const requests = last.requests - first.requests
  const bytes = last.liveHeapBytes - first.liveHeapBytes
  if (requests <= 0 || bytes < minGrowthShare * first.liveHeapBytes) return null
  const third = Math.floor(n / 3)
  for (const [from, to] of [
    [0, third],
    [third, n - 1 - third],
    [n - 1 - third, n - 1],
  ] as const) {
    const part = points[to]!.liveHeapBytes - points[from]!.liveHeapBytes
    const due = (bytes * (points[to]!.requests - points[from]!.requests)) / requests
    if (part < minThirdShare * due) return null
  }
  const { perX: slope, sd } = slopeOf(
    points.map((point) => point.requests),
    points.map((point) => point.liveHeapBytes),
  )
  const ci95: Interval = [slope - Z95 * sd, slope + Z95 * sd]
  return ci95[0] > 0 ? { bytesPerRequest: slope, ci95, bytes, requests } : null
}
