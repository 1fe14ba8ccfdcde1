import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_READINGS } from '../../lib/heap/heap-history'
import { HeapOnlyWatch } from '../../lib/leaks/heap-only-watch'
import type { HeapGrowth } from '../../lib/verdict/heap-only'
import { THRESHOLDS } from '../../lib/verdict/thresholds'

/** What is told after each of so many major GCs, 100 requests apart. */
function told(gcs: number, bytesPerRequest: (gc: number) => number): Array<HeapGrowth | null> {
  const watch = new HeapOnlyWatch()
  let liveHeapBytes = 1e6
  return Array.from({ length: gcs }, (_, gc) => {
    liveHeapBytes += 100 * bytesPerRequest(gc)
    return watch.add({ timeMs: gc, liveHeapBytes, requests: 100 * gc })
  })
}

describe('the heap by the major GCs of the process', () => {
  it('is said to grow, once', () => {
    const growths = told(THRESHOLDS.heapOnly.minPoints + 5, () => 1000)
    assert.equal(growths.findIndex(Boolean), THRESHOLDS.heapOnly.minPoints - 1)
    assert.equal(growths.filter(Boolean).length, 1)
    assert.ok(Math.abs(growths[THRESHOLDS.heapOnly.minPoints - 1]!.bytesPerRequest - 1000) < 1)
  })

  it('is not where it does not', () => {
    assert.deepEqual(told(MAX_READINGS, () => 0).filter(Boolean), [])
  })

  it('is followed from its beginning, however many there were', () => {
    // A twentieth of the heap, which is the least that is told, takes 250 of them.
    const at = told(3 * MAX_READINGS, () => 2).findIndex(Boolean)
    assert.ok(at >= 250 && at < 300, `${at}`)
  })
})
