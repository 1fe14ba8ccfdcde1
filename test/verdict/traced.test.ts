import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judge } from '../../lib/verdict/judge'
import type { PlaceSeries, Shares, Traced } from '../../lib/verdict/observation'
import { THRESHOLDS } from '../../lib/verdict/thresholds'
import { isShared, partsOf, pooled, runnersOf } from '../../lib/verdict/traced'
import { bornPlace, cumulative, handmade } from '../support/observations'

const S = 512 << 10
const READINGS = 20
/** Of each of ten routes; the last has hardly any. */
const REQUESTS = [100, 100, 100, 100, 100, 100, 100, 100, 100, 2]

/** Hits by route, besides what is idle or lost; 100 in all unless told otherwise. */
function shares(routes: Record<number, number>, more: Partial<Shares> = {}): Shares {
  const of = Object.entries(routes).map(([index, share]) => ({ index: Number(index), share }))
  return { seen: 100, routes: of, idle: 0, lost: 0, ...more }
}

/** Grows by four samples from reading to reading, after an await of its own. */
function place(traced: Traced | null): PlaceSeries {
  const born = bornPlace(new Array<number>(READINGS).fill(4), { sampleBytes: S })
  return { ...born, traced }
}

/** `0 0.75, time 0.25`: whose the bytes of the place are, and how much of them. */
function parts(runs: Shares | null, growth: Shares | null = null): string | null {
  const whole = place({ runs, growth })
  const found = partsOf(whole, REQUESTS, THRESHOLDS)
  if (!found) return null
  const shareOf = (part: PlaceSeries): number => part.liveBytes.at(-1)! / whole.liveBytes.at(-1)!
  return found
    .map(({ route, place: part }) => `${route ?? 'time'} ${Number(shareOf(part).toFixed(3))}`)
    .join(', ')
}

describe('the parts of a traced place', () => {
  it('are whole of the only one that runs it: a route, or nobody’s request', () => {
    assert.equal(parts(shares({ 2: 1 })), '2 1')
    assert.equal(parts(shares({}, { idle: 1 })), 'time 1')
    // 3 % is somebody; less is an odd execution.
    assert.equal(parts(shares({ 2: 0.971, 1: 0.029 })), '2 1')
    assert.equal(parts(shares({ 2: 0.97, 1: 0.03 })), null)
  })

  it('are not known of callbacks that do not tell, of few hits, and without a trace', () => {
    assert.equal(parts(shares({}, { lost: 1 })), null)
    assert.equal(parts(shares({ 2: 0.9 }, { lost: 0.1 })), null)
    assert.equal(parts(shares({ 2: 1 }, { seen: 20 })), '2 1')
    assert.equal(parts(shares({ 2: 1 }, { seen: 19 })), null)
    assert.equal(parts(null, shares({ 2: 1 })), null)
    assert.equal(partsOf(place(null), REQUESTS, THRESHOLDS), null)
  })

  it('are those of whose code the containers grew by, where several run it', () => {
    const runs = shares({ 0: 0.5, 1: 0.3, 2: 0.2 })
    assert.equal(parts(runs, shares({ 1: 1 })), '1 1')
    assert.equal(parts(runs, shares({ 1: 0.75, 2: 0.25 })), '1 0.75, 2 0.25')
    assert.equal(parts(runs, shares({ 1: 0.98, 2: 0.02 })), '1 1')
    assert.equal(parts(runs, shares({ 1: 1 }, { seen: 19 })), null)
  })

  it('are what each request adds, by the requests of the whole time: the mix may have been another', () => {
    const runs = shares({ 1: 0.5, 2: 0.5 })
    const seen = [0, 10, 90]
    assert.equal(parts(runs, shares({ 1: 0.5, 2: 0.5 }, { requests: seen })), '1 0.9, 2 0.1')
    // Four say little of one request.
    const few = [46, 4, 50]
    assert.equal(parts(runs, shares({ 1: 0.5, 2: 0.5 }, { requests: few })), '1 0.819, 2 0.181')
  })

  it('leave out who adds without running it, and are not known where those add most', () => {
    const runs = shares({ 0: 0.5, 1: 0.5 })
    assert.equal(parts(runs, shares({ 1: 0.5, 7: 0.5 })), '1 1')
    assert.equal(parts(runs, shares({ 0: 0.2, 1: 0.3, 7: 0.5 })), '0 0.4, 1 0.6')
    assert.equal(parts(runs, shares({ 1: 0.49, 7: 0.51 })), null)
  })

  it('are those of a route that adds, though it has too few requests to have been seen running it', () => {
    assert.equal(parts(shares({ 0: 0.5, 1: 0.5 }), shares({ 9: 1 })), '9 1')
  })

  it('are not known where callbacks that do not tell both run it and add', () => {
    const runs = shares({ 0: 0.5 }, { lost: 0.5 })
    assert.equal(parts(runs, shares({ 0: 0.6 }, { lost: 0.4 })), null)
    assert.equal(parts(runs, shares({ 0: 0.98 }, { lost: 0.02 })), '0 1')
  })

  it('may be what is done without a request', () => {
    const runs = shares({ 0: 0.5 }, { idle: 0.5 })
    assert.equal(parts(runs, shares({ 0: 0.25 }, { idle: 0.75 })), '0 0.25, time 0.75')
  })

  it('are samples with a chance: bytes, births and their squares alike', () => {
    const whole = place({ runs: shares({ 0: 0.5, 1: 0.5 }), growth: shares({ 0: 0.75, 1: 0.25 }) })
    const [first] = partsOf(whole, REQUESTS, THRESHOLDS)!
    for (const name of ['liveBytes', 'survivedBytes', 'bornBytes', 'bornBytesSquared'] as const) {
      assert.equal(first!.place[name].at(-1), 0.75 * whole[name].at(-1)!, name)
    }
  })
})

