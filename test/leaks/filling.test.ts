import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Bounded, FillingCaches, without } from '../../lib/leaks/filling'
import type { Judgement } from '../../lib/verdict/judge'
import type { Leak } from '../../lib/verdict/leak'
import { madeLeak } from '../support/leaks'

const PLENTY = 1e9

function leak(exposure: number, more: Partial<Leak> = {}): Leak {
  return madeLeak({ exposure, ...more })
}

/** Another entry with every second request: full after 400 more. */
const HALF_FULL: Bounded = { size: 200, growth: 0.5, capacity: 400 }
const UNBOUNDED: Bounded = { size: 200, growth: 1, capacity: Number.POSITIVE_INFINITY }

function isHeld(holders: readonly Bounded[], headroomBytes = PLENTY): boolean {
  const caches = new FillingCaches()
  caches.note(leak(1000), holders, headroomBytes)
  return caches.has('route 0 heap')
}

describe('FillingCaches', () => {
  it('holds back what only collections with a capacity keep', () => {
    assert.equal(isHeld([HALF_FULL]), true)
    assert.equal(isHeld([HALF_FULL, UNBOUNDED]), false)
    assert.equal(isHeld([UNBOUNDED]), false)
    assert.equal(isHeld([]), false)
  })

  it('does not where the memory is full before the cache is', () => {
    // 400 requests of 1,000 bytes.
    assert.equal(isHeld([HALF_FULL], 400_000), true)
    assert.equal(isHeld([HALF_FULL], 399_999), false)
  })

  it('is over when the last third of the observation lies behind the time it should be full', () => {
    const caches = new FillingCaches()
    caches.note(leak(1000), [HALF_FULL], PLENTY)
    // Full after 1,400 requests.
    assert.equal(caches.isOver(leak(2099), PLENTY), false)
    assert.equal(caches.has('route 0 heap'), true)
    assert.equal(caches.isOver(leak(2100), PLENTY), true)
    assert.equal(caches.has('route 0 heap'), false)
    assert.equal(caches.isOver(leak(2101), PLENTY), false)
  })

  it('is over when the memory no longer suffices, or the observation began anew', () => {
    const over = (exposure: number, headroomBytes = PLENTY): boolean => {
      const caches = new FillingCaches()
      caches.note(leak(1000), [HALF_FULL], PLENTY)
      return caches.isOver(leak(exposure), headroomBytes)
    }
    // 200 requests of 1,000 bytes before it is full.
    assert.deepEqual([over(1200, 200_000), over(1200, 199_999)], [false, true])
    assert.deepEqual([over(500), over(499)], [false, true])
  })

  it('holds a leak back three times: a cache that is cleared now and then is never full', () => {
    const caches = new FillingCaches()
    for (let times = 1; times <= 3; times++) {
      caches.note(leak(1000), [HALF_FULL], PLENTY)
      assert.equal(caches.isOver(leak(9999), PLENTY), true)
    }
    caches.note(leak(1000), [HALF_FULL], PLENTY)
    assert.equal(caches.has('route 0 heap'), false)
  })

  it('holds back what a full cache may have kept, while the memory suffices for it to go on', () => {
    const full: Bounded = { size: 400, growth: 1, capacity: 400 }
    const caches = new FillingCaches()
    caches.note(leak(1000), [full], PLENTY)
    assert.equal(caches.isOver(leak(1499), PLENTY), false)
    assert.equal(caches.isOver(leak(1500), PLENTY), true)
    // Until then, 500 requests of 1,000 bytes.
    assert.deepEqual([isHeld([full], 500_000), isHeld([full], 499_999)], [true, false])
    caches.note(leak(1000), [full], PLENTY)
    assert.equal(caches.isOver(leak(1400), 100_000), false)
    assert.equal(caches.isOver(leak(1400), 99_999), true)
  })

  it('knows leaks by their keys', () => {
    const caches = new FillingCaches()
    caches.note(leak(1000), [HALF_FULL], PLENTY)
    assert.equal(caches.isOver(leak(9999, { key: 'shared heap' }), PLENTY), false)
    assert.equal(caches.has('shared heap'), false)
  })
})

describe('a judgement without the leaks that are held back', () => {
  const ROUTE = { floorBytesPerRequest: 24 }
  const LEAKING = {
    ...ROUTE,
    verdict: 'leaking',
    bytesPerRequest: 1000,
    ci95: [980, 1020],
  } as const
  const buffers = leak(1000, {
    key: 'route 0 buffers',
    kind: 'buffers',
    rate: 70,
    ci95: [60, 80],
  })
  const other = leak(1000, { key: 'route 1 heap', route: 1 })
  const judgement: Judgement = {
    routes: [LEAKING, LEAKING, { ...ROUTE, verdict: 'steady' }],
    leaks: [leak(1000), other],
  }

  it('says nothing of the route yet, and what it said of the others', () => {
    assert.deepEqual(without(judgement, new Set(['route 0 heap'])), {
      routes: [
        { ...ROUTE, verdict: 'insufficient-data' },
        LEAKING,
        { ...ROUTE, verdict: 'steady' },
      ],
      leaks: [other],
    })
  })

  it('calls a route leaking that has another leak', () => {
    const both = { ...judgement, leaks: [leak(1000), buffers, other] }
    const { routes, leaks } = without(both, new Set(['route 0 heap']))
    assert.deepEqual(routes[0], { ...LEAKING, bytesPerRequest: 70, ci95: [60, 80] })
    assert.deepEqual(leaks, [buffers, other])
  })
})
