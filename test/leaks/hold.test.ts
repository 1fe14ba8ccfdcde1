import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Bound } from '../../lib/holders/sought'
import { holdFor, isOver } from '../../lib/leaks/hold'
import type { Leak } from '../../lib/verdict/leak'
import { madeLeak } from '../support/leaks'

const PLENTY = 1e9

function leak(exposure: number): Leak {
  return madeLeak({ exposure })
}

/** Another entry with every second request: full after 400 more. */
const HALF_FULL: Bound = { size: 200, growth: 0.5, capacity: 400 }
const UNBOUNDED: Bound = { size: 200, growth: 1, capacity: Number.POSITIVE_INFINITY }
const FULL: Bound = { size: 400, growth: 1, capacity: 400 }

function isHeld(bounds: readonly Bound[], headroomBytes = PLENTY): boolean {
  return holdFor(leak(1000), bounds, headroomBytes) !== null
}

describe('what a leak is held back for', () => {
  it('is containers that all have a capacity', () => {
    assert.equal(isHeld([HALF_FULL]), true)
    assert.equal(isHeld([HALF_FULL, UNBOUNDED]), false)
    assert.equal(isHeld([UNBOUNDED]), false)
    assert.equal(isHeld([]), false)
  })

  it('is none where the memory is full before the cache is', () => {
    // 400 requests of 1,000 bytes.
    assert.equal(isHeld([HALF_FULL], 400_000), true)
    assert.equal(isHeld([HALF_FULL], 399_999), false)
  })

  it('is a full cache, while the memory suffices for it to go on', () => {
    // Until 1,500 requests, of 1,000 bytes each.
    assert.deepEqual([isHeld([FULL], 500_000), isHeld([FULL], 499_999)], [true, false])
  })
})

describe('holding a leak back is over', () => {
  const filling = holdFor(leak(1000), [HALF_FULL], PLENTY)!
  const full = holdFor(leak(1000), [FULL], PLENTY)!

  it('when the last third of the observation lies behind the time its cache should be full', () => {
    // Full after 1,400 requests.
    assert.equal(isOver(filling, leak(2099), PLENTY), false)
    assert.equal(isOver(filling, leak(2100), PLENTY), true)
    // Full after 1,000.
    assert.equal(isOver(full, leak(1499), PLENTY), false)
    assert.equal(isOver(full, leak(1500), PLENTY), true)
  })

  it('when the memory no longer suffices', () => {
    // 200 requests of 1,000 bytes before it is full.
    assert.equal(isOver(filling, leak(1200), 200_000), false)
    assert.equal(isOver(filling, leak(1200), 199_999), true)
    // 100 requests before it is judged again.
    assert.equal(isOver(full, leak(1400), 100_000), false)
    assert.equal(isOver(full, leak(1400), 99_999), true)
  })

  it('when the observation began anew', () => {
    assert.equal(isOver(filling, leak(500), PLENTY), false)
    assert.equal(isOver(filling, leak(499), PLENTY), true)
  })
})
