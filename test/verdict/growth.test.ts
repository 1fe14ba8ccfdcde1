import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addedUp, growthOf, survival, withoutTables } from '../../lib/verdict/growth'
import type { PlaceSeries } from '../../lib/verdict/observation'
import { THRESHOLDS } from '../../lib/verdict/thresholds'
import {
  bornPlace,
  forever,
  forSeconds,
  type Life,
  newest,
  rebuiltEvery,
  SyntheticApp,
} from '../support/observations'

const S = 1000

/** Samples of one interval each. */
function place(births: readonly number[], dead = 0): PlaceSeries {
  return bornPlace(births, { sampleBytes: S, dead })
}

/** 100 requests from reading to reading. */
function exposure(readings: number): number[] {
  return Array.from({ length: readings }, (_, at) => 100 * (at + 1))
}

function grow(births: readonly number[]): ReturnType<typeof growthOf> {
  const span = { first: 2, last: births.length - 1 }
  return growthOf(addedUp([place(births)], births.length), exposure(births.length), span, S)
}

describe('growthOf', () => {
  it('sums what was born from the first reading of the span to the last but one: the rest is not aged', () => {
    const { bytes, samples, heldBytes } = grow([1, 2, 3, 4, 5, 6, 7, 8])
    assert.equal(bytes, (3 + 4 + 5 + 6 + 7) * S)
    assert.equal(samples, 25)
    assert.equal(heldBytes, (1 + 2) * S)
  })

  it('doubts each sample by its own size, and never by less than one sample', () => {
    assert.equal(grow([0, 0, 4, 4, 4, 4, 0, 0]).sd, 4 * S)
    assert.equal(grow([0, 0, 0, 0, 0, 0, 0, 0]).sd, S)
    assert.equal(grow([0, 0, 0, 0, 0, 0, 0, 0]).samples, 0)
  })

  it('tells the rate of each third of the requests', () => {
    const { rates, rateSds } = grow([9, 9, 6, 6, 3, 3, 0, 0, 9])
    assert.deepEqual(rates, [60, 30, 0])
    assert.deepEqual(rateSds, [
      Math.sqrt(12) * (S / 200),
      Math.sqrt(6) * (S / 200),
      Math.sqrt(1) * (S / 200),
    ])
  })

  it('cuts the thirds by requests, not by time', () => {
    const births = [0, 0, 60, 10, 10, 10, 10, 10, 10, 0]
    // 600 requests in the first window of the span, 100 in each other.
    const requests = exposure(10).map((count, at) => (at >= 2 ? count + 500 : count))
    const span = { first: 2, last: 9 }
    const { rates } = growthOf(addedUp([place(births)], 10), requests, span, S)
    assert.deepEqual(
      rates.map((rate) => Math.round(rate)),
      [100, 100, 100],
    )
  })

  it('leaves a last third where most of the requests came at the end', () => {
    const requests = exposure(8).map((count, at) => (at >= 6 ? count + 5000 : count))
    const births = [0, 0, 1, 1, 1, 1, 51, 0]
    const { rates } = growthOf(addedUp([place(births)], 8), requests, { first: 2, last: 7 }, S)
    assert.equal(rates[2], 10)
  })

  it('tells over how many readings it came', () => {
    assert.equal(grow([9, 9, 4, 4, 4, 4, 4, 9]).readings, 5)
    assert.equal(grow([9, 9, 0, 8, 0, 0, 8, 9]).readings, 2)
    assert.equal(grow([0, 0, 0, 20, 0, 0, 0, 0]).readings, 1)
    assert.equal(grow([9, 9, 0, 0, 0, 0, 0, 9]).readings, 0)
  })

  it('doubts what died meanwhile as well', () => {
    const cache = place([4, 4, 4, 4, 4, 4, 4, 4])
    const steady = { ...cache, survivedBytes: cache.survivedBytes.map(() => 4 * S) }
    const span = { first: 2, last: 7 }
    const { bytes, sd } = growthOf(addedUp([steady], 8), exposure(8), span, S)
    assert.equal(bytes, 0)
    // 20 samples that live, and the 20 that made room for them.
    assert.equal(sd, Math.sqrt(40) * S)
  })

  it('adds places up reading by reading', () => {
    const births = addedUp([place([1, 2, 3]), place([10, 20, 30])], 3)
    assert.deepEqual(births.survivedBytes, [0, 11 * S, 33 * S])
    assert.deepEqual(births.bornBytes, [11 * S, 22 * S, 33 * S])
    assert.deepEqual(births.bornBytesSquared, [11 * S * S, 22 * S * S, 33 * S * S])
  })
})

