/** A least-squares line's slope and the standard error of it. */
export interface Slope {
  readonly slope: number
  readonly standardError: number
}

/**
 * Least-squares slope of `y` over `x`. The readings it is used on come right after forced GCs and
 * with no request in flight: nothing bends single points, so the plain estimator is the sharpest.
 *
 * @throws RangeError with fewer than three points: there would be no standard error
 */
export function fitSlope(x: readonly number[], y: readonly number[]): Slope {
  const n = x.length
  if (n < 3 || y.length !== n) {
    throw new RangeError(`fitSlope needs at least 3 pairs, got ${n} and ${y.length}`)
  }
  const meanX = x.reduce((sum, value) => sum + value, 0) / n
  const meanY = y.reduce((sum, value) => sum + value, 0) / n
  let sxx = 0
  let sxy = 0
  for (let i = 0; i < n; i++) {
    sxx += (x[i]! - meanX) ** 2
    sxy += (x[i]! - meanX) * (y[i]! - meanY)
  }
  const slope = sxy / sxx
  let residual = 0
  for (let i = 0; i < n; i++) residual += (y[i]! - meanY - slope * (x[i]! - meanX)) ** 2
  return { slope, standardError: Math.sqrt(residual / (n - 2) / sxx) }
}
