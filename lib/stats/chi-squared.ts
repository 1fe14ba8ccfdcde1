/**
 * The upper tail of the chi-squared distribution: how often chance alone gives this much or more.
 *
 * The regularised incomplete gamma function Q(d / 2, x / 2): a series below its mean, a continued
 * fraction above it, so that neither end loses its digits. Right to 1e-9, relative, for up to 10,000
 * degrees of freedom; up to a few hundred steps.
 *
 * @param degreesOfFreedom - a whole number, >= 1
 * @returns 0 to 1; 1 for x <= 0
 *
 * Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 6.5.29, 6.5.31 and
 * 26.4.19.
 */
export function chiSquaredTail(x: number, degreesOfFreedom: number): number {
  if (x <= 0) return 1
  const a = degreesOfFreedom / 2
  const z = x / 2
  const scale = Math.exp(a * Math.log(z) - z - logGammaOfHalf(degreesOfFreedom))
  return z < a + 1 ? Math.max(0, 1 - scale * lowerSeries(a, z)) : scale * upperFraction(a, z)
}

/** Terms shrink by this before the sum is taken as whole. */
const PRECISION = 1e-16
const MAX_STEPS = 100_000

/** Sum of z^n / (a (a + 1) ... (a + n)). */
function lowerSeries(a: number, z: number): number {
  let term = 1 / a
  let sum = term
  for (let n = 1; n < MAX_STEPS && term > PRECISION * sum; n++) {
    term *= z / (a + n)
    sum += term
  }
  return sum
}

/** 1 / (z + 1 - a - 1 (1 - a) / (z + 3 - a - 2 (2 - a) / ...)), by the method of Lentz. */
function upperFraction(a: number, z: number): number {
  let b = z + 1 - a
  let c = Number.POSITIVE_INFINITY
  let d = 1 / b
  let value = d
  for (let n = 1; n < MAX_STEPS; n++) {
    const numerator = n * (a - n)
    b += 2
    d = 1 / (b + numerator * d)
    c = b + numerator / c
    const change = c * d
    value *= change
    if (Math.abs(change - 1) < PRECISION * 10) break
  }
  return value
}

/** ln of Gamma(d / 2), up from Gamma(1) = 1 or Gamma(1/2) = sqrt(pi) by Gamma(a + 1) = a Gamma(a). */
function logGammaOfHalf(d: number): number {
  let log = d % 2 === 0 ? 0 : Math.log(Math.PI) / 2
  for (let a = d % 2 === 0 ? 1 : 0.5; a < d / 2; a++) log += Math.log(a)
  return log
}
