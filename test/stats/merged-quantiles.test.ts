import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type GroupQuantiles, MergedQuantiles } from '../../lib/stats/merged-quantiles'
import { normal, seeded } from '../support/random'

/** A sixteenth of a power of two, and rounding. */
const BUCKET = 2 ** (1 / 16) * (1 + 1e-9)

function groupOf(values: readonly number[]): GroupQuantiles {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (p: number): number => sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)]!
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return { mean, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: sorted.at(-1)! }
}

/** Smallest and largest p-quantile that the groups' own quantiles allow: all as low, or as high, as can be. */
function bounds(
  groups: ReadonlyArray<readonly [count: number, group: GroupQuantiles]>,
  p: number,
): [low: number, high: number] {
  const total = groups.reduce((sum, [count]) => sum + count, 0)
  const quantile = (masses: Array<[value: number, mass: number]>): number => {
    let left = p * total
    for (const [value, mass] of masses.sort(([a], [b]) => a - b)) {
      left -= mass
      if (left <= 1e-9 * total) return value
    }
    return masses.at(-1)![0]
  }
  const lowest = groups.flatMap(
    ([n, { p50, p90, p99 }]): Array<[number, number]> => [
      [0, 0.5 * n],
      [p50, 0.4 * n],
      [p90, 0.09 * n],
      [p99, 0.01 * n],
    ],
  )
  const highest = groups.flatMap(
    ([n, { p50, p90, p99, max }]): Array<[number, number]> => [
      [p50, 0.5 * n],
      [p90, 0.4 * n],
      [p99, 0.09 * n],
      [max, 0.01 * n],
    ],
  )
  return [quantile(lowest), quantile(highest)]
}

const group = fc
  .array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 4, maxLength: 4 })
  .map((values): GroupQuantiles => {
    const [p50, p90, p99, max] = values.sort((a, b) => a - b) as [number, number, number, number]
    return { mean: p50, p50, p90, p99, max }
  })
const groups = fc.array(fc.tuple(fc.integer({ min: 1, max: 1000 }), group), {
  minLength: 2,
  maxLength: 20,
})

describe('MergedQuantiles', () => {
  it('lie between the smallest and the largest value that the groups allow', () => {
    fc.assert(
      fc.property(groups, fc.constantFrom(0.5, 0.9, 0.99), (given, p) => {
        const merged = new MergedQuantiles()
        for (const [count, of] of given) merged.add(count, of)
        const [low, high] = bounds(given, p)
        const found = merged.quantile(p)
        assert.ok(found >= low / BUCKET && found <= high * BUCKET, `${low} ${found} ${high}`)
      }),
      { numRuns: 500 },
    )
  })

  it('of one group are its own, exactly', () => {
    const merged = new MergedQuantiles()
    const only = { mean: 3.3, p50: 2.345, p90: 7.891, p99: 12.3, max: 99.9 }
    merged.add(17, only)
    assert.deepEqual(
      [0.5, 0.9, 0.99].map((p) => merged.quantile(p)),
      [2.345, 7.891, 12.3],
    )
    assert.deepEqual([merged.count, merged.mean, merged.max], [17, 3.3, 99.9])
  })

  it('of groups drawn alike are those of all values, within 10 %', () => {
    const random = seeded(11)
    const merged = new MergedQuantiles()
    const all: number[] = []
    for (let at = 0; at < 40; at++) {
      const values = Array.from({ length: 500 }, () => Math.exp(2 + normal(random)))
      all.push(...values)
      merged.add(values.length, groupOf(values))
    }
    const truth = groupOf(all)
    for (const [p, true_] of [
      [0.5, truth.p50],
      [0.9, truth.p90],
      [0.99, truth.p99],
    ] as const) {
      const found = merged.quantile(p)
      assert.ok(Math.abs(found / true_ - 1) < 0.1, `p${p * 100}: ${found}, true ${true_}`)
    }
    assert.equal(merged.max, truth.max)
  })

  it('keep the mean and the maximum exactly, however unequal the groups', () => {
    const merged = new MergedQuantiles()
    merged.add(3, { mean: 10, p50: 9, p90: 11, p99: 12, max: 12 })
    merged.add(1, { mean: 50, p50: 50, p90: 50, p99: 50, max: 50 })
    assert.deepEqual([merged.count, merged.mean, merged.max], [4, 20, 50])
  })

  it('of nothing are not a number, and a group without values is nothing', () => {
    const merged = new MergedQuantiles()
    merged.add(0, { mean: 1, p50: 1, p90: 1, p99: 1, max: 1 })
    merged.add(Number.NaN, { mean: 1, p50: 1, p90: 1, p99: 1, max: 1 })
    assert.ok(Number.isNaN(merged.quantile(0.5)))
  })

  it('survive durations of zero, of years, and quantiles out of order', () => {
    const merged = new MergedQuantiles()
    merged.add(5, { mean: 0, p50: 0, p90: 0, p99: 0, max: 0 })
    merged.add(5, { mean: 1e300, p50: 1e300, p90: 1, p99: 0, max: 1e300 })
    for (const p of [0.01, 0.5, 0.99, 1]) assert.ok(Number.isFinite(merged.quantile(p)))
  })
})
