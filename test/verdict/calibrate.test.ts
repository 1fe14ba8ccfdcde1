import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { calibrate as calibrateBy, type Claim, type OwnSeries } from '../../lib/verdict/calibrate'
import { THRESHOLDS } from '../../lib/verdict/thresholds'
import { cumulative } from '../support/observations'
import { normal, seeded } from '../support/random'

const READINGS = 18
const NOISE_BYTES = 15 << 10

function calibrate(
  heapBytes: readonly number[],
  background: readonly number[],
  claims: readonly Claim[],
  own: OwnSeries | null = null,
): ReturnType<typeof calibrateBy> {
  return calibrateBy(heapBytes, background, claims, own, THRESHOLDS)
}

/** Cumulative requests of a route, about 300 in a window, its rate on a random walk. */
function walk(random: () => number): number[] {
  let level = 0
  return cumulative(
    Array.from({ length: READINGS }, () => {
      level = 0.7 * level + 0.45 * normal(random)
      return Math.round(300 * Math.exp(level))
    }),
  )
}

function heapOf(
  random: () => number,
  leaks: ReadonlyArray<{ exposure: readonly number[]; rate: number }>,
): number[] {
  return Array.from({ length: READINGS }, (_, at) =>
    leaks.reduce(
      (sum, { exposure, rate }) => sum + exposure[at]! * rate,
      (20 << 20) + NOISE_BYTES * normal(random),
    ),
  )
}

const NOTHING = new Array<number>(READINGS).fill(0)

