import type { LogLineOf } from '../log/log-line'
import { Limit } from './limit'
import type { MeasureSummary } from './summary'

/** Labels of `measure()`, each by its service. */
export class Measures {
  readonly limit: Limit = new Limit(500, 'labels of measure()')
  readonly #byKey = new Map<string, MeasureTotals>()

  take(line: LogLineOf<'measure'>): void {
    const { service, label, durationMs, heapUsedDeltaBytes } = line
    const key = `${service}\n${label}`
    let totals = this.#byKey.get(key)
    if (!totals) {
      if (!this.limit.admits(this.#byKey.size)) return
      totals = {
        service,
        label,
        count: 0,
        errored: 0,
        sumMs: 0,
        maxMs: 0,
        sumHeapDeltaBytes: 0,
        maxHeapDeltaBytes: Number.NEGATIVE_INFINITY,
      }
      this.#byKey.set(key, totals)
    }
    totals.count++
    if (line.outcome === 'errored') totals.errored++
    totals.sumMs += durationMs
    totals.maxMs = Math.max(totals.maxMs, durationMs)
    totals.sumHeapDeltaBytes += heapUsedDeltaBytes
    totals.maxHeapDeltaBytes = Math.max(totals.maxHeapDeltaBytes, heapUsedDeltaBytes)
  }

  summaries(): MeasureSummary[] {
    return [...this.#byKey.values()].map(summarize).sort((a, b) => b.count - a.count)
  }
}

interface MeasureTotals {
  readonly service: string
  readonly label: string
  count: number
  errored: number
  sumMs: number
  maxMs: number
  sumHeapDeltaBytes: number
  maxHeapDeltaBytes: number
}

function summarize(totals: MeasureTotals): MeasureSummary {
  const { service, label, count, errored, sumMs, maxMs, sumHeapDeltaBytes } = totals
  return {
    service,
    label,
    count,
    errored,
    meanMs: sumMs / count,
    maxMs,
    meanHeapDeltaBytes: sumHeapDeltaBytes / count,
    maxHeapDeltaBytes: totals.maxHeapDeltaBytes,
  }
}
