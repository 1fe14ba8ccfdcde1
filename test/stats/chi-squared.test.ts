import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { chiSquaredTail } from '../../lib/stats/chi-squared'

function close(actual: number, expected: number, relative = 1e-9): void {
  assert.ok(
    Math.abs(actual - expected) <= relative * Math.abs(expected),
    `${actual}, not ${expected}`,
  )
}

/** By Simpson's rule on the density, d >= 2. */
function integrated(x: number, d: number): number {
  let logGamma = d % 2 === 0 ? 0 : Math.log(Math.PI) / 2
  for (let a = d % 2 === 0 ? 1 : 0.5; a < d / 2; a++) logGamma += Math.log(a)
  const density = (t: number): number =>
    t === 0 && d > 2
      ? 0
      : Math.exp((d / 2 - 1) * Math.log(t || 1) - t / 2 - (d / 2) * Math.LN2 - logGamma)
  const steps = 20_000
  const end = x + 60 + 20 * Math.sqrt(2 * d)
  const width = (end - x) / steps
  let sum = density(x) + density(end)
  for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * density(x + i * width)
  return (sum * width) / 3
}

describe('chiSquaredTail', () => {
  it('is exp(-x / 2) for two degrees of freedom, and its Poisson sum for ten', () => {
    for (const x of [0.001, 0.5, 1, 3, 10, 100, 700]) {
      close(chiSquaredTail(x, 2), Math.exp(-x / 2))
      let term = Math.exp(-x / 2)
      let sum = term
      for (let n = 1; n < 5; n++) sum += term *= x / 2 / n
      close(chiSquaredTail(x, 10), sum)
    }
  })

  it('gives 5 % at the values that tables print', () => {
    for (const [degreesOfFreedom, x] of [
      [1, 3.841458821],
      [2, 5.991464547],
      [3, 7.814727903],
      [12, 21.02606982],
      [100, 124.3421134],
    ] as const) {
      close(chiSquaredTail(x, degreesOfFreedom), 0.05, 1e-7)
    }
  })

  it('agrees with published percentage points to their six digits, and with what R prints', () => {
    // M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, table 26.8.
    for (const [degreesOfFreedom, chance, x] of [
      [1, 0.001, 10.828],
      [5, 0.001, 20.515],
      [10, 0.001, 29.588],
      [30, 0.001, 59.703],
      [100, 0.001, 149.449],
      [5, 0.995, 0.41174],
      [10, 0.995, 2.15585],
      [30, 0.995, 13.7867],
      [100, 0.995, 67.3276],
    ] as const) {
      close(chiSquaredTail(x, degreesOfFreedom), chance, 3e-4)
    }
    // pchisq(x, d, lower.tail = FALSE) in R, seven digits.
    close(chiSquaredTail(4.36, 4), 0.3594721, 1e-6)
    close(chiSquaredTail(4, 5), 0.549416, 1e-6)
  })

  it('agrees to 1e-9 with the incomplete gamma function of mpmath, worked out to 40 digits', () => {
    close(chiSquaredTail(4.36, 4), 0.359472067437)
    close(chiSquaredTail(10, 5), 0.0752352461465)
    close(chiSquaredTail(10.828, 1), 0.000999765719583)
    close(chiSquaredTail(149.449, 100), 0.00100004622177)
  })

  it('is the integral of the density, far below and far above its mean', () => {
    for (const d of [3, 4, 7, 40, 199, 1000]) {
      for (const share of [0.3, 0.8, 1, 1.2, 2]) {
        close(chiSquaredTail(share * d, d), integrated(share * d, d), 1e-6)
      }
    }
  })

  it('is 1 at zero, and no NaN where the chance is too small for a number', () => {
    assert.equal(chiSquaredTail(0, 5), 1)
    assert.equal(chiSquaredTail(1e6, 5), 0)
    assert.ok(chiSquaredTail(9000, 10_000) > 0.999)
    assert.ok(chiSquaredTail(11_000, 10_000) < 1e-11)
  })
})
