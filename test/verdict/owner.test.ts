import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Observation, PlaceSeries } from '../../lib/verdict/observation'
import { isBelowMount, keepsRequests, ownerOf } from '../../lib/verdict/owner'
import { THRESHOLDS } from '../../lib/verdict/thresholds'
import {
  bornPlace,
  cumulative,
  handmade,
  type ObjectsPlan,
  SyntheticApp,
} from '../support/observations'

/** An app of five routes, the leak in the third, after an await. */
function afterAwait(seed: number, more: Partial<ObjectsPlan> = {}): Observation {
  return new SyntheticApp({
    seed,
    routes: [120, 80, 150, 200, 60].map((perSecond, at) => ({ route: `/${at}`, perSecond })),
    objects: [{ site: 'leak', by: { kind: 'route', index: 2 }, bytes: 1500, owner: null, ...more }],
  }).observe()
}

function leakOf({ places }: Observation): PlaceSeries[] {
  return places.filter(({ frames }) => frames[0]?.functionName === 'leak')
}

function nameOf(observation: Observation, layer: number | null = null): string {
  const candidate = ownerOf(leakOf(observation), observation, THRESHOLDS, layer)?.candidate
  if (!candidate) return 'nobody'
  return 'index' in candidate ? `${candidate.kind} ${candidate.index}` : candidate.kind
}

/** Births by hand beside requests by hand; the first and last reading hold no window of their own. */
function byHand(
  births: readonly number[],
  routes: ReadonlyArray<{ route: string; steps: readonly number[]; kept?: number }>,
  more: Partial<PlaceSeries> = {},
): Observation {
  const place = { ...bornPlace(births, { sampleBytes: 1000, functions: ['leak'] }), ...more }
  return handmade(
    routes.map(({ route, steps, kept = 0 }) => ({ route, ended: cumulative(steps), kept })),
    [place],
  )
}

const UP = [1, 1, 1, 1, 1, 1, 5, 5, 5, 5, 5, 5]
const DOWN = UP.toReversed()
const EVEN = UP.map(() => 3)

function times(steps: readonly number[], factor: number): number[] {
  return steps.map((step) => step * factor)
}

