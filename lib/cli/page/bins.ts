import { stepFor } from './clock'

export interface Bins {
  readonly widthMs: number
  /** Middles, in ms. */
  readonly atMs: readonly number[]
  readonly sums: readonly number[]
}

/** Sums of counts over equal stretches of time, at most `max` of them; empty ones are left out. */
export function binCounts(
  counts: ReadonlyArray<{ readonly ms: number; readonly count: number }>,
  spanMs: number,
  max: number,
): Bins {
  const widthMs = stepFor(spanMs, max)
  const bins = new Map<number, number>()
  for (const { ms, count } of counts) {
    const bin = Math.floor(ms / widthMs)
    bins.set(bin, (bins.get(bin) ?? 0) + count)
  }
  const sorted = [...bins].sort(([a], [b]) => a - b)
  return {
    widthMs,
    atMs: sorted.map(([bin]) => (bin + 0.5) * widthMs),
    sums: sorted.map(([, sum]) => sum),
  }
}
