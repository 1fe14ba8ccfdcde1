import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Estimate, poolEstimates, standardError } from '../../lib/stats/pooled-estimate'
import { integer, normal, seeded } from '../support/random'

const Z95 = 1.96

function estimate(value: number, sd: number): Estimate {
  return { value, ci95: [value - Z95 * sd, value + Z95 * sd] }
}

function close(actual: number, expected: number, within: number): void {
  assert.ok(Math.abs(actual - expected) <= within, `${actual}, not ${expected}`)
}

/** Events and others, with the vaccine and without, in the 13 trials of BCG of Colditz et al. (1994). */
const BCG = [
  [4, 119, 11, 128],
  [6, 300, 29, 274],
  [3, 228, 11, 209],
  [62, 13536, 248, 12619],
  [33, 5036, 47, 5761],
  [180, 1361, 372, 1079],
  [8, 2537, 10, 619],
  [505, 87886, 499, 87892],
  [29, 7470, 45, 7232],
  [17, 1699, 65, 1600],
  [186, 50448, 141, 27197],
  [5, 2493, 3, 2338],
  [27, 16886, 29, 17825],
] as const

/** Of the logarithm of the likelihood under the random-effects model, up to a constant. */
function logLikelihood(estimates: readonly Estimate[], mean: number, tauSquared: number): number {
  return -estimates.reduce((sum, { value, ci95: [low, high] }) => {
    const variance = ((high - low) / (2 * Z95)) ** 2 + tauSquared
    return sum + (value - mean) ** 2 / (2 * variance)
  }, 0)
}

function drawn(random: () => number, count: number, between: number): Estimate[] {
  return Array.from({ length: count }, () => {
    const sd = 20 + 200 * random()
    return estimate(1500 + between * normal(random) + sd * normal(random), sd)
  })
}

