import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judge, type Judgement } from '../../lib/verdict/judge'
import type { Leak } from '../../lib/verdict/leak'
import type { Observation, PlaceSeries } from '../../lib/verdict/observation'
import { THRESHOLDS } from '../../lib/verdict/thresholds'
import { bornPlace, cumulative, emptyPlace, frameOf, handmade } from '../support/observations'

const S = 512 << 10
const MIN_READINGS = THRESHOLDS.leak.minReadings

function steps(readings: number, each: number): number[] {
  return new Array<number>(readings).fill(each)
}

/** One route, so many requests and samples of S bytes from reading to reading. */
function app(
  requests: readonly number[],
  births: readonly number[],
  more: Partial<Observation> = {},
): Observation {
  const place = bornPlace(births, { sampleBytes: S, owner: { kind: 'route', index: 0 } })
  return handmade([{ route: '/a', ended: cumulative(requests) }], [place], more)
}

function verdictOf(observation: Observation): string {
  return judge(observation).routes[0]!.verdict
}

function only({ leaks }: Judgement): Leak {
  assert.equal(leaks.length, 1, leaks.map(({ key }) => key).join())
  return leaks[0]!
}

describe('judge: how much must be known', () => {
  it(`says insufficient-data of ${MIN_READINGS - 1} readings, and leaking of ${MIN_READINGS}`, () => {
    const of = (readings: number): Observation => app(steps(readings, 100), steps(readings, 4))
    assert.equal(verdictOf(of(MIN_READINGS - 1)), 'insufficient-data')
    assert.equal(verdictOf(of(MIN_READINGS)), 'leaking')
  })

  it('counts no reading before 15 % of the requests are through: the warm-up', () => {
    const births = steps(8, 4)
    // 15 of 100 requests at the second reading, and 14 of 100.
    assert.equal(verdictOf(app([50, 100, 150, 150, 150, 150, 150, 100], births)), 'leaking')
    assert.equal(
      verdictOf(app([40, 100, 160, 150, 150, 150, 150, 100], births)),
      'insufficient-data',
    )
  })

  it('says nothing of a route with 29 requests, and its verdict with 30', () => {
    // Requests of the five windows whose births are aged; the last window has as many.
    const of = (last: number): Observation => app([6, 6, 6, 6, 6, 6, 6, last], steps(8, 4))
    assert.equal(verdictOf(of(6)), 'leaking')
    assert.equal(verdictOf(of(5)), 'insufficient-data')
  })

  it('says nothing of no readings at all, and nothing of a route without requests', () => {
    assert.deepEqual(judge(handmade([{ route: '/a', ended: [] }], [])), {
      routes: [{ verdict: 'insufficient-data' }],
      leaks: [],
      books: null,
      unsure: [],
    })
    assert.equal(verdictOf(app(steps(8, 0), steps(8, 0))), 'insufficient-data')
  })

  it('wants seven samples of growth', () => {
    assert.equal(verdictOf(app(steps(8, 100), [0, 0, 1, 2, 1, 1, 2, 0])), 'leaking')
    assert.equal(verdictOf(app(steps(8, 100), [0, 0, 1, 2, 1, 1, 1, 0])), 'steady')
  })

  it('wants 24 bytes per request', () => {
    // 20 samples over five windows.
    const at = (bytesPerRequest: number): Observation =>
      app(steps(8, (20 * S) / 5 / bytesPerRequest), steps(8, 4))
    assert.equal(verdictOf(at(24)), 'leaking')
    assert.notEqual(verdictOf(at(23.9)), 'leaking')
  })

  it('tells how small a leak it would have seen: seven samples over the requests, 24 bytes at least', () => {
    const floorAt = (requests: number): number =>
      judge(app(steps(8, requests), steps(8, 0))).routes[0]!.floorBytesPerRequest!
    assert.equal(floorAt(100), (7 * S) / 500)
    assert.equal(floorAt(1e6), 24)
  })
})

