import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { SeriesPool, TimeBuckets } from '../../../lib/cli/summary/time-buckets'

interface Sum {
  time: number
  count: number
}

function buckets(maxPoints: number): TimeBuckets<Sum> {
  return new TimeBuckets(
    maxPoints,
    (time) => ({ time, count: 0 }),
    (into, later) => {
      into.count += later.count
    },
  )
}

describe('TimeBuckets', () => {
  it('loses nothing, keeps to its limit and its order, whatever comes in whatever order', () => {
    const times = fc.array(fc.integer({ min: 0, max: 1e9 }), { maxLength: 300 })
    fc.assert(
      fc.property(times, fc.integer({ min: 2, max: 20 }), (given, most) => {
        const series = buckets(most)
        for (const time of given) series.at(time).count++
        const points = series.toSorted()
        assert.ok(points.length <= most)
        assert.equal(
          points.reduce((sum, { count }) => sum + count, 0),
          given.length,
        )
        for (const [at, { time, count }] of points.entries()) {
          assert.ok(at === 0 || time > points[at - 1]!.time)
          const within = given.filter((of) => of >= time && of < time + series.widthMs)
          assert.equal(within.length, count)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('doubles the width with the first point too many, not with the last that fits', () => {
    const series = buckets(4)
    for (const second of [0, 1, 2, 3]) series.at(second * 1000).count++
    assert.equal(series.widthMs, 1000)
    series.at(4000).count++
    assert.equal(series.widthMs, 2000)
    assert.deepEqual(
      series.toSorted().map(({ time, count }) => [time, count]),
      [
        [0, 2],
        [2000, 2],
        [4000, 1],
      ],
    )
  })

  it('holds the first and the last millisecond of a Date in one series', () => {
    const series = buckets(8)
    series.at(0).count++
    series.at(8.64e15).count++
    assert.equal(series.toSorted().length, 2)
  })

  it('is narrowed later by a lower limit', () => {
    const series = buckets(100)
    for (let second = 0; second < 100; second++) series.at(second * 1000).count++
    series.limit(10)
    assert.ok(series.toSorted().length <= 10)
  })
})

describe('SeriesPool', () => {
  it('keeps all series together to its budget, and one to its own limit', () => {
    const pool = new SeriesPool(320, 64, buckets)
    const all: Array<TimeBuckets<Sum>> = []
    const pointsOf = (series: TimeBuckets<Sum>): number => series.toSorted().length
    for (let count = 1; count <= 40; count++) {
      const series = pool.open()
      all.push(series)
      for (let second = 0; second < 100; second++) series.at(1000 * second).count++
      if (count === 1) assert.equal(pointsOf(series), 50)
      const together = all.reduce((sum, of) => sum + pointsOf(of), 0)
      assert.ok(together <= 320, `${together} points of ${count} series`)
    }
    for (const series of all) {
      assert.equal(
        series.toSorted().reduce((sum, { count }) => sum + count, 0),
        100,
      )
    }
  })

  it('leaves each series eight points, however many there are', () => {
    const pool = new SeriesPool(16, 64, buckets)
    const series = Array.from({ length: 9 }, () => pool.open()).at(-1)!
    for (let second = 0; second < 8; second++) series.at(1000 * second)
    assert.equal(series.widthMs, 1000)
    series.at(8000)
    assert.equal(series.widthMs, 2000)
  })
})
