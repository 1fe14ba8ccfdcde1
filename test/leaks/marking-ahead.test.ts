import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MarkingAhead } from '../../lib/leaks/marking-ahead'

const MB = 2 ** 20

/** A heap of 1,000 MB, which V8 marks in so many milliseconds. */
class Trial {
  marksInMs = 600
  canBegin = true
  #markedMs = 0
  readonly #ahead = new MarkingAhead({
    beginMarking: () => {
      this.#markedMs = 0
      return this.canBegin
    },
    endMarking: () => this.#markedMs < this.marksInMs,
  })

  /** @returns the waits before one reading */
  read(heapBytes = 1000 * MB): number[] {
    const waits: number[] = []
    for (;;) {
      const waitMs = this.#ahead.next(heapBytes)
      if (waitMs === 0) return waits
      waits.push(waitMs)
      this.#markedMs += waitMs
    }
  }
}

describe('marking ahead of a reading', () => {
  it('is not for heaps that are read in no time, nor where it cannot be', () => {
    assert.deepEqual(new Trial().read(100 * MB), [])
    const trial = new Trial()
    trial.canBegin = false
    assert.deepEqual(trial.read(), [])
  })

  it('comes longer before each reading, until V8 is done before it; then shortly before that', () => {
    const trial = new Trial()
    assert.deepEqual([trial.read(), trial.read(), trial.read()], [[250], [375], [563]])
    const [tooLong, again] = trial.read()
    assert.ok(tooLong! >= 600 && again! < 600, `${tooLong}, ${again}`)
    for (let readings = 0; readings < 20; readings++) {
      const waits = trial.read()
      assert.ok(waits.length <= 2 && waits.at(-1)! >= 300, `${waits.join()}`)
    }
  })

  it('is tried three times for one reading, and goes by the size of the heap', () => {
    const trial = new Trial()
    trial.marksInMs = 0
    assert.equal(trial.read().length, 3)
    trial.marksInMs = Number.POSITIVE_INFINITY
    const [of1000] = trial.read()
    const [of2000] = trial.read(2000 * MB)
    assert.ok(of2000! > 2 * of1000!, `${of1000}, ${of2000}`)
  })
})