describe('judge: what goes on, and what has stopped', () => {
  const LONG = 20

  it('says plateaued of a route that holds seven samples and no longer grows, else steady', () => {
    assert.equal(verdictOf(app(steps(LONG, 100), [7, ...steps(LONG - 1, 0)])), 'plateaued')
    assert.equal(verdictOf(app(steps(LONG, 100), [6, ...steps(LONG - 1, 0)])), 'steady')
  })

  it('is no leak where the last third brings less than half of the mean', () => {
    const grown = [3, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 0, 0, 0, 0, 0, 0, 0]
    assert.equal(verdictOf(app(steps(LONG, 100), grown)), 'plateaued')
  })

  it('takes a leak back only where it clearly stopped, once it was told', () => {
    const told = new Set(['route 0 heap'])
    const after = (grown: readonly number[]): number =>
      judge(app(steps(grown.length, 100), grown), told).leaks.length
    // In the last third of a short observation a little over half of the mean.
    const slower = [0, 0, 20, 20, 20, 20, 20, 20, 11, 10, 10, 10]
    assert.equal(verdictOf(app(steps(slower.length, 100), slower)), 'insufficient-data')
    assert.equal(after(slower), 1)
    const stopped = [3, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 0, 0, 0, 0, 0, 0, 0]
    assert.equal(after(stopped), 0)
  })

  it('is a leak in bursts: none of its thirds is empty', () => {
    const bursts = [0, 0, 0, 12, 0, 12, 0, 12, 0, 12, 0, 12, 0, 12, 0, 12, 0, 12, 0, 0]
    assert.equal(verdictOf(app(steps(LONG, 100), bursts)), 'leaking')
  })

  it('says insufficient-data where it all came in one reading, or in two, and plateaued once no more comes', () => {
    const at = (...births: number[]): string => verdictOf(app(steps(8, 100), [0, 0, ...births, 0]))
    assert.equal(at(0, 0, 0, 0, 20), 'insufficient-data')
    assert.equal(at(0, 0, 10, 0, 10), 'insufficient-data')
    assert.equal(at(20, 0, 0, 0, 0), 'plateaued')
    assert.equal(at(0, 7, 7, 0, 7), 'leaking')
    const once = app(steps(8, 100), [0, 0, 0, 0, 0, 0, 20, 0])
    assert.equal(judge(once, new Set(['route 0 heap'])).leaks.length, 1, 'a leak that stands')
  })

  it('is no leak as long as it may be code that V8 compiled, by how its machine code grew', () => {
    const births = steps(8, 4)
    // Five windows of four samples each, of which code may be 12.5, or memprof's own work made it.
    const code = cumulative(steps(8, S))
    const of = (more: Partial<Observation>): string =>
      verdictOf(app(steps(8, 100), births, { appCodeBytes: code, codeBytes: code, ...more }))
    assert.equal(of({}), 'insufficient-data')
    assert.equal(of({ appCodeBytes: code.map((bytes) => bytes / 4) }), 'leaking')
    assert.equal(of({ codeBytes: code.map((_, at) => S * (at % 2)) }), 'leaking', 'made anew')
    assert.equal(
      of({ codeBytes: code.map((_, at) => 2 * S * (at < 7 ? at : 0)) }),
      'insufficient-data',
    )
    assert.equal(of({ ownWork: cumulative(steps(8, 1)) }), 'leaking')
    const still = app(steps(8, 100), steps(8, 0), { appCodeBytes: code, codeBytes: code })
    assert.equal(verdictOf(still), 'steady')
  })

  it('is no leak where what was born early has died', () => {
    const births = steps(LONG, 4)
    const place = bornPlace(births, {
      sampleBytes: S,
      dead: 15,
      owner: { kind: 'route', index: 0 },
    })
    const cache = handmade([{ route: '/a', ended: cumulative(steps(LONG, 100)) }], [place])
    assert.notEqual(verdictOf(cache), 'leaking')
  })

  it('is no leak where requests in flight may hold it: more than a tenth of those that ended', () => {
    const base = app(steps(8, 100), steps(8, 4))
    const withInFlight = (more: number): Observation => ({
      ...base,
      routes: base.routes.map((route) => ({
        ...route,
        inFlight: route.ended.map((_, at) => (at === 7 ? more : 0)),
      })),
    })
    assert.equal(verdictOf(withInFlight(50)), 'leaking')
    assert.equal(verdictOf(withInFlight(51)), 'plateaued')
  })

  it('is no leak where connections opened since may hold it: 32 kB each', () => {
    const withOpened = (more: number): Observation =>
      app(steps(8, 100), steps(8, 4), {
        connections: steps(8, 0).map((_, at) => (at === 7 ? more : 0)),
      })
    const grown = 4 * 5 * S
    assert.equal(verdictOf(withOpened(Math.floor(grown / 32 / 1024) - 1)), 'leaking')
    assert.equal(verdictOf(withOpened(Math.ceil(grown / 32 / 1024) + 1)), 'plateaued')
  })

  it('is still that leak where connections are opened once it was told', () => {
    const opening = app(steps(8, 100), steps(8, 4), { connections: cumulative(steps(8, 1000)) })
    assert.deepEqual(judge(opening).leaks, [])
    assert.equal(judge(opening, new Set(['route 0 heap'])).leaks.length, 1)
  })

  it('gives the heap the last word: samples without growth of the heap are no leak', () => {
    const flat = app(steps(LONG, 100), steps(LONG, 4), {
      liveHeapBytes: steps(LONG, 50 << 20),
    })
    const { routes } = judge(flat)
    const { bytesPerRequest = 0 } = routes[0]!
    assert.ok(bytesPerRequest < 0.1 * ((4 * S) / 100), `${bytesPerRequest}`)
  })

  it('takes nothing off the heap for samples younger than a reading: they scatter more than what they stand for', () => {
    const base = app(steps(LONG, 100), steps(LONG, 4))
    // Of requests in flight, by chance more of them at the later readings.
    const young: PlaceSeries = {
      ...emptyPlace(null, [frameOf('parse')], LONG),
      liveBytes: steps(LONG, 0).map((_, at) => (at < LONG / 2 ? 0 : 10 * S)),
    }
    const { leaks } = judge({ ...base, places: [...base.places, young] })
    assert.equal(
      Math.round(only({ routes: [], leaks, books: null, unsure: [] }).rate),
      Math.round((4 * S) / 100),
    )
  })
})

