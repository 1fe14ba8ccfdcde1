import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { heapGrowth, type HeapPoint } from '../../lib/verdict/heap-only'
import { THRESHOLDS } from '../../lib/verdict/thresholds'

const MIN_POINTS = THRESHOLDS.heapOnly.minPoints
import { normal, seeded } from '../support/random'

const MB = 1 << 20

/** One point a second, 100 requests each; the heap as a function of the requests. */
function points(count: number, heapBytes: (requests: number) => number): HeapPoint[] {
  return Array.from({ length: count }, (_, at) => ({
    timeMs: 1000 * at,
    requests: 100 * at,
    liveHeapBytes: heapBytes(100 * at),
  }))
}

const leak = (requests: number): number => 100 * MB + 10_000 * requests

describe('heapGrowth', () => {
  it(`says nothing of ${MIN_POINTS - 1} major GCs, and the rate of ${MIN_POINTS}`, () => {
    assert.equal(heapGrowth(points(MIN_POINTS - 1, leak)), null)
    const growth = heapGrowth(points(MIN_POINTS, leak))
    assert.ok(growth)
    assert.ok(Math.abs(growth.bytesPerRequest - 10_000) < 1e-6)
    assert.equal(growth.requests, 1100)
    assert.equal(growth.bytes, 11_000_000)
  })

  it('is within its interval of the truth for 19 in 20 of 400 noisy leaks', () => {
    const random = seeded(21)
    let held = 0
    for (let drawn = 0; drawn < 400; drawn++) {
      const noisy = points(30, (requests) => leak(requests) + 0.5 * MB * normal(random))
      const growth = heapGrowth(noisy)
      assert.ok(growth, `leak ${drawn}`)
      if (growth.ci95[0] <= 10_000 && 10_000 <= growth.ci95[1]) held++
    }
    assert.ok(held >= 0.93 * 400 && held <= 0.98 * 400, `${held} of 400`)
  })

  it('finds nothing in 400 heaps that move by 1 % of their size, and in 1 of 100 at 3 %', () => {
    const random = seeded(22)
    const found = [1, 3].map((percent) => {
      let leaks = 0
      for (let drawn = 0; drawn < 400; drawn++) {
        const noisy = points(30, () => 100 * MB + percent * MB * normal(random))
        if (heapGrowth(noisy)) leaks++
      }
      return leaks
    })
    assert.equal(found[0], 0)
    assert.ok(found[1]! <= 4, `${found[1]} of 400`)
  })

  it('grows by a twentieth of the heap at least', () => {
    const grown = (share: number): HeapPoint[] =>
      points(12, (requests) => 100 * MB * (1 + (share * requests) / 1100))
    assert.equal(heapGrowth(grown(0.049)), null)
    assert.ok(heapGrowth(grown(0.051)))
  })

  it('is null for a heap that filled up, early or late, or in one step', () => {
    assert.equal(heapGrowth(points(30, (at) => 100 * MB + MB * Math.min(10, at / 100))), null)
    assert.equal(heapGrowth(points(30, (at) => 100 * MB + (at < 1500 ? 0 : 20 * MB))), null)
    assert.equal(heapGrowth(points(30, (at) => 100 * MB + MB * Math.max(0, at / 100 - 20))), null)
  })

  it('is null without requests: nothing per request can be said', () => {
    const idle = points(12, leak).map((point) => ({ ...point, requests: 5 }))
    assert.equal(heapGrowth(idle), null)
  })
})
