/**
 * One estimate from those of many instances, each with its 95 % interval.
 *
 * Each counts by the inverse of its variance. Where they differ by more than their intervals explain,
 * as instances with other traffic do, the variance between them is added to each: the random-effects
 * model, which is the fixed-effect one as long as Q is no more than its degrees of freedom.
 *
 *   w = 1 / se^2        mean = sum w y / sum w          Q = sum w (y - mean)^2
 *   tau^2 = max(0, (Q - (k - 1)) / (sum w - sum w^2 / sum w))
 *   w* = 1 / (se^2 + tau^2)     pooled = sum w* y / sum w*     se = 1 / sqrt(sum w*)
 *
 * With few instances that differ, the interval is narrower than it should be: tau^2 is then hardly
 * known, and counts as known. Instances without an estimate (those that do not leak) have no part.
 *
 * Sources: R. DerSimonian and N. Laird, Controlled Clinical Trials 7 (1986) 177-188; Q: W. G. Cochran,
 * Biometrics 10 (1954) 101-129; I^2: J. P. T. Higgins and S. G. Thompson, Statistics in Medicine 21
 * (2002) 1539-1558.
 */
import { chiSquaredTail } from './chi-squared'
import { Z95 } from './normal'

/** Lines round the ends of an interval to whole bytes: one of width 0 would count for everything. */
const MIN_WIDTH = 1
/** Estimates further apart than chance would bring them in one fleet of 20 are said to differ. */
const MAX_CHANCE = 0.05

export interface Estimate {
  readonly value: number
  /** Low and high end, in the unit of the value. */
  readonly ci95: readonly [number, number]
}

export interface PooledEstimate extends Estimate {
  /** Estimates that were pooled; those with a number that is not finite are left out. */
  readonly count: number
  /** Cochran's Q: what the estimates differ by, in squares of their standard errors. */
  readonly q: number
  /** count - 1, Q's mean where all estimate the same. */
  readonly degreesOfFreedom: number
  /** How often chance alone would give this Q, or more; 1 for one estimate. */
  readonly pValue: number
  /** p < 0.05: the estimates differ by more than their intervals explain. */
  readonly heterogeneous: boolean
  /** I^2: the share, 0 to 1, of the spread that is no noise of the single estimates. */
  readonly iSquared: number
  /** Variance between the instances, in squares of the value's unit. */
  readonly tauSquared: number
}

/**
 * O(n) time.
 *
 * @returns null where there is nothing to pool
 */
export function poolEstimates(estimates: readonly Estimate[]): PooledEstimate | null {
  const used = estimates.filter(
    ({ value, ci95: [low, high] }) => Number.isFinite(value) && Number.isFinite(high - low),
  )
  if (used.length === 0) return null
  const variances = used.map(({ ci95: [low, high] }) => standardError(low, high) ** 2)
  const fixed = weighted(used, variances)
  const degreesOfFreedom = used.length - 1
  // One estimate differs from itself by what rounding leaves.
  const q =
    degreesOfFreedom === 0
      ? 0
      : used.reduce((sum, { value }, at) => sum + (value - fixed.mean) ** 2 / variances[at]!, 0)
  const excess = Math.max(0, q - degreesOfFreedom)
  const tauSquared = excess === 0 ? 0 : excess / (fixed.weight - fixed.weightSquared / fixed.weight)
  const { mean, weight } = weighted(
    used,
    variances.map((variance) => variance + tauSquared),
  )
  const halfWidth = Z95 / Math.sqrt(weight)
  const pValue = degreesOfFreedom === 0 ? 1 : chiSquaredTail(q, degreesOfFreedom)
  return {
    value: mean,
    ci95: [mean - halfWidth, mean + halfWidth],
    count: used.length,
    q,
    degreesOfFreedom,
    pValue,
    heterogeneous: pValue < MAX_CHANCE,
    iSquared: excess === 0 ? 0 : excess / q,
    tauSquared,
  }
}

/** Of an estimate with this 95 % interval; its ends may stand in either order. */
export function standardError(low: number, high: number): number {
  return Math.max(Math.abs(high - low), MIN_WIDTH) / (2 * Z95)
}

function weighted(
  estimates: readonly Estimate[],
  variances: readonly number[],
): { mean: number; weight: number; weightSquared: number } {
  let weight = 0
  let weightSquared = 0
  let sum = 0
  for (const [at, { value }] of estimates.entries()) {
    const w = 1 / variances[at]!
    weight += w
    weightSquared += w * w
    sum += w * value
  }
  return { mean: sum / weight, weight, weightSquared }
}
