import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SamplingInterval } from '../../lib/heap/sampling-interval'

const KB = 1024
const READING_MS = 3000

/** An app that allocates so much, read so often; what the interval is after each reading. */
class Readings {
  readonly #interval: SamplingInterval
  #nowMs = 0
  #taken = 0
  #kept = 0

  constructor(set: number | null = null) {
    this.#interval = new SamplingInterval(set, READING_MS, 0)
  }

  /** @returns the interval, in kB */
  read(bytesPerSecond: number, seconds = READING_MS / 1000): number {
    this.#nowMs += seconds * 1000
    this.#taken += (bytesPerSecond * seconds) / this.#interval.bytes
    const isAnew = this.#interval.retune(this.#taken, this.#nowMs, this.#kept > 0)
    if (isAnew) this.#taken = this.#kept = 0
    else this.#kept++
    return Math.round(this.#interval.bytes / KB)
  }
}

/** What gives 6,000 samples from reading to reading at that interval; bytes per second. */
function rateFor(kilobytes: number): number {
  return (kilobytes * KB * 6000) / (READING_MS / 1000)
}

describe('SamplingInterval', () => {
  it('begins as coarse as can be, and gives 6,000 samples a reading from the first on', () => {
    assert.equal(new SamplingInterval(null, READING_MS, 0).bytes, 512 * KB)
    assert.equal(new Readings().read(rateFor(20), 1.5), 20)
  })

  it('is 8 kB at least, and 512 at most', () => {
    assert.equal(new Readings().read(rateFor(1)), 8)
    assert.equal(new Readings().read(rateFor(5000)), 512)
  })

  it('is chosen again where the rate was half of it, or twice as much, until a reading is kept', () => {
    const late = new Readings()
    assert.deepEqual([late.read(rateFor(20)), late.read(rateFor(40))], [20, 40])
    const kept = new Readings()
    assert.deepEqual(
      [
        kept.read(rateFor(20)),
        kept.read(rateFor(39)),
        kept.read(rateFor(79)),
        kept.read(rateFor(5)),
      ],
      [20, 20, 20, 20],
    )
  })

  it('is chosen three times at most by an app whose rate goes up and down', () => {
    const swinging = new Readings()
    const rates = [20, 60, 20, 60, 20].map((kilobytes) => swinging.read(rateFor(kilobytes)))
    assert.deepEqual(rates, [20, 60, 20, 20, 20])
  })

  it('is coarser where four times as much comes later: sampling would cost too much', () => {
    const app = new Readings()
    app.read(rateFor(20))
    app.read(rateFor(20))
    assert.equal(app.read(rateFor(79)), 20)
    assert.equal(app.read(rateFor(81)), 81)
  })

  it('is chosen once more after the first late choice, finer too; by the second it stays', () => {
    const bursts = new Readings()
    const calm = rateFor(20)
    const read = (rate: number): number => bursts.read(rate)
    assert.deepEqual([calm, calm].map(read), [20, 20])
    assert.deepEqual([rateFor(80), calm, calm, calm].map(read), [80, 20, 20, 20])
    assert.deepEqual([rateFor(80), calm, calm, rateFor(80)].map(read), [80, 80, 80, 80])
  })

  it('stays what the user set', () => {
    const set = new Readings(64 * KB)
    assert.deepEqual([set.read(rateFor(8)), set.read(rateFor(512))], [64, 64])
  })
})
