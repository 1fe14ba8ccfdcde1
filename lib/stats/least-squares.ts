/**
 * Linear least squares with a normal prior on each coefficient.
 *
 * Minimises  |y - X b|^2 / s^2  +  sum ((b_i - mean_i) / sd_i)^2  +  sum ((b_i / mean_i - b_k / mean_k) / sd)^2
 * over the ties of i and k, by its normal equations, solved by Cholesky decomposition. O(n p^2 + p^3); p is a
 * handful.
 *
 * Source: A. Gelman et al., Bayesian Data Analysis, 3rd ed., section 14.8.
 */
export interface Prior {
  readonly mean: number
  /** Infinity: no prior. */
  readonly sd: number
}

/** Two coefficients are off their priors' means by the same factor, but for this much. */
export interface Tie {
  readonly of: number
  readonly to: number
  readonly sd: number
}

export interface Fit {
  readonly coefficients: readonly number[]
  /** Posterior covariance, for the given noise; [p][p]. */
  readonly covariance: ReadonlyArray<readonly number[]>
  /** y - X b; [n]. */
  readonly residuals: readonly number[]
}

/**
 * @param rows - X; shape [n][p]
 * @param values - y; shape [n]
 * @param noise - s, the standard deviation of the values; > 0
 * @returns null where the normal equations are singular: columns that say the same, and no prior
 */
export function fitLinear(
  rows: ReadonlyArray<readonly number[]>,
  values: readonly number[],
  noise: number,
  priors: readonly Prior[],
  ties: readonly Tie[] = [],
): Fit | null {
  const p = priors.length
  const weight = 1 / (noise * noise)
  const normal = priors.map((prior, i) =>
    priors.map((_, k) => {
      const own = i === k ? 1 / (prior.sd * prior.sd) : 0
      return rows.reduce((sum, row) => sum + weight * row[i]! * row[k]!, own)
    }),
  )
  for (const { of, to, sd } of ties) {
    const terms = [
      [of, 1 / priors[of]!.mean / sd],
      [to, -1 / priors[to]!.mean / sd],
    ] as const
    for (const [i, a] of terms) for (const [k, b] of terms) normal[i]![k]! += a * b
  }
  const right = priors.map((prior, i) =>
    rows.reduce(
      (sum, row, at) => sum + weight * row[i]! * values[at]!,
      prior.sd === Number.POSITIVE_INFINITY ? 0 : prior.mean / (prior.sd * prior.sd),
    ),
  )
  const covariance = invert(normal)
  if (!covariance) return null
  const coefficients = covariance.map((row) => dot(row, right))
  const residuals = rows.map((row, at) => values[at]! - dot(row.slice(0, p), coefficients))
  return { coefficients, covariance, residuals }
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + value * b[at]!, 0)
}

/** Inverse of a symmetric positive definite matrix; null where it is not one. */
function invert(matrix: ReadonlyArray<readonly number[]>): number[][] | null {
  const p = matrix.length
  // Scaled to a unit diagonal first: columns may be bytes beside counts.
  const scale = matrix.map((row, i) => 1 / Math.sqrt(row[i]!))
  if (scale.some((factor) => !Number.isFinite(factor))) return null
  const lower = matrix.map(() => new Array<number>(p).fill(0))
  for (let i = 0; i < p; i++) {
    for (let k = 0; k <= i; k++) {
      let sum = matrix[i]![k]! * scale[i]! * scale[k]!
      for (let at = 0; at < k; at++) sum -= lower[i]![at]! * lower[k]![at]!
      if (i !== k) lower[i]![k] = sum / lower[k]![k]!
      else if (sum <= 1e-12) return null
      else lower[i]![i] = Math.sqrt(sum)
    }
  }
  const inverse = matrix.map(() => new Array<number>(p).fill(0))
  for (let column = 0; column < p; column++) {
    const solution = new Array<number>(p).fill(0)
    for (let i = 0; i < p; i++) {
      let sum = i === column ? 1 : 0
      for (let at = 0; at < i; at++) sum -= lower[i]![at]! * solution[at]!
      solution[i] = sum / lower[i]![i]!
    }
    for (let i = p - 1; i >= 0; i--) {
      let sum = solution[i]!
      for (let at = i + 1; at < p; at++) sum -= lower[at]![i]! * solution[at]!
      solution[i] = sum / lower[i]![i]!
    }
    for (let i = 0; i < p; i++) inverse[i]![column] = solution[i]! * scale[i]! * scale[column]!
  }
  return inverse
}
