import type { Interval } from '../../schema/lines'
import { poolEstimates } from '../../stats/pooled-estimate'
import type { Agreement } from './summary'

interface PooledRate {
  readonly value: number
  readonly ci95: Interval | null
  /** Null with fewer than two estimates. */
  readonly agreement: Agreement | null
}

type Rate = readonly [value: number | null | undefined, ci95: Interval | null | undefined]

/**
 * One rate from those of several instances. A single one stays as it is; those without an interval
 * count only where none has one.
 *
 * @returns null without a rate
 */
export function poolRates(rates: readonly Rate[]): PooledRate | null {
  const known = rates.flatMap(([value, ci95]) => (value == null ? [] : [{ value, ci95 }]))
  const [first] = known
  if (!first) return null
  const estimates = known.flatMap(({ value, ci95 }) => (ci95 ? [{ value, ci95 }] : []))
  if (known.length === 1 || estimates.length === 0) {
    return { value: first.value, ci95: first.ci95 ?? null, agreement: null }
  }
  const pooled = poolEstimates(estimates)!
  const { value, ci95, count, heterogeneous, pValue, iSquared } = pooled
  const agreement = count < 2 ? null : { count, heterogeneous, pValue, iSquared }
  return { value, ci95, agreement }
}