describe('poolEstimates', () => {
  it('agrees with Viechtbauer (2005), example 1: tau^2 0.2768, I^2 80.44 %, H^2 5.1137', () => {
    const values = [-0.581, 0.53, 0.771, 1.031, 0.553, 0.295, 0.078, 0.573, -0.176, -0.232]
    const variances = [0.023, 0.052, 0.06, 0.115, 0.095, 0.203, 0.2, 0.211, 0.051, 0.04]
    // In thousands, as the width of an interval is in whole bytes.
    const pooled = poolEstimates(
      values.map((value, at) => estimate(1000 * value, 1000 * Math.sqrt(variances[at]!))),
    )!
    close(pooled.tauSquared / 1e6, 0.2768, 0.00005)
    close(pooled.iSquared, 0.804447, 0.0000005)
    close(pooled.q / pooled.degreesOfFreedom, 5.1137, 0.00005)
    assert.equal(pooled.degreesOfFreedom, 9)
    assert.equal(pooled.heterogeneous, true)
  })

  it('agrees with metan and metafor on 13 trials of BCG: -0.7141, 95 % -1.0644 to -0.3638', () => {
    const pooled = poolEstimates(
      BCG.map(([a, b, c, d]) => {
        const logRatio = Math.log(a / (a + b) / (c / (c + d)))
        const variance = 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)
        return estimate(1000 * logRatio, 1000 * Math.sqrt(variance))
      }),
    )!
    close(pooled.q, 152.233, 0.0005)
    close(pooled.value / 1000, -0.7141, 0.00005)
    close(pooled.ci95[0] / 1000, -1.0644, 0.00006)
    close(pooled.ci95[1] / 1000, -0.3638, 0.00006)
    assert.ok(pooled.pValue < 1e-20)
  })

  it('finds the likeliest mean, as a search does, in 200 random fleets', () => {
    const random = seeded(21)
    for (let fleet = 0; fleet < 200; fleet++) {
      const estimates = drawn(random, integer(random, 1, 40), fleet % 2 === 0 ? 0 : 300)
      const { value, tauSquared, ci95 } = poolEstimates(estimates)!
      let best = 1500
      for (let step = 1024; step > 1e-6; step /= 2) {
        const at = (mean: number): number => logLikelihood(estimates, mean, tauSquared)
        while (at(best + step) > at(best)) best += step
        while (at(best - step) > at(best)) best -= step
      }
      close(value, best, 1e-3)
      // By Wilks: the ends of the interval lie 1.96^2 / 2 below the top.
      const top = logLikelihood(estimates, value, tauSquared)
      for (const end of ci95) {
        close(top - logLikelihood(estimates, end, tauSquared), Z95 ** 2 / 2, 1e-6)
      }
    }
  })

  it('holds the truth in 95 of 100 fleets of 200, alike or not', () => {
    const random = seeded(22)
    for (const between of [0, 300]) {
      let held = 0
      const fleets = 1000
      for (let fleet = 0; fleet < fleets; fleet++) {
        const { ci95 } = poolEstimates(drawn(random, 200, between))!
        if (ci95[0] <= 1500 && 1500 <= ci95[1]) held++
      }
      // Four standard deviations of a count of 1,000 at 95 %.
      close(held / fleets, 0.95, 4 * Math.sqrt((0.95 * 0.05) / fleets))
    }
  })

  it('says that instances differ: in 5 of 100 fleets where they do not, in all where they do', () => {
    const random = seeded(23)
    const share = (between: number): number => {
      let said = 0
      for (let fleet = 0; fleet < 1000; fleet++) {
        if (poolEstimates(drawn(random, 30, between))!.heterogeneous) said++
      }
      return said / 1000
    }
    close(share(0), 0.05, 4 * Math.sqrt((0.95 * 0.05) / 1000))
    assert.equal(share(300), 1)
  })

  it('gives one estimate back, and the plain mean of two that count alike', () => {
    const one = poolEstimates([{ value: 1500, ci95: [1400, 1600] }])!
    close(one.ci95[0], 1400, 1e-9)
    close(one.ci95[1], 1600, 1e-9)
    assert.deepEqual(
      { ...one, ci95: [] },
      {
        value: 1500,
        ci95: [],
        count: 1,
        q: 0,
        degreesOfFreedom: 0,
        pValue: 1,
        heterogeneous: false,
        iSquared: 0,
        tauSquared: 0,
      },
    )
    const two = poolEstimates([
      { value: 1000, ci95: [900, 1100] },
      { value: 1020, ci95: [920, 1120] },
    ])!
    close(two.value, 1010, 1e-9)
    close(two.ci95[1] - two.ci95[0], 200 / Math.SQRT2, 1e-9)
    assert.equal(two.iSquared, 0)
  })

  it('gives back each of 1,000 estimates alone: rounding is no variance between instances', () => {
    const random = seeded(24)
    for (const one of drawn(random, 1000, 300)) {
      const { value, ci95, q, tauSquared, iSquared } = poolEstimates([one])!
      close(value, one.value, 1e-9)
      close(ci95[0], one.ci95[0], 1e-9)
      assert.deepEqual({ q, tauSquared, iSquared }, { q: 0, tauSquared: 0, iSquared: 0 })
    }
  })

  it('takes an interval whose ends were rounded to the same byte for one byte wide', () => {
    const pooled = poolEstimates([
      { value: 48, ci95: [48, 48] },
      { value: 50, ci95: [50, 50] },
    ])!
    close(pooled.value, 49, 1e-9)
    close(standardError(48, 48), 1 / 3.92, 1e-12)
    close(standardError(48, 49.5), 1.5 / 3.92, 1e-12)
  })

  it('leaves out what is not finite, and is null where nothing is left', () => {
    assert.equal(poolEstimates([]), null)
    assert.equal(poolEstimates([{ value: Number.NaN, ci95: [1, 2] }]), null)
    const infinite = { value: 5, ci95: [1, Number.POSITIVE_INFINITY] } as const
    assert.equal(poolEstimates([infinite, estimate(7, 3)])!.count, 1)
  })
})