describe('judge: whose it is', () => {
  const READINGS = 20

  function route(
    name: string,
    each: number,
    kept = 0,
  ): { route: string; ended: number[]; kept: number } {
    return { route: name, ended: cumulative(steps(READINGS, each)), kept }
  }

  function under(index: number, births: number, more: Partial<PlaceSeries> = {}): PlaceSeries {
    const owner = { kind: 'route', index } as const
    return { ...bornPlace(steps(READINGS, births), { sampleBytes: S, owner }), ...more }
  }

  /** Requests of so many routes, 100 from reading to reading on average, each in a rhythm of its own. */
  function rhythms(count: number): Array<{ route: string; ended: number[] }> {
    return Array.from({ length: count }, (_, index) => ({
      route: `/${index}`,
      ended: cumulative(
        Array.from({ length: READINGS }, (__, at) => (at % (index + 2) === 0 ? 200 : 50)),
      ),
    }))
  }

  /** So many samples with every 50 requests of one of them. */
  function inRhythm(ended: readonly number[], index: number, samples: number): PlaceSeries {
    const births = ended.map((count, at) => ((count - (ended[at - 1] ?? 0)) / 50) * samples)
    return bornPlace(births, { sampleBytes: S, owner: { kind: 'route', index } })
  }

  /** Each route keeps at one and the same site, so many samples per 50 requests. */
  function atOneSite(samples: readonly number[], more: Partial<PlaceSeries> = {}): Judgement {
    const routes = rhythms(samples.length)
    const places = samples.map((each, index) => ({
      ...inRhythm(routes[index]!.ended, index, each),
      ...more,
    }))
    return judge(handmade(routes, places))
  }

  it('names each of two routes, with its own bytes', () => {
    const { routes, leaks } = atOneSite([1, 3])
    assert.deepEqual(
      leaks.map(({ scope, route: index, attribution }) => [scope, index, attribution]),
      [
        ['route', 0, 'direct'],
        ['route', 1, 'direct'],
      ],
    )
    assert.ok(Math.abs(routes[0]!.bytesPerRequest! / (S / 50) - 1) < 0.1)
    assert.ok(Math.abs(routes[1]!.bytesPerRequest! / ((3 * S) / 50) - 1) < 0.1)
  })

  it('names both of two routes of one and the same rhythm, by their labels', () => {
    const { leaks } = judge(
      handmade(
        [route('/a', 300), route('/b', 100)],
        [under(0, 4), { ...under(1, 4), frames: [frameOf('other')] }],
      ),
    )
    assert.deepEqual(
      leaks.map(({ route: index }) => index),
      [0, 1],
    )
  })

  it('names both of them where the heap grows by half of what was sampled, and their sum is known', () => {
    const routes = [route('/a', 100), route('/b', 100)]
    const places = [under(0, 4), { ...under(1, 4), frames: [frameOf('other')] }]
    const half = handmade(routes, places).liveHeapBytes.map((bytes) => bytes / 2)
    const { leaks } = judge(handmade(routes, places, { liveHeapBytes: half }))
    const truth = (2 * S) / 100
    assert.equal(leaks.length, 2)
    for (const {
      rate,
      ci95: [low, high],
    } of leaks) {
      assert.ok(Math.abs(rate / truth - 1) < 0.1, `${rate} for ${truth}`)
      assert.ok(low > 0 && low < truth && truth < high, `${low}..${high}`)
    }
    // The heap stands still: whatever the samples say, that is no leak, nor is it known to be none.
    const still = half.map(() => half[0]!)
    const neither = judge(handmade(routes, places, { liveHeapBytes: still }))
    assert.deepEqual(neither.leaks, [])
    assert.deepEqual(
      neither.routes.map(({ verdict }) => verdict),
      ['insufficient-data', 'insufficient-data'],
    )
  })

  it('blames a site that grows under two routes on both, and under three alike on all requests', () => {
    assert.deepEqual(
      atOneSite([1, 1]).leaks.map(({ scope }) => scope),
      ['route', 'route'],
    )
    const three = atOneSite([1, 1, 1])
    const leak = only(three)
    assert.equal(leak.scope, 'shared')
    assert.equal(leak.mount, '')
    assert.ok(Math.abs(leak.rate / (S / 50) - 1) < 0.05)
    assert.deepEqual(
      three.routes.map(({ verdict }) => verdict),
      ['steady', 'steady', 'steady'],
    )
    // What each keeps is below what it is said to be steady above.
    for (const { floorBytesPerRequest } of three.routes) {
      assert.ok(floorBytesPerRequest! > S / 50, `${floorBytesPerRequest}`)
    }
  })

  it('calls no route steady whose requests may be what a leaking operation is part of', () => {
    const named = [route('/graphql', 100), route('query Search', 60), route('/rare', 40)]
    const made = handmade(named, [under(1, 4)])
    const methods = ['POST', 'operation', 'GET']
    const routes = made.routes.map((one, at) => ({ ...one, method: methods[at]! }))
    const { leaks, routes: judged } = judge({ ...made, routes })
    assert.deepEqual(
      leaks.map(({ route: index }) => index),
      [1],
    )
    assert.deepEqual(
      judged.map(({ verdict }) => verdict),
      ['insufficient-data', 'leaking', 'steady'],
    )
    // A trace saw in whose requests it begins; of too few executions that says nothing.
    const verdictsOf = (seen: number, share = 1): string[] => {
      const within = [{ index: 3, share }]
      const runs = { seen, routes: [{ index: 1, share: 1, within }], idle: 0, lost: 0 }
      const places = [{ ...made.places[0]!, traced: { runs, growth: null } }]
      const other = { ...routes[0]!, route: '/other' }
      return judge({ ...made, places, routes: [...routes, other] }).routes.map(
        ({ verdict }) => verdict,
      )
    }
    assert.deepEqual(verdictsOf(40), ['steady', 'leaking', 'steady', 'insufficient-data'])
    assert.equal(verdictsOf(9)[0], 'insufficient-data')
    assert.equal(verdictsOf(40, 0.5)[0], 'insufficient-data', 'half began elsewhere')
  })

  it('shares what grows in large objects alike', () => {
    const large = atOneSite([1, 1, 1], { isLarge: true })
    assert.equal(only(large).scope, 'shared')
  })

  it('does not share what one of three routes grows by far faster than the others', () => {
    assert.deepEqual(
      atOneSite([8, 1, 1]).leaks.map(({ scope }) => scope),
      ['route', 'route', 'route'],
    )
  })

  it('gives a middleware with one route below it to that route', () => {
    const place = bornPlace(steps(READINGS, 4), {
      sampleBytes: S,
      owner: { kind: 'layer', index: 0 },
    })
    const layers = [{ name: 'audit', mount: '/api', entered: cumulative(steps(READINGS, 100)) }]
    const leak = only(
      judge(handmade([route('/api/a', 100), route('/b', 100)], [place], { layers })),
    )
    assert.deepEqual([leak.scope, leak.route], ['route', 0])
  })

  it('takes what Node itself allocates for a route’s under its label, or where requests are kept, and else for nobody’s', () => {
    const births = steps(READINGS, 4)
    const sockets: PlaceSeries = {
      ...bornPlace(births, { sampleBytes: S, functions: ['onconnection'] }),
      origin: 'runtime',
    }
    const leakOf = (place: PlaceSeries, kept: number): string => {
      const leak = only(judge(handmade([route('/a', 100, kept)], [place])))
      return `${leak.key} ${leak.attribution}`
    }
    assert.equal(leakOf(sockets, 0), 'open heap estimated')
    assert.equal(leakOf(sockets, 100), 'route 0 heap estimated')
    assert.equal(
      leakOf({ ...sockets, owner: { kind: 'route', index: 0 } }, 0),
      'route 0 heap direct',
    )
    // It moves a lot by itself: where the heap stands still, nothing is said of it.
    const liveHeapBytes = steps(READINGS, 50 << 20)
    assert.deepEqual(judge(handmade([route('/a', 100)], [sockets], { liveHeapBytes })).leaks, [])
  })

  it('counts what native code made with no function above it as part of what leaks', () => {
    const rateBeside = (functions: string[]): number => {
      const strings = bornPlace(steps(READINGS, 1), { sampleBytes: S, functions })
      const places = [under(0, 4), { ...strings, origin: 'runtime' as const }]
      const { leaks } = judge(handmade([route('/a', 100)], places))
      return leaks.find(({ route: index }) => index === 0)!.rate
    }
    const oneEach = S / 100
    assert.ok(Math.abs(rateBeside([]) / (5 * oneEach) - 1) < 0.02)
    assert.ok(Math.abs(rateBeside(['onconnection']) / (4 * oneEach) - 1) < 0.02)
  })

  it('never blames what memprof allocates', () => {
    const own = under(0, 4, { origin: 'memprof' })
    assert.deepEqual(judge(handmade([route('/a', 100)], [own])).leaks, [])
  })

  it('spreads a table over all entries since the start, and does not take its doubling for a leak', () => {
    const table = {
      ...emptyPlace({ kind: 'route', index: 0 }, [], READINGS),
      isLarge: true,
    }
    const tableBytes = 16 * S
    for (let at = 12; at < READINGS; at++) {
      table.liveBytes[at] = tableBytes
      if (at > 12) table.survivedBytes[at] = tableBytes
    }
    table.bornBytes[12] = tableBytes
    table.bornBytesSquared[12] = tableBytes ** 2
    assert.deepEqual(judge(handmade([route('/a', 100)], [table])).leaks, [])
    const entries = under(0, 4)
    const leak = only(judge(handmade([route('/a', 100)], [entries, table])))
    const truth = (4 * S) / 100 + tableBytes / (100 * READINGS)
    assert.ok(Math.abs(leak.rate / truth - 1) < 0.03, `${leak.rate} for ${truth}`)
  })

  it('tells a leak of large objects from seven of them on', () => {
    const large = (count: number): PlaceSeries => {
      const births = steps(READINGS, 0).map((_, at) =>
        at >= 4 && at < 4 + 2 * count && at % 2 === 0 ? 1 : 0,
      )
      return {
        ...bornPlace(births, { sampleBytes: 16 * S, owner: { kind: 'route', index: 0 } }),
        isLarge: true,
      }
    }
    assert.equal(only(judge(handmade([route('/a', 100)], [large(7)]))).route, 0)
    assert.deepEqual(judge(handmade([route('/a', 100)], [large(6)])).leaks, [])
    // What the warm-up made at once, however large, hides none of them.
    const loaded: PlaceSeries = {
      ...bornPlace([1, ...steps(READINGS - 1, 0)], {
        sampleBytes: 3000 * S,
        owner: { kind: 'route', index: 0 },
      }),
      isLarge: true,
    }
    assert.equal(only(judge(handmade([route('/a', 100)], [large(7), loaded]))).route, 0)
  })

  it('names the keeper of buffers once, and not for their wrappers as well', () => {
    const wrappers = under(0, 4, { isBuffer: true })
    const growing = (each: number): Partial<Observation> => ({
      arrayBuffersBytes: cumulative(steps(READINGS, each)),
    })
    const heapRate = (4 * S) / 100
    const both = judge(handmade([route('/a', 100)], [wrappers], growing(900 * heapRate)))
    assert.deepEqual(
      both.leaks.map(({ kind }) => kind),
      ['buffers', 'heap'],
    )
    const buffers = only(judge(handmade([route('/a', 100)], [wrappers], growing(1100 * heapRate))))
    assert.equal(buffers.kind, 'buffers')
    assert.ok(Math.abs(buffers.rate / (11 * heapRate) - 1) < 0.02)
  })

  it('puts native memory under the process, and says how it knows: estimated', () => {
    const readings = 24
    const native = handmade([{ route: '/a', ended: cumulative(steps(readings, 100)) }], [], {
      rssBytes: cumulative(steps(readings, 6 << 20)),
    })
    const leak = only(judge(native))
    assert.deepEqual([leak.scope, leak.kind, leak.attribution], ['process', 'native', 'estimated'])
    assert.ok(Math.abs(leak.rate / (2 << 20) - 1) < 1e-6)
    assert.ok(leak.ci95[0] < leak.rate && leak.rate < leak.ci95[1])
  })

  it('keeps keys from one judgement to the next, and intervals around their rates', () => {
    const keys = [15, 20].map((readings) => {
      const observation = app(steps(readings, 100), steps(readings, 4))
      const leak = only(judge(observation))
      assert.ok(0 < leak.ci95[0] && leak.ci95[0] < leak.rate && leak.rate < leak.ci95[1])
      return leak.key
    })
    assert.equal(keys[0], keys[1])
  })
})