describe('ownerOf', () => {
  it('names the route by its rhythm alone in 100 of 100 apps', () => {
    for (let seed = 1; seed <= 100; seed++) {
      assert.equal(nameOf(afterAwait(seed)), 'route 2', `seed ${seed}`)
    }
  })

  it('names the route whose requests came when the objects were born', () => {
    const routes = [
      { route: '/up', steps: times(UP, 100) },
      { route: '/down', steps: times(DOWN, 100) },
    ]
    assert.equal(nameOf(byHand(times(UP, 4), routes)), 'route 0')
    assert.equal(nameOf(byHand(times(DOWN, 4), routes)), 'route 1')
  })

  it('names time, where timers call it, unless the rhythm of a route says far more', () => {
    const barely = [
      { route: '/up', steps: [100, 100, 100, 100, 100, 100, 140, 140, 140, 140, 140, 140] },
    ]
    const births = [3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4]
    assert.equal(nameOf(byHand(births, barely, { isTimer: true })), 'time')
    assert.equal(nameOf(byHand(births, barely)), 'nobody')
    const clearly = [{ route: '/up', steps: times(UP, 100) }]
    assert.equal(nameOf(byHand(times(UP, 4), clearly, { isTimer: true })), 'route 0')
  })

  it('names no route by rhythm alone where something else decides when it is allocated', () => {
    const routes = [
      { route: '/up', steps: times(UP, 100) },
      { route: '/down', steps: times(DOWN, 100) },
    ]
    const births = [1, 1, 1, 1, 1, 1, 5, 5, 5, 5, 5, 5].map((each, at) => (at % 2 ? 20 * each : 0))
    assert.equal(nameOf(byHand(births, routes)), 'nobody')
    assert.equal(nameOf(byHand(births, routes, { seenUnder: [0] })), 'route 0')
  })

  it('names nobody where two routes keep the same rhythm', () => {
    const routes = [
      { route: '/a', steps: times(UP, 100) },
      { route: '/b', steps: times(UP, 70) },
    ]
    assert.equal(nameOf(byHand(times(UP, 4), routes)), 'nobody')
  })

  it('names one of those, if the code was seen under it', () => {
    const routes = [
      { route: '/a', steps: times(UP, 100) },
      { route: '/b', steps: times(UP, 70) },
      { route: '/c', steps: times(DOWN, 70) },
    ]
    assert.equal(nameOf(byHand(times(UP, 4), routes, { seenUnder: [1] })), 'route 1')
  })

  it('names one of those, if its finished requests stay alive', () => {
    const routes = [
      { route: '/a', steps: times(UP, 100) },
      { route: '/b', steps: times(UP, 70), kept: 100 },
    ]
    assert.equal(nameOf(byHand(times(UP, 4), routes)), 'route 1')
  })

  it('does not take a route of few requests for the owner of what a busy one keeps', () => {
    const busy = [300, 500, 200, 400, 700, 300, 200, 600, 400, 300, 500, 300]
    for (const rare of [UP, EVEN, [1, 0, 1, 0, 0, 2, 0, 0, 1, 0, 0, 1]]) {
      const routes = [
        { route: '/busy', steps: busy },
        { route: '/rare', steps: rare },
        { route: '/down', steps: times(DOWN, 300) },
      ]
      assert.equal(nameOf(byHand(times(busy, 0.4), routes)), 'route 0')
    }
  })

  it('names nobody on a handful of samples that fit both', () => {
    const routes = [
      { route: '/a', steps: [100, 100, 110, 100, 90, 100, 110, 100, 100, 90, 100, 100] },
      { route: '/b', steps: [100, 90, 100, 100, 110, 90, 100, 100, 110, 100, 90, 100] },
    ]
    const births = [0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0]
    assert.equal(nameOf(byHand(births, routes)), 'nobody')
  })

  it('names time where every window brought as much, and no route did', () => {
    const routes = [
      { route: '/up', steps: times(UP, 100) },
      { route: '/also-up', steps: times([2, 2, 2, 2, 2, 2, 6, 6, 6, 6, 6, 6], 50) },
    ]
    assert.equal(nameOf(byHand(times(EVEN, 10), routes)), 'time')
  })

  it('names no route that had no request', () => {
    const routes = [
      { route: '/never', steps: times(UP, 0) },
      { route: '/up', steps: times(UP, 100) },
    ]
    assert.equal(nameOf(byHand(times(UP, 4), routes)), 'route 1')
  })

  it('names nobody of what was not born, or only as tables: a few large objects, or in a few windows', () => {
    const routes = [{ route: '/up', steps: times(UP, 100) }]
    const large = (births: readonly number[]): string =>
      nameOf(byHand(births, routes, { isLarge: true }))
    assert.equal(nameOf(byHand(times(UP, 0), routes)), 'nobody')
    assert.equal(large([0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0]), 'nobody')
    assert.equal(large([0, 0, 0, 0, 0, 8, 0, 0, 8, 0, 8, 0]), 'nobody')
    assert.equal(large(UP), 'route 0')
  })

  it('takes a middleware for the owner of what each of its requests allocates', () => {
    const routes = [
      { route: '/api/a', steps: times(UP, 100) },
      { route: '/api/b', steps: times(DOWN, 100) },
      { route: '/page', steps: times(UP, 300) },
    ]
    const layers = [{ name: 'audit', mount: '/api', entered: cumulative(times(EVEN, 200)) }]
    const even = { ...byHand(times(EVEN, 4), routes), layers }
    assert.equal(nameOf(even, 0), 'layer 0')
    const up = { ...byHand(times(UP, 4), routes), layers }
    assert.equal(nameOf(up, 0), 'route 0')
  })

  it('gives no route what a middleware keeps in a ring: the newest alone do not follow its requests', () => {
    const routes = [
      { route: '/a', steps: times(UP, 100) },
      { route: '/b', steps: times(DOWN, 100) },
    ]
    const layers = [{ name: 'ring', mount: '', entered: cumulative(times(EVEN, 200)) }]
    for (const births of [
      [0, 0, 0, 0, 0, 0, 40, 40, 40, 40, 40, 40],
      [0, 0, 0, 0, 0, 0, 0, 60, 20, 70, 20, 80],
    ]) {
      assert.equal(nameOf({ ...byHand(births, routes), layers }, 0), 'nobody')
    }
  })
})

describe('keepsRequests', () => {
  it('is told of ten requests, of which more than half live', () => {
    assert.equal(keepsRequests({ watched: 9, kept: 9 }, THRESHOLDS), false)
    assert.equal(keepsRequests({ watched: 10, kept: 5 }, THRESHOLDS), false)
    assert.equal(keepsRequests({ watched: 10, kept: 6 }, THRESHOLDS), true)
  })
})

describe('isBelowMount', () => {
  it('is by whole segments', () => {
    assert.equal(isBelowMount({ method: 'GET', route: '/api/a' }, { mount: '/api' }), true)
    assert.equal(isBelowMount({ method: 'GET', route: '/api' }, { mount: '/api' }), true)
    assert.equal(isBelowMount({ method: 'GET', route: '/apis' }, { mount: '/api' }), false)
    assert.equal(isBelowMount({ method: 'GET', route: '/page' }, { mount: '/api' }), false)
    assert.equal(isBelowMount({ method: 'GET', route: '/page' }, { mount: '' }), true)
  })

  it('has no unit of work below it', () => {
    assert.equal(isBelowMount({ method: 'job', route: '/page' }, { mount: '' }), false)
  })
})
