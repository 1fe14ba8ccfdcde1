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

/**
 * Employment in the USA, 1947 to 1962: GNP deflator, GNP, unemployed, armed forces, population, year,
 * and those employed. J. W. Longley, J. Am. Stat. Assoc. 62 (1967) 819-841.
 */
const LONGLEY = [
  [83.0, 234_289, 2356, 1590, 107_608, 1947, 60_323],
  [88.5, 259_426, 2325, 1456, 108_632, 1948, 61_122],
  [88.2, 258_054, 3682, 1616, 109_773, 1949, 60_171],
  [89.5, 284_599, 3351, 1650, 110_929, 1950, 61_187],
  [96.2, 328_975, 2099, 3099, 112_075, 1951, 63_221],
  [98.1, 346_999, 1932, 3594, 113_270, 1952, 63_639],
  [99.0, 365_385, 1870, 3547, 115_094, 1953, 64_989],
  [100.0, 363_112, 3578, 3350, 116_219, 1954, 63_761],
  [101.2, 397_469, 2904, 3048, 117_388, 1955, 66_019],
  [104.6, 419_180, 2822, 2857, 118_734, 1956, 67_857],
  [108.4, 442_769, 2936, 2798, 120_445, 1957, 68_169],
  [110.8, 444_546, 4681, 2637, 121_950, 1958, 66_513],
  [112.6, 482_704, 3813, 2552, 123_366, 1959, 68_655],
  [114.2, 502_601, 3931, 2514, 125_368, 1960, 69_564],
  [115.7, 518_173, 4806, 2572, 127_852, 1961, 69_331],
  [116.9, 554_894, 4007, 2827, 130_081, 1962, 70_551],
] as const
/** Certified by NIST, Statistical Reference Datasets, "Longley": estimates, and standard deviations. */
const LONGLEY_ESTIMATES = [
  [15.0618722713733, 84.9149257747669],
  [-0.035819179292591, 0.0334910077722432],
  [-2.02022980381683, 0.488399681651699],
  [-1.03322686717359, 0.214274163161675],
  [-0.0511041056535807, 0.22607320006937],
  [1829.15146461355, 455.478499142212],
  [-3482258.63459582, 890420.383607373],
] as const
const LONGLEY_RESIDUAL_SD = 304.854073561965

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

  it('gives the estimates and deviations that NIST certifies for the data of Longley, to 1e-5', () => {
    // Columns that nearly say the same: normal equations keep half of the 16 digits, or fewer. The
    // intercept comes last, as in the fit of the live heap.
    const rows = LONGLEY.map((row) => [...row.slice(0, 6), 1])
    const values = LONGLEY.map((row) => row[6])
    const priors = LONGLEY_ESTIMATES.map(() => NONE)
    const { coefficients, covariance } = fitLinear(rows, values, LONGLEY_RESIDUAL_SD, priors)!
    for (const [at, [estimate, sd]] of LONGLEY_ESTIMATES.entries()) {
      const relative = Math.abs(coefficients[at]! / estimate - 1)
      assert.ok(relative < 1e-5, `estimate ${at} is off by ${relative}`)
      const ofSd = Math.abs(Math.sqrt(covariance[at]![at]!) / sd - 1)
      assert.ok(ofSd < 1e-5, `deviation ${at} is off by ${ofSd}`)
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
