import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MarkingAhead } from '../../lib/leaks/marking-ahead'

const MB = 2 ** 20

/** A heap of 1,000 MB, which V8 marks in so many milliseconds. */
class Trial {
  marksInMs = 600
  canBegin = true
  isPutOff = false
  #markedMs = 0
  readonly #ahead = new MarkingAhead({
    beginMarking: () => {
      this.#markedMs = 0
      return this.canBegin
    },
    endMarking: () => (this.#markedMs < this.marksInMs ? null : 60),
  })

  /** @returns the waits before one reading */
  read(heapBytes = 1000 * MB, maxPauseMs = 2000): number[] {
    const waits: number[] = []
    for (;;) {
      const waitMs = this.#ahead.next(heapBytes, maxPauseMs)
      this.isPutOff = waitMs === null
      if (!waitMs) return waits
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

  it('is begun anew where V8 is done before, and comes shortly before that from then on', () => {
    const trial = new Trial()
    const [first, ...again] = trial.read()
    assert.ok(first! >= 600 && again.at(-1)! < 600 && again.length <= 2, `${again.join()}`)
    for (let readings = 0; readings < 20; readings++) {
      const waits = trial.read()
      assert.ok(waits.length <= 2 && waits.at(-1)! >= 300, `${waits.join()}`)
    }
    trial.marksInMs = 6000
    for (let readings = 0; readings < 20; readings++) trial.read()
    const [longer] = trial.read()
    assert.ok(longer! > 2000, `${longer}`)
  })

  it('is tried three times for one reading, and goes by the size of the heap', () => {
    const trial = new Trial()
    trial.marksInMs = 0
    assert.equal(trial.read().length, 3)
    assert.equal(trial.isPutOff, false)
    // A reading that would take too long without is put off eight times.
    const putOff = Array.from({ length: 9 }, () => {
      trial.read(1000 * MB, 500)
      return trial.isPutOff
    })
    assert.deepEqual(putOff, [...new Array(8).fill(true), false])
    trial.marksInMs = Number.POSITIVE_INFINITY
    const [of1000] = trial.read()
    const [of2000] = trial.read(2000 * MB)
    assert.ok(of2000! > 2 * of1000!, `${of1000}, ${of2000}`)
  })
})