describe('withoutTables', () => {
  const entries = place([1, 1, 1, 1, 1, 1, 1, 1])

  function large(births: readonly number[]): PlaceSeries {
    return { ...bornPlace(births, { sampleBytes: 50 * S }), isLarge: true }
  }

  it('leaves large objects out where they may be tables: fewer than seven, or of fewer than four readings', () => {
    const few = [1, 1, 1, 1, 1, 1, 0, 0]
    assert.deepEqual(withoutTables([entries, large(few)], THRESHOLDS), [entries])
    const atOnce = [5, 0, 5, 0, 5, 0, 0, 0]
    assert.deepEqual(withoutTables([entries, large(atOnce)], THRESHOLDS), [entries])
  })

  it('asks of the span alone: a table made in the warm-up hides none of them', () => {
    const all = [entries, large([500, 0, 1, 2, 1, 2, 1, 0])]
    assert.equal(withoutTables(all, THRESHOLDS, { first: 2, last: 7 }), all)
    assert.deepEqual(withoutTables(all, THRESHOLDS), [entries])
  })

  it('keeps them where they are what is kept: seven of four readings', () => {
    for (const births of [
      [1, 1, 1, 1, 1, 1, 1, 0],
      [2, 0, 2, 0, 2, 0, 2, 0],
    ]) {
      const kept = large(births)
      const all = [entries, kept]
      assert.equal(withoutTables(all, THRESHOLDS), all)
    }
  })
})

function survivalOf(life: Life, seed: number): number {
  const app = new SyntheticApp({
    seed,
    routes: [{ route: '/a', perSecond: 200 }],
    objects: [{ site: 'kept', by: { kind: 'route', index: 0 }, bytes: 1000, life }],
    samplingBytes: 8 << 10,
  })
  const { places, routes } = app.observe()
  const kept = places.filter(({ frames }) => frames[0]?.functionName === 'kept')
  return survival(addedUp(kept, 20), routes[0]!.ended, { first: 3, last: 19 }, THRESHOLDS)
}

describe('survival', () => {
  it('is 1 for a leak, whatever the traffic, on 50 seeds', () => {
    for (let seed = 1; seed <= 50; seed++) assert.equal(survivalOf(forever, seed), 1, `${seed}`)
  })

  const CACHES: Array<[what: string, life: Life]> = [
    ['the newest 1,000 objects: full within seconds', newest(1000)],
    ['the newest 3,000: full after a quarter of the time', newest(3000)],
    ['objects that live 6 s', forSeconds(6)],
    ['objects that live 15 s', forSeconds(15)],
    ['a cache built anew every 10 s', rebuiltEvery(10)],
  ]
  for (const [what, life] of CACHES) {
    it(`is below 0.6, or not told, for ${what}, on 49 of 50 seeds`, () => {
      const lasting = Array.from({ length: 50 }, (_, seed) => survivalOf(life, seed + 1)).filter(
        (share) => share >= 0.6,
      )
      assert.ok(lasting.length <= 1, lasting.join())
    })
  }

  const span = { first: 2, last: 11 }
  const survivalOfPlace = (births: readonly number[], dead?: number): number =>
    survival(
      addedUp([place(births, dead)], births.length),
      exposure(births.length),
      span,
      THRESHOLDS,
    )

  it('is 0 where all that was born in the first half died', () => {
    assert.equal(survivalOfPlace([5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5], 8), 0)
  })

  it('is told from four samples on', () => {
    assert.equal(survivalOfPlace([0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 1)
    assert.equal(survivalOfPlace([0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]), Number.NaN)
  })

  it('is not told where nothing was born', () => {
    assert.equal(survivalOfPlace(new Array<number>(12).fill(0)), Number.NaN)
  })
})
