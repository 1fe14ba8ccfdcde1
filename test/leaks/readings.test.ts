import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HeapHistory, MAX_READINGS } from '../../lib/heap/heap-history'
import { Readings } from '../../lib/leaks/readings'
import { WatchedApp } from '../../lib/leaks/watched-app'
import { node } from '../support/profiles'
import { AppByHand, SIZES } from '../support/watched-app'

/** At the n-th reading the time is n ms, n requests have ended, and n objects of 100 bytes live. */
class Made {
  readonly counts = new AppByHand(['/a'])
  readonly readings = new Readings(
    new HeapHistory(1000, { labelOf: () => null, ownerOf: () => 'others' }),
  )
  readonly #app = new WatchedApp(this.counts)
  #made = 0

  read(times: number): this {
    for (let end = this.#made + times; this.#made < end; ) {
      this.#made++
      this.counts.end(0)
      const head = node(1, '(root)', 0, node(2, 'keep@/app/app.js:1', 100))
      const samples = Array.from({ length: this.#made }, (_, at) => ({
        nodeId: 2,
        size: 100,
        ordinal: at + 1,
      }))
      this.readings.add({ head, samples }, { ...SIZES, timeMs: this.#made }, this.#app)
      this.readings.thin()
    }
    return this
  }

  get times(): readonly number[] {
    return this.readings.series.sizes().timeMs
  }

  get liveBytes(): readonly number[] {
    return [...this.readings.history.histories][0]!.liveBytes
  }
}

describe('readings', () => {
  it('are all kept until they are 128', () => {
    const made = new Made().read(MAX_READINGS - 1)
    assert.equal(made.readings.length, 127)
    assert.deepEqual([made.times[0], made.times.at(-1)], [1, 127])
  })

  it('are halved then: every other one stays, and the last of all', () => {
    const made = new Made().read(MAX_READINGS)
    assert.deepEqual(
      made.times,
      Array.from({ length: 64 }, (_, at) => 2 * (at + 1)),
    )
    assert.deepEqual(made.readings.series.ofRoute(0).ended, made.times)
    assert.deepEqual(
      made.liveBytes,
      made.times.map((at) => 100 * at),
    )
  })

  it('are kept every other time from then on, every fourth when it is full again', () => {
    const made = new Made().read(MAX_READINGS + 4)
    assert.deepEqual(made.times.slice(-3), [128, 130, 132])
    made.read(128 - 4)
    assert.deepEqual(
      made.times,
      Array.from({ length: 64 }, (_, at) => 4 * (at + 1)),
    )
    made.read(4)
    assert.deepEqual(made.times.slice(-2), [256, 260])
    assert.deepEqual(made.liveBytes.slice(-2), [25_600, 26_000])
  })

  it('have no requests of a route before it was seen', () => {
    const made = new Made().read(3)
    made.counts.addRoute('/b')
    made.counts.end(1)
    made.read(1)
    assert.deepEqual(made.readings.series.ofRoute(1).ended, [0, 0, 0, 1])
    assert.deepEqual(made.readings.series.ofRoute(2).ended, [0, 0, 0, 0])
  })
})
