import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Concurrency } from '../../lib/record/concurrency'
import { ForcedReadings } from '../../lib/record/forced-readings'
import type { MemoryReader } from '../../lib/record/reading'
import { RequestState } from '../../lib/record/request-state'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Readings of a heap whose size is given; `deltas` are of the requests in the order of their ends. */
function opened(): {
  readings: ForcedReadings
  concurrency: Concurrency
  deltas: number[]
  heap: { bytes: number }
} {
  const heap = { bytes: 0 }
  const concurrency = new Concurrency()
  const deltas: number[] = []
  const reader: MemoryReader = {
    read(into) {
      into.heapUsedBytes = heap.bytes
    },
    readShared: () => assert.fail('a forced reading is shared by none'),
    close() {},
  }
  const readings = new ForcedReadings({
    reader,
    concurrency,
    record(state) {
      concurrency.leave()
      deltas.push(state.after.heapUsedBytes - state.before.heapUsedBytes)
    },
    run: (work) => work(),
  })
  return { readings, concurrency, deltas, heap }
}

describe('ForcedReadings', () => {
  it('measures what a request keeps, without the objects that it brings and takes away', async () => {
    const { readings, concurrency, deltas, heap } = opened()
    heap.bytes = 1000
    const own = 50
    for (const keptBytes of [0, 7, 0, 300]) {
      const state = new RequestState()
      concurrency.arrive()
      heap.bytes += own
      readings.readBefore(state)
      readings.readAfter(state)
      heap.bytes += keptBytes - own
      await turn()
    }
    // Of the first, nothing is known of its own objects yet.
    assert.deepEqual(deltas, [-50, 7, 0, 300])
  })

  it('learns nothing of own objects from a request that was not alone', async () => {
    const { readings, concurrency, deltas, heap } = opened()
    const [first, second] = [new RequestState(), new RequestState()]
    for (const state of [first, second]) {
      concurrency.arrive()
      heap.bytes += 50
      readings.readBefore(state)
    }
    for (const state of [first, second]) {
      readings.readAfter(state)
      await turn()
    }
    assert.deepEqual(deltas, [50, 0])
  })

  it('reads a turn later, once; at once where it is asked for all', async () => {
    const { readings, concurrency, deltas } = opened()
    const state = new RequestState()
    concurrency.arrive()
    readings.readBefore(state)
    readings.readAfter(state)
    assert.deepEqual(deltas, [])
    readings.readAll()
    assert.deepEqual(deltas, [0])
    await turn()
    assert.deepEqual(deltas, [0])
  })

  it('counts the time of the GCs that it forced', () => {
    const { readings, concurrency } = opened()
    assert.equal(readings.pauseMs, 0)
    concurrency.arrive()
    readings.readBefore(new RequestState())
    assert.ok(readings.pauseMs > 0)
  })
})