describe('who runs a place', () => {
  it('is the routes that were seen, and not known where others than requests may', () => {
    const runners = (runs: Shares | null): number[] | null => {
      const found = runnersOf(place({ runs, growth: null }), THRESHOLDS)
      return found && [...found]
    }
    assert.deepEqual(runners(shares({ 1: 0.5, 4: 0.5 })), [1, 4])
    assert.equal(runners(shares({ 1: 0.96 }, { lost: 0.02, idle: 0.02 })), null)
    assert.equal(runners(shares({ 1: 1 }, { seen: 19 })), null)
    assert.equal(runners(null), null)
    const isRunBySeveral = (runs: Shares): boolean =>
      isShared(place({ runs, growth: null }), THRESHOLDS)
    assert.equal(isRunBySeveral(shares({ 1: 0.5, 4: 0.5 })), true)
    assert.equal(isRunBySeveral(shares({ 1: 1 })), false)
  })
})

describe('what several traces saw together', () => {
  it('counts each by what it saw', () => {
    assert.deepEqual(
      pooled([shares({ 1: 1 }, { seen: 30 }), shares({ 2: 0.5 }, { seen: 10, lost: 0.5 })]),
      {
        seen: 40,
        routes: [
          { index: 1, share: 0.75 },
          { index: 2, share: 0.125 },
        ],
        idle: 0,
        lost: 0.125,
      },
    )
    assert.deepEqual(pooled([]), { seen: 0, routes: [], idle: 0, lost: 0 })
  })
})

describe('judge, of a helper after its own await that only a rhythm could tell', () => {
  /** `/busy` and `/calm` in rhythms of their own; the helper allocates in that of `/busy`. */
  function judged(traced: Traced | null): string[] {
    const requests = Array.from({ length: READINGS }, (_, at) => (at % 2 === 0 ? 200 : 50))
    const routes = [
      { route: '/busy', ended: cumulative(requests) },
      { route: '/calm', ended: cumulative(requests.toReversed().map(() => 100)) },
    ]
    const births = requests.map((count) => count / 50)
    const helper = { ...bornPlace(births, { sampleBytes: S }), traced }
    return judge(handmade(routes, [helper])).leaks.map(
      ({ key, attribution, trace }) => `${key} ${attribution} ${trace?.seen ?? 0}`,
    )
  }

  it('takes the rhythm where no trace was made', () => {
    assert.deepEqual(judged(null), ['route 0 heap estimated 0'])
  })

  it('takes what the trace saw, whatever the rhythm says', () => {
    assert.deepEqual(judged({ runs: shares({ 1: 1 }), growth: null }), ['route 1 heap traced 100'])
    const runs = shares({ 0: 0.5, 1: 0.5 })
    assert.deepEqual(judged({ runs, growth: shares({ 1: 1 }, { seen: 40 }) }), [
      'route 1 heap traced 40',
    ])
  })

  it('leaves it open, and asks no rhythm, where several run it and nothing tells who adds', () => {
    assert.deepEqual(judged({ runs: shares({ 0: 0.5, 1: 0.5 }), growth: null }), [
      'open heap estimated 100',
    ])
  })
})

describe('two leaks that a trace shares one place out to', () => {
  it('are off by the same factor, where the heap grows by less than was sampled', () => {
    const runs = shares({ 0: 0.5, 1: 0.5 })
    const whole = place({ runs, growth: shares({ 0: 0.75, 1: 0.25 }) })
    const requests = (each: number): number[] => cumulative(new Array<number>(READINGS).fill(each))
    const routes = [
      { route: '/a', ended: requests(300) },
      { route: '/b', ended: requests(100) },
    ]
    const { liveHeapBytes } = handmade(routes, [whole])
    const half = liveHeapBytes.map((bytes) => bytes / 2)
    const { leaks } = judge(handmade(routes, [whole], { liveHeapBytes: half }))
    const [a, b] = leaks.toSorted((one, other) => one.route! - other.route!)
    const truth = S / 200
    for (const leak of [a, b]) assert.ok(Math.abs(leak!.rate / truth - 1) < 0.05, `${leak!.rate}`)
  })
})
