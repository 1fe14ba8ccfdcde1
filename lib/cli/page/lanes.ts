/** Puts the curves of several processes on one axis of time. */
import type { Numbers, ProcessCurve, ProcessData } from '../view/page-data'

export type Measure = Exclude<keyof ProcessCurve, 'atMs'>

/** `undefined`: nothing was measured then, the line goes through; null: there the line ends. */
export type LaneValues = ReadonlyArray<number | null | undefined>

export interface Lanes {
  readonly atMs: readonly number[]
  /** Index of the last moment at which something was measured. */
  readonly last: number
  /** One array per lane, as long as `atMs`. */
  all(measure: Measure): LaneValues[]
  readonly count: number
}

/**
 * Processes that ran one after the other share a lane: a week of restarts is one line with gaps, a
 * cluster of four is four lines.
 */
export function layLanes(processes: readonly ProcessData[]): Lanes {
  const lanes: Array<{ endMs: number; curves: ProcessCurve[] }> = []
  for (const { curve } of processes.toSorted((a, b) => a.startMs - b.startMs)) {
    if (!curve || curve.atMs.length === 0) continue
    const endMs = curve.atMs.at(-1)!
    const free = lanes.find((lane) => lane.endMs < curve.atMs[0]!)
    if (free) {
      free.curves.push(curve)
      free.endMs = endMs
    } else lanes.push({ endMs, curves: [curve] })
  }
  const atMs = [...new Set(lanes.flatMap(({ curves }) => curves.flatMap(timesWithEnd)))]
  atMs.sort((a, b) => a - b)
  const position = new Map(atMs.map((ms, at) => [ms, at]))
  const lastMs = Math.max(0, ...lanes.map(({ endMs }) => endMs))
  return {
    atMs,
    last: position.get(lastMs) ?? -1,
    count: lanes.length,
    all: (measure) =>
      lanes.map(({ curves }) => {
        const values = new Array<number | null | undefined>(atMs.length).fill(null)
        for (const curve of curves) {
          values.fill(undefined, position.get(curve.atMs[0]!)!, position.get(curve.atMs.at(-1)!)!)
          curve.atMs.forEach((ms, at) => {
            values[position.get(ms)!] = curve[measure][at] ?? null
          })
        }
        return values
      }),
  }
}

/** Where the line stops: 1 ms after the last point. */
function endOf(curve: ProcessCurve): number {
  return curve.atMs.at(-1)! + 1
}

function timesWithEnd(curve: ProcessCurve): number[] {
  return [...curve.atMs, endOf(curve)]
}

/** The last value at or before an index; null where none was measured yet, or the line has ended. */
export function valueAt(values: LaneValues, at: number): number | null {
  for (let index = at; index >= 0; index--) {
    const value = values[index]
    if (value !== undefined) return value
  }
  return null
}

/** The smallest and largest of what is known. */
export function extent(values: LaneValues | Numbers): { low: number; high: number } | null {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const value of values) {
    if (value === null || value === undefined) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return low <= high ? { low, high } : null
}
