import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { KeptRequests } from '../../lib/heap/kept-requests'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** A major GC, and the turn of the event loop in which its finalizers run. */
async function collect(): Promise<void> {
  // What the last turn still has on its stack is seen as alive.
  await new Promise((resolve) => setImmediate(resolve))
  gc()
  await new Promise((resolve) => setImmediate(resolve))
}

async function readings(kept: KeptRequests, count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    await collect()
    kept.nextReading()
  }
}

/** Objects of a scope of their own, so that nothing here holds the dropped ones. */
function finish(kept: KeptRequests, routeId: number, count: number, held?: object[]): void {
  for (let at = 0; at < count; at++) {
    const request = { url: `/${at}` }
    held?.push(request)
    kept.watch(request, routeId)
  }
}

describe('KeptRequests', () => {
  it('counts none of the requests that were let go of, and all that were held', async () => {
    const kept = new KeptRequests()
    const held: object[] = []
    finish(kept, 0, 64)
    finish(kept, 1, 64, held)
    await readings(kept, 3)
    assert.deepEqual(kept.of(0), { watched: 64, kept: 0 })
    assert.deepEqual(kept.of(1), { watched: 64, kept: 64 })
    held.splice(0, 40)
    await readings(kept, 2)
    assert.deepEqual(kept.of(1), { watched: 64, kept: 24 })
  })

  it('says nothing of requests that finished after the last reading but one', async () => {
    const kept = new KeptRequests()
    finish(kept, 0, 10)
    await readings(kept, 1)
    assert.deepEqual(kept.of(0), { watched: 0, kept: 0 })
    await readings(kept, 1)
    assert.deepEqual(kept.of(0), { watched: 10, kept: 0 })
  })

  it('watches the first 64 of a route, and one in 16 from then on', async () => {
    const kept = new KeptRequests()
    finish(kept, 3, 64 + 16 * 10)
    await readings(kept, 2)
    assert.equal(kept.of(3).watched, 64 + 10)
    assert.deepEqual(kept.of(2), { watched: 0, kept: 0 })
  })

  it('watches 16,384 at once, so that a leak of requests is not one of its own', async () => {
    const kept = new KeptRequests()
    const held: object[] = []
    for (let route = 0; route < 260; route++) finish(kept, route, 64, held)
    await readings(kept, 2)
    const watched = (): number =>
      Array.from({ length: 260 }, (_, route) => kept.of(route).watched).reduce((a, b) => a + b)
    assert.equal(watched(), 16_384)
    assert.equal(held.length, 260 * 64)
    held.length = 0
    await readings(kept, 2)
    finish(kept, 0, 16)
    await readings(kept, 2)
    assert.equal(watched(), 16_385)
  })

  it('keeps its sums where readings are many more than are told apart', async () => {
    const kept = new KeptRequests()
    const held: object[] = []
    for (let at = 0; at < 60; at++) {
      finish(kept, 0, 1, held)
      kept.nextReading()
    }
    for (let at = 0; at < 100; at++) kept.nextReading()
    finish(kept, 0, 4)
    for (let at = 0; at < 100; at++) kept.nextReading()
    await readings(kept, 2)
    assert.deepEqual(kept.of(0), { watched: 64, kept: 60 })
    held.length = 0
    await readings(kept, 2)
    assert.deepEqual(kept.of(0), { watched: 64, kept: 0 })
  })

  it('counts those let go of long after, when their readings are told apart no more', async () => {
    const kept = new KeptRequests()
    const held: object[] = []
    // 64 requests before the first reading, then one before each.
    finish(kept, 0, 64, held)
    for (let at = 0; at < 100; at++) {
      kept.nextReading()
      finish(kept, 0, 16, held)
    }
    await readings(kept, 2)
    assert.deepEqual(kept.of(0), { watched: 164, kept: 164 })
    // The first reading's and the 32 after it, of which most were added up with the first.
    held.splice(0, 64 + 16 * 32)
    await readings(kept, 2)
    assert.deepEqual(kept.of(0), { watched: 164, kept: 68 })
    held.length = 0
    await readings(kept, 2)
    assert.deepEqual(kept.of(0), { watched: 164, kept: 0 })
  })
})
