import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judge, type Judgement } from '../../lib/verdict/judge'
import type { Observation, PlaceSeries, Shares } from '../../lib/verdict/observation'
import { THRESHOLDS } from '../../lib/verdict/thresholds'
import { bornPlace, cumulative, handmade } from '../support/observations'

const S = 512 << 10
const READINGS = 20
const REQUESTS = 100
/** Windows between readings after the warm-up, which is 15 % of the requests, and the requests in them. */
const WINDOWS = READINGS - 4
const PAID = WINDOWS * REQUESTS
/** Of a route with so many requests: seven samples. */
const OWN_FLOOR = (THRESHOLDS.leak.minSamples * S) / PAID

function steps(each: number): number[] {
  return new Array<number>(READINGS).fill(each)
}

const ROUTES = ['/a', '/b', '/c'].map((route) => ({ route, ended: cumulative(steps(REQUESTS)) }))

/** A helper that so many samples come of, and that routes run in equal parts; null: none was seen to. */
function helper(samples: number, runners: readonly number[] | null, name = 'keep'): PlaceSeries {
  const place = bornPlace(steps(samples), { sampleBytes: S, functions: [name] })
  if (!runners) return place
  const routes = runners.map((index) => ({ index, share: 1 / runners.length }))
  const runs: Shares = { seen: 100, routes, idle: 0, lost: 0 }
  return { ...place, traced: { runs, growth: null } }
}

function judged(places: readonly PlaceSeries[], more: Partial<Observation> = {}): Judgement {
  return judge(handmade(ROUTES, places, more))
}

function verdicts({ routes }: Judgement): string[] {
  return routes.map(({ verdict }) => verdict)
}

/** Floors, as multiples of what would be seen of the route itself. */
function floors({ routes }: Judgement): number[] {
  return routes.map(({ floorBytesPerRequest = 0 }) => floorBytesPerRequest / OWN_FLOOR)
}

describe('what grows in the requests of nobody who is known', () => {
  it('is one leak, open, with all its places, and their bytes per request of any route', () => {
    const { leaks } = judged([helper(4, null), helper(2, null, 'other')])
    assert.deepEqual(
      leaks.map(({ key, scope, route, isProven }) => [key, scope, route, isProven]),
      [['open heap', 'open', null, true]],
    )
    const [{ rate, per, places }] = leaks as [Judgement['leaks'][number]]
    assert.ok(Math.abs(rate / ((6 * S) / (3 * REQUESTS)) - 1) < 0.05, `${rate}`)
    assert.deepEqual([per, places.length], ['request', 2])
  })

  it('is seen together where none of its places has the samples to show it', () => {
    // Five and six samples each over the span: a leak takes seven.
    const rare = (name: string, from: number): PlaceSeries =>
      bornPlace(
        steps(0).map((_, at) => ((at + from) % 3 === 0 ? 1 : 0)),
        { sampleBytes: S, functions: [name] },
      )
    const [first, second] = [rare('first', 0), rare('second', 1)]
    assert.deepEqual(judged([first]).leaks, [])
    assert.deepEqual(
      judged([first, second]).leaks.map(({ key }) => key),
      ['open heap'],
    )
  })

  it('is not proven where it is less than a hundredth of the heap', () => {
    const samplingBytes = 8 << 10
    const small = bornPlace(steps(4), { sampleBytes: samplingBytes })
    // 512 kB in all, in a heap of 45 MB and of 60 MB.
    const isProven = (megabytes: number): boolean[] => {
      const liveHeapBytes = small.liveBytes.map((bytes) => (megabytes << 20) + bytes)
      return judged([small], { samplingBytes, liveHeapBytes }).leaks.map((leak) => leak.isProven)
    }
    assert.deepEqual([isProven(45), isProven(60)], [[true], [false]])
  })

  it('may be any route’s, whoever was seen to run it: their floors and verdicts say so', () => {
    for (const runners of [null, [0, 1]]) {
      const unknown = judged([helper(4, runners)])
      assert.deepEqual(verdicts(unknown), new Array(3).fill('insufficient-data'))
      for (const floor of floors(unknown)) {
        // All of it with the requests of one route; what the heap adds of doubt is little.
        const all = (4 * S) / REQUESTS / OWN_FLOOR
        assert.ok(floor > all && floor < 1.6 * all, `${floor} of ${all}`)
      }
    }
  })

  it('may be part of a route’s own leak: the interval of that ends so much higher', () => {
    const own = { ...helper(4, null), owner: { kind: 'route', index: 0 } } as const
    const ofOwn = ({ leaks }: Judgement): Judgement['leaks'][number] =>
      leaks.find(({ route }) => route === 0)!
    const [alone, beside] = [judged([own]), judged([own, helper(4, null, 'other')])]
    const open = beside.leaks.find(({ scope }) => scope === 'open')!
    const more = ofOwn(beside).ci95[1] - ofOwn(alone).ci95[1]
    assert.ok(more >= (open.rate * open.exposure) / PAID, `${more}`)
  })

  it('hides in no other route what a rhythm gives to one, once that was told and no sooner', () => {
    const ended = ROUTES.map((_, route) =>
      cumulative(steps(0).map((_, at) => (at % (route + 2) === 0 ? 200 : 50))),
    )
    const births = steps(0).map((_, at) => (ended[0]![at]! - (ended[0]![at - 1] ?? 0)) / 12.5)
    const observation = handmade(
      ROUTES.map(({ route }, at) => ({ route, ended: ended[at]! })),
      [bornPlace(births, { sampleBytes: S })],
    )
    assert.deepEqual(verdicts(judge(observation)), [
      'leaking',
      'insufficient-data',
      'insufficient-data',
    ])
    const told = new Set(['route 0 heap'])
    assert.deepEqual(verdicts(judge(observation, told)), ['leaking', 'steady', 'steady'])
  })

  it('hides nothing of a route that another pays for', () => {
    const run = helper(4, [0])
    const found = judged([run])
    assert.deepEqual(verdicts(found), ['leaking', 'steady', 'steady'])
    assert.ok(Math.abs(floors(found)[1]! - 1) < 0.01, floors(found).join())
  })
})

describe('growth of the heap that was not sampled', () => {
  /** The heap gains so many bytes from reading to reading. */
  function growing(bytes: number): Judgement {
    return judged([], { liveHeapBytes: steps(0).map((_, at) => (20 << 20) + bytes * at) })
  }

  it('may hide in any route: steady up to twice the floor of its own, insufficient-data above', () => {
    const bytesAt = (times: number): number => (times * OWN_FLOOR * PAID) / WINDOWS
    const little = growing(bytesAt(1.6))
    assert.deepEqual(verdicts(little), new Array(3).fill('steady'))
    for (const floor of floors(little)) assert.ok(floor >= 1.6 && floor <= 2, `${floor}`)
    const much = growing(bytesAt(2.1))
    assert.deepEqual(verdicts(much), new Array(3).fill('insufficient-data'))
    for (const floor of floors(much)) assert.ok(floor >= 2.1 && floor < 2.5, `${floor}`)
  })

  it('raises no floor where it is what any heap does', () => {
    const still = growing(1000)
    assert.deepEqual(verdicts(still), new Array(3).fill('steady'))
    for (const floor of floors(still)) assert.ok(Math.abs(floor - 1) < 0.01, `${floor}`)
  })
})