describe('calibrate', () => {
  it('finds 200 planted rates within 10 % where the samples are off by two, either way', () => {
    const random = seeded(31)
    let covered = 0
    for (let drawn = 0; drawn < 200; drawn++) {
      const rate = 300 * 10 ** random()
      const exposure = walk(random)
      const sampledRate = rate * (drawn % 2 === 0 ? 2 : 0.5)
      const [found] = calibrate(heapOf(random, [{ exposure, rate }]), NOTHING, [
        { exposure, sampledRate },
      ])
      assert.ok(Math.abs(found!.rate / rate - 1) < 0.1, `${drawn}: ${found!.rate} for ${rate}`)
      if (Math.abs(found!.rate - rate) <= 1.96 * found!.sd) covered++
    }
    assert.ok(covered >= 0.95 * 200, `${covered} of 200`)
  })

  it('tells parts of what the same functions allocate, in a steady mix, by their shares: within 10 %, and covered', () => {
    const random = seeded(35)
    let worst = 0
    let covered = 0
    for (let drawn = 0; drawn < 100; drawn++) {
      // Requests of both come at a steady rate: the heap tells their sum alone.
      const planted = [2, 1].map((weight) => ({
        exposure: cumulative(
          Array.from({ length: READINGS }, () => Math.round(weight * (300 + 15 * normal(random)))),
        ),
        rate: 800,
      }))
      const bias = drawn % 2 === 0 ? 1.5 : 0.7
      const claims = planted.map(
        ({ exposure, rate }, at): Claim => ({
          exposure,
          sampledRate: rate * bias,
          sharedWith: at === 0 ? undefined : 0,
        }),
      )
      const found = calibrate(heapOf(random, planted), NOTHING, claims)
      for (const { rate, sd } of found) {
        worst = Math.max(worst, Math.abs(rate / 800 - 1))
        if (Math.abs(rate - 800) <= 1.96 * sd) covered++
      }
    }
    assert.ok(worst < 0.1, `${worst}`)
    assert.ok(covered >= 0.95 * 200, `${covered} of 200`)
  })

  it('tells two leaks apart, biased against each other: within 20 % in 19 of 20, and covered', () => {
    const random = seeded(32)
    let near = 0
    let covered = 0
    for (let drawn = 0; drawn < 200; drawn++) {
      const planted = [1, 2].map(() => ({ exposure: walk(random), rate: 300 * 10 ** random() }))
      const claims = planted.map(
        ({ exposure, rate }, at): Claim => ({
          exposure,
          sampledRate: rate * (at === 0 ? 1.6 : 0.7),
        }),
      )
      const found = calibrate(heapOf(random, planted), NOTHING, claims)
      for (const [at, { rate }] of planted.entries()) {
        if (Math.abs(found[at]!.rate / rate - 1) < 0.2) near++
        if (Math.abs(found[at]!.rate - rate) <= 1.96 * found[at]!.sd) covered++
      }
    }
    assert.ok(near >= 0.95 * 400, `near ${near} of 400`)
    assert.ok(covered >= 0.95 * 400, `covered ${covered} of 400`)
  })

  it('falls back on the samples where two routes keep the same rhythm', () => {
    const random = seeded(33)
    const exposure = walk(random)
    const heap = heapOf(random, [
      { exposure, rate: 1000 },
      { exposure, rate: 500 },
    ])
    const [a, b] = calibrate(heap, NOTHING, [
      { exposure, sampledRate: 1000 },
      { exposure, sampledRate: 500 },
    ])
    assert.ok(Math.abs(a!.rate + b!.rate - 1500) < 75)
    assert.ok(Math.abs(a!.rate - 1000) < 100)
    assert.ok(a!.sd > 100, `${a!.sd}`)
  })

  it('takes what else grew off the heap, four fifths of it, and doubts a fifth', () => {
    const random = seeded(34)
    const exposure = walk(random)
    const background = exposure.map((count) => 400 * (count - exposure[0]!))
    const [alone] = calibrate(heapOf(random, [{ exposure, rate: 1000 }]), NOTHING, [
      { exposure, sampledRate: 1000 },
    ])
    const both = heapOf(random, [{ exposure, rate: 1320 }])
    const [found] = calibrate(both, background, [{ exposure, sampledRate: 1000 }])
    assert.ok(Math.abs(found!.rate - 1000) < 50, `${found!.rate}`)
    assert.ok(found!.sd >= 0.2 * 400 && found!.sd > alone!.sd)
  })

  it('doubts every rate by 4 % at least', () => {
    const exposure = cumulative(new Array<number>(READINGS).fill(300))
    const heap = exposure.map((count) => 5000 * count)
    const [found] = calibrate(heap, NOTHING, [{ exposure, sampledRate: 5000 }])
    assert.ok(Math.abs(found!.rate - 5000) < 1)
    assert.ok(found!.sd >= 200)
  })

  it('lets the heap step where memprof worked, by what no sample told of', () => {
    const exposure = cumulative(new Array<number>(READINGS).fill(300))
    const work = exposure.map((_, at) => (at < 9 ? 0 : 1))
    const heap = exposure.map((count, at) => 500 * count + work[at]! * (200 << 10))
    const errorOf = (own: OwnSeries | null): number =>
      Math.abs(calibrate(heap, NOTHING, [{ exposure, sampledRate: 500 }], own)[0]!.rate - 500)
    const withStep = errorOf({ bytes: NOTHING, work, debugged: NOTHING })
    assert.ok(withStep < 0.5 * errorOf(null), `${withStep} of ${errorOf(null)}`)
  })

  it('lets it step by anything while the debugger made promises keep requests', () => {
    const exposure = cumulative(new Array<number>(READINGS).fill(300))
    const debugged = exposure.map((_, at) => Math.min(3, Math.max(0, at - 6)))
    const heap = exposure.map((count, at) => 500 * count + debugged[at]! * (2 << 20))
    // By its samples, which have what the promises keep.
    const claims = [{ exposure, sampledRate: 1200 }]
    const rateBy = (own: OwnSeries): number => calibrate(heap, NOTHING, claims, own)[0]!.rate
    const known = rateBy({ bytes: NOTHING, work: NOTHING, debugged })
    assert.ok(Math.abs(known - 500) < 10, `${known}`)
    assert.ok(rateBy({ bytes: NOTHING, work: NOTHING, debugged: NOTHING }) > 900)
  })

  it('has nothing to say of no claims', () => {
    assert.deepEqual(calibrate(heapOf(seeded(35), []), NOTHING, []), [])
  })

  it('is not misled by what memprof itself left on the heap: 1 MB at a search, half of it given back', () => {
    const random = seeded(36)
    let covered = 0
    const errors: number[] = []
    const work = Array.from({ length: READINGS }, (_, at) => (at < 8 ? 0 : at < 10 ? at - 7 : 3))
    const left = work.map((pieces) => [0, 0.8, 1.2, 0.6][pieces]! * (1 << 20))
    for (let drawn = 0; drawn < 200; drawn++) {
      const rate = 300 * 10 ** random()
      const exposure = walk(random)
      const heap = heapOf(random, [{ exposure, rate }]).map((bytes, at) => bytes + left[at]!)
      // Sampled a seventh too high, or too low.
      const bias = drawn % 2 === 0 ? 1.15 : 0.85
      const own = { bytes: left.map((bytes) => bias * bytes), work, debugged: NOTHING }
      const [found] = calibrate(heap, NOTHING, [{ exposure, sampledRate: 1.2 * rate }], own)
      errors.push(Math.abs(found!.rate / rate - 1))
      if (Math.abs(found!.rate - rate) <= 1.96 * found!.sd) covered++
    }
    errors.sort((a, b) => a - b)
    assert.ok(errors[180]! < 0.1, `nine in ten within ${errors[180]}`)
    assert.ok(covered >= 0.95 * 200, `${covered} of 200`)
  })
})
