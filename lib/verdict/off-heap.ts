/**
 * What grows where heap profiles do not look: buffers, whose bytes the process counts but whose routes
 * only their small wrappers on the heap tell; and memory that neither accounts for.
 */
import { calibrate } from './calibrate'
import type { Observation } from './observation'
import type { Span } from './growth'

/** Growth of all ArrayBuffers below this many bytes is pools and sockets. */
const MIN_BUFFER_BYTES = 256 << 10
/** Each third of the span grows at least at this share of the mean. */
const MIN_STEADINESS = 0.5
/** rss moves by itself: fragmentation, arenas, pages not yet returned. Bytes, and share of rss. */
const MIN_NATIVE_BYTES = 48 << 20
const MIN_NATIVE_SHARE = 0.2
/** Readings before a word is said of native memory. */
const MIN_NATIVE_READINGS = 20

export interface BufferClaim {
  /** Cumulative, per reading. */
  readonly exposure: readonly number[]
  /** Bytes of wrappers that were kept, by the samples: who kept more of them probably kept more. */
  readonly wrapperBytes: number
}

/**
 * Bytes off the heap per count, for each claim.
 *
 * @returns null where buffers do not grow, or no longer
 */
export function bufferRates(
  { arrayBuffersBytes }: Observation,
  { first, last }: Span,
  claims: readonly BufferClaim[],
): Array<{ rate: number; sd: number }> | null {
  const total = arrayBuffersBytes[last]! - arrayBuffersBytes[first]!
  if (claims.length === 0 || total < MIN_BUFFER_BYTES) return null
  const wrappers = claims.reduce((sum, { wrapperBytes }) => sum + wrapperBytes, 0)
  // Steady against all that keep buffers, each by its share: one of two may pause.
  const due = arrayBuffersBytes.map((_, at) =>
    claims.reduce(
      (sum, { exposure, wrapperBytes }) =>
        sum +
        (wrapperBytes * (exposure[at]! - exposure[first]!)) / (exposure[last]! - exposure[first]!),
      0,
    ),
  )
  if (!isSteady(arrayBuffersBytes, due, { first, last })) return null
  const cut = (series: readonly number[]): number[] => series.slice(first, last + 1)
  return calibrate(
    cut(arrayBuffersBytes),
    cut(arrayBuffersBytes).map(() => 0),
    claims.map(({ exposure, wrapperBytes }) => ({
      exposure: cut(exposure),
      sampledRate: (total * wrapperBytes) / wrappers / (exposure[last]! - exposure[first]!),
    })),
  )
}

/** @returns bytes per second that neither the heap nor buffers account for; null: none to speak of */
export function nativeRate(
  { rssBytes, heapTotalBytes, arrayBuffersBytes, timeMs }: Observation,
  { first, last }: Span,
): { rate: number; bytes: number } | null {
  if (last - first + 1 < MIN_NATIVE_READINGS) return null
  const native = rssBytes.map((rss, at) => rss - heapTotalBytes[at]! - arrayBuffersBytes[at]!)
  const bytes = native[last]! - native[first]!
  if (bytes < Math.max(MIN_NATIVE_BYTES, MIN_NATIVE_SHARE * rssBytes[first]!)) return null
  if (!isSteady(native, timeMs, { first, last })) return null
  return { rate: (bytes * 1000) / (timeMs[last]! - timeMs[first]!), bytes }
}

/** Whether each third of the counts brought its share of the growth. */
function isSteady(
  series: readonly number[],
  exposure: readonly number[],
  { first, last }: Span,
): boolean {
  const span = exposure[last]! - exposure[first]!
  const total = series[last]! - series[first]!
  if (span <= 0 || total <= 0) return false
  let from = first
  for (const third of [1, 2, 3]) {
    let to = from
    while (to < last && exposure[to]! < exposure[first]! + (span * third) / 3) to++
    const share = (series[to]! - series[from]!) / total
    const wanted = (exposure[to]! - exposure[from]!) / span
    if (share < MIN_STEADINESS * wanted) return false
    from = to
  }
  return true
}
