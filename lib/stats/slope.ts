/** The straight line through some points, by least squares. */
export interface Slope {
  readonly perX: number
  /** Of `perX`, if the points scatter independently. */
  readonly sd: number
}

/**
 * @param xs - shape [n]; 3 or more, not all alike
 * @param minNoise - what the points scatter by at least, standard deviation
 */
export function slopeOf(xs: readonly number[], ys: readonly number[], minNoise = 0): Slope {
  const n = xs.length
  const meanX = xs.reduce((sum, x) => sum + x, 0) / n
  const meanY = ys.reduce((sum, y) => sum + y, 0) / n
  const xx = xs.reduce((sum, x) => sum + (x - meanX) ** 2, 0)
  const xy = xs.reduce((sum, x, at) => sum + (x - meanX) * (ys[at]! - meanY), 0)
  const perX = xy / xx
  const squares = xs.reduce((sum, x, at) => sum + (ys[at]! - meanY - perX * (x - meanX)) ** 2, 0)
  return { perX, sd: Math.max(minNoise, Math.sqrt(squares / (n - 2))) / Math.sqrt(xx) }
}
