import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fitLinear, type Prior } from '../../lib/stats/least-squares'
import { integer, normal, seeded } from '../support/random'

const NONE: Prior = { mean: 0, sd: Number.POSITIVE_INFINITY }

/** What the fit minimises, term by term. */
function penalisedSum(
  rows: ReadonlyArray<readonly number[]>,
  values: readonly number[],
  noise: number,
  priors: readonly Prior[],
  coefficients: readonly number[],
): number {
  let sum = 0
  for (const [at, row] of rows.entries()) {
    let explained = 0
    for (const [i, x] of row.entries()) explained += x * coefficients[i]!
    sum += ((values[at]! - explained) / noise) ** 2
  }
  for (const [i, { mean, sd }] of priors.entries()) sum += ((coefficients[i]! - mean) / sd) ** 2
  return sum
}

/** The minimum by walking along each coefficient in turn, with halving steps: slow, and nothing else. */
function search(sumOf: (coefficients: readonly number[]) => number, count: number): number {
  const at = new Array<number>(count).fill(0)
  let least = sumOf(at)
  for (let step = 64; step > 1e-7; ) {
    let moved = false
    for (let i = 0; i < count; i++) {
      for (const by of [step, -step]) {
        at[i]! += by
        const sum = sumOf(at)
        if (sum < least) {
          least = sum
          moved = true
        } else at[i]! -= by
      }
    }
    if (!moved) step /= 2
  }
  return least
}

interface Case {
  readonly rows: number[][]
  readonly values: number[]
  readonly noise: number
  readonly priors: Prior[]
}

function drawCase(random: () => number): Case {
  const count = integer(random, 1, 3)
  const rows = Array.from({ length: integer(random, count + 1, 12) }, () =>
    Array.from({ length: count }, () => normal(random)),
  )
  const truth = Array.from({ length: count }, () => 5 * normal(random))
  const noise = 0.1 + random()
  const values = rows.map(
    (row) => row.reduce((sum, x, i) => sum + x * truth[i]!, 0) + noise * normal(random),
  )
  const priors = truth.map((value) =>
    random() < 0.4 ? NONE : { mean: value + normal(random), sd: 0.2 + 2 * random() },
  )
  return { rows, values, noise, priors }
}

describe('fitLinear', () => {
  it('finds the least penalised sum, as a search does, in 150 random cases', () => {
    const random = seeded(11)
    for (let drawn = 0; drawn < 150; drawn++) {
      const { rows, values, noise, priors } = drawCase(random)
      const sumOf = (coefficients: readonly number[]): number =>
        penalisedSum(rows, values, noise, priors, coefficients)
      const fit = fitLinear(rows, values, noise, priors)
      assert.ok(fit, `case ${drawn}`)
      const searched = search(sumOf, priors.length)
      const least = sumOf(fit.coefficients)
      assert.ok(least <= searched + 1e-9 * (1 + searched), `case ${drawn}: ${least}, ${searched}`)
    }
  })

  it('leaves residuals that are the values less what was fitted', () => {
    const random = seeded(12)
    const { rows, values, noise, priors } = drawCase(random)
    const { coefficients, residuals } = fitLinear(rows, values, noise, priors)!
    for (const [at, row] of rows.entries()) {
      const fitted = row.reduce((sum, x, i) => sum + x * coefficients[i]!, 0)
      assert.ok(Math.abs(residuals[at]! + fitted - values[at]!) < 1e-9)
    }
  })

  it('says how far its coefficients stray: by their covariance, over 2,000 draws of the noise', () => {
    const random = seeded(13)
    const rows = Array.from({ length: 8 }, (_, at) => [at, 1])
    const priors = [NONE, NONE]
    const slopes: number[] = []
    let variance = 0
    for (let draw = 0; draw < 2000; draw++) {
      const values = rows.map(([x]) => 3 * x! + 2 + 0.5 * normal(random))
      const fit = fitLinear(rows, values, 0.5, priors)!
      slopes.push(fit.coefficients[0]!)
      variance = fit.covariance[0]![0]!
    }
    const mean = slopes.reduce((sum, slope) => sum + slope, 0) / slopes.length
    const seen = slopes.reduce((sum, slope) => sum + (slope - mean) ** 2, 0) / slopes.length
    assert.ok(Math.abs(mean - 3) < 4 * Math.sqrt(variance / slopes.length))
    assert.ok(Math.abs(seen / variance - 1) < 0.1, `${seen} seen, ${variance} said`)
  })

  it('gives the mean of a prior that is sure, and the data where none is', () => {
    const rows = [[1], [1]]
    const sure = fitLinear(rows, [10, 12], 1, [{ mean: 3, sd: 1e-6 }])!
    assert.ok(Math.abs(sure.coefficients[0]! - 3) < 1e-6)
    const free = fitLinear(rows, [10, 12], 1, [NONE])!
    assert.ok(Math.abs(free.coefficients[0]! - 11) < 1e-9)
  })

  it('weighs a prior of sd 1 as one more value of noise 1', () => {
    const fit = fitLinear([[1], [1], [1]], [4, 4, 4], 1, [{ mean: 8, sd: 1 }])!
    assert.ok(Math.abs(fit.coefficients[0]! - 5) < 1e-9)
    assert.ok(Math.abs(fit.covariance[0]![0]! - 1 / 4) < 1e-9)
  })

  it('keeps its digits where columns are requests beside an intercept', () => {
    const rows = [1e6, 2e6, 3e6, 4e6].map((requests) => [requests, 1])
    const values = rows.map(([requests]) => 1300 * requests! + 5e7)
    const { coefficients } = fitLinear(rows, values, 24e3, [NONE, NONE])!
    assert.ok(Math.abs(coefficients[0]! / 1300 - 1) < 1e-6)
    assert.ok(Math.abs(coefficients[1]! / 5e7 - 1) < 1e-6)
  })

  it('is null where two columns say the same, and not once a prior tells them apart', () => {
    const rows = [
      [1, 2],
      [2, 4],
      [3, 6],
    ]
    assert.equal(fitLinear(rows, [1, 2, 3], 1, [NONE, NONE]), null)
    assert.ok(fitLinear(rows, [1, 2, 3], 1, [{ mean: 0, sd: 10 }, NONE]))
  })

  it('is null where a column is zero and has no prior', () => {
    const rows = [
      [0, 1],
      [0, 1],
    ]
    assert.equal(fitLinear(rows, [1, 2], 1, [NONE, NONE]), null)
    assert.equal(fitLinear(rows, [1, 2], 1, [{ mean: 7, sd: 2 }, NONE])?.coefficients[0], 7)
  })
})
