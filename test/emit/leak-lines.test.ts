import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type LeakContext, leakLine, leakMsg } from '../../lib/emit/leak-lines'
import type { Leak, PlaceGrowth } from '../../lib/verdict/leak'
import type { Shares } from '../../lib/verdict/observation'
import { madeLeak } from '../support/leaks'
import { bornPlace } from '../support/observations'

const CONTEXT: LeakContext = {
  who: { method: 'GET', route: '/users/:id' },
  nameOf: () => ({ method: 'GET', route: '/traced' }),
  locate: ({ functionName, url }) => ({ function: functionName, file: url, line: 7, column: 3 }),
}

/** A place by its stack, nearest first: so many bytes of a leak. */
function grown(bytes: number, ...functions: string[]): PlaceGrowth {
  return { place: bornPlace([], { sampleBytes: 1, functions }), bytes }
}

function leak(more: Partial<Leak> = {}): Leak {
  return madeLeak({
    rate: 1328.4,
    ci95: [1265.6, 1391.2],
    floor: 87.5,
    exposure: 9120,
    retainedBytes: 12_115_008.2,
    directShare: 0.876,
    places: [grown(900, 'remember', 'search')],
    ...more,
  })
}

describe('leakLine', () => {
  it('says of the first holder what a trace saw of its entries: where they are added, and who adds and removes', () => {
    const holder = { path: 'sessions', kind: 'Map', size: 3, growthPerRequest: 1 } as const
    const [addedAt] = grown(1, 'open').place.frames
    const by = (seen: number): Shares => ({
      seen,
      routes: [{ index: 2, share: 1 }],
      idle: 0,
      lost: 0,
    })
    const { holders } = leakLine(leak(), {
      ...CONTEXT,
      holders: [holder, holder],
      changes: { added: by(2091), removed: by(3), addedAt: addedAt!, allocated: [] },
    })
    const units = [{ method: 'GET', route: '/traced', share: 1 }]
    assert.deepEqual(holders, [
      {
        ...holder,
        addedAt: { function: 'open', file: '/app/app.js', line: 7, column: 3 },
        added: 2091,
        removed: 3,
        addedPerUnit: 1.001,
        removedPerUnit: 0.001,
        bytesPerEntry: 1328,
        addedBy: units,
        removedBy: units,
      },
      holder,
    ])
  })

  describe('the line of a site', () => {
    const within = grown(1, 'remember').place.frames[0]!
    /** Of what a trace saw at the lines of the function: the first has 1,000 bytes of each entry at most. */
    const siteWith = (...bytes: number[]): object => lineOf(900, ...bytes)
    const lineOf = (kept: number, ...bytes: number[]): object => {
      const allocated = bytes.map((of, at) => ({
        within,
        at: { ...within, lineNumber: within.lineNumber + at, columnNumber: 4 },
        bytes: of,
      }))
      const none = { seen: 0, routes: [], idle: 0, lost: 0 }
      const holder = { path: 'trail', kind: 'Map', size: 3, growthPerRequest: 1 } as const
      const others = kept === 900 ? [] : [grown(900, 'other')]
      const places = [grown(kept, 'remember'), ...others]
      const line = leakLine(leak({ rate: 1000, places }), {
        ...CONTEXT,
        locate: ({ functionName, url, lineNumber, columnNumber }) => ({
          function: functionName,
          file: url,
          line: lineNumber,
          column: columnNumber,
        }),
        holders: [holder],
        changes: { added: none, removed: none, addedAt: null, allocated },
      })
      const { line: at, lineExact } = line.sites.find((site) => site.function === 'remember')!
      return { at: at - within.lineNumber, lineExact }
    }

    it('is the one whose bytes no other lines can have allocated', () => {
      assert.deepEqual(siteWith(0, 60, 1010, 90), { at: 2, lineExact: true })
      assert.deepEqual(siteWith(100, 8000), { at: 1, lineExact: true })
      assert.deepEqual(siteWith(300, 700), { at: 1, lineExact: true })
    })

    it('stays the first one of the function where others may have, or the trace has not seen it', () => {
      const first = { at: 0, lineExact: undefined }
      assert.deepEqual(siteWith(), first)
      assert.deepEqual(siteWith(60, 400), first)
      assert.deepEqual(siteWith(0, 600, 600), first)
      assert.deepEqual(siteWith(0, 900, 8000), first)
      // Of a site that is no part of the leak to speak of.
      assert.deepEqual(lineOf(90, 0, 90), first)
    })
  })

  it('holds the figures in whole bytes, and shares in hundredths', () => {
    const line = leakLine(leak(), { ...CONTEXT, keptRequestsShare: 0.25, secondsToLimit: 8040.4 })
    assert.deepEqual(line, {
      event: 'leak',
      scope: 'route',
      kind: 'heap',
      method: 'GET',
      route: '/users/:id',
      bytesPerRequest: 1328,
      floorBytesPerRequest: 88,
      ci95: [1266, 1391],
      requests: 9120,
      retainedBytes: 12_115_008,
      keptRequestsShare: 0.25,
      attribution: 'direct',
      directShare: 0.88,
      sites: [
        {
          function: 'remember',
          file: '/app/app.js',
          line: 7,
          column: 3,
          bytes: 900,
          share: 1,
          stack: ['search (/app/app.js:7)'],
        },
      ],
      holders: [],
      secondsToLimit: 8040,
    })
  })

  it('leaves out what is not known', () => {
    const line = leakLine(leak(), CONTEXT)
    assert.ok(!('keptRequestsShare' in line) && !('secondsToLimit' in line))
    assert.ok(!('bytesPerSecond' in line))
  })

  it('names a mount for what all requests below it share, and no route for what all share', () => {
    const below = leakLine(leak({ scope: 'shared', route: null, mount: '/api' }), CONTEXT)
    assert.equal(below.route, '/api')
    const all = leakLine(leak({ scope: 'shared', route: null }), CONTEXT)
    assert.ok(!('route' in all))
    assert.ok(!('method' in below) && !('method' in all))
  })

  it('counts by the second what has nothing to do with requests', () => {
    const line = leakLine(leak({ scope: 'process', route: null }), CONTEXT)
    assert.equal(line.bytesPerSecond, 1328)
    assert.equal(line.requests, 0)
    assert.ok(!('bytesPerRequest' in line) && !('route' in line))
  })

  it('counts by the requests of the outcome that pays, its holder too', () => {
    const holder = { path: 'open', kind: 'Set', size: 90, growthPerRequest: 0.1 } as const
    const line = leakLine(
      leak({
        rate: 300,
        ci95: [290, 310],
        floor: 24,
        exposure: 9000,
        outcome: { kind: 'aborted', share: 0.1, othersShare: 0.2 },
      }),
      { ...CONTEXT, holders: [holder] },
    )
    const { outcome, outcomeShare, requests, bytesPerRequest, ci95, floorBytesPerRequest } = line
    assert.deepEqual([outcome, outcomeShare, requests], ['aborted', 0.1, 900])
    // What the others may pay for is taken off at the low end.
    assert.deepEqual([bytesPerRequest, ci95, floorBytesPerRequest], [3000, [2320, 3100], 240])
    assert.equal(line.holders[0]!.growthPerRequest, 1)
    assert.match(
      leakMsg(line),
      /^GET \/users\/:id keeps 3\.0 kB per aborted request \(95 %: .*\), which 10 % of its requests are, /,
    )
  })

  it('adds places up by the function that allocated, with the stack of the largest', () => {
    const places = [
      grown(500, 'keep', 'a'),
      grown(400, 'push', 'b'),
      grown(300, 'keep', 'c'),
      grown(200, 'other'),
    ]
    const { sites } = leakLine(leak({ places }), CONTEXT)
    assert.deepEqual(
      sites.map((site) => [site.function, site.bytes, site.share, site.stack]),
      [
        ['keep', 800, 0.571, ['a (/app/app.js:7)']],
        ['push', 400, 0.286, ['b (/app/app.js:7)']],
        ['other', 200, 0.143, []],
      ],
    )
  })

  it('tells five sites and six callers at most', () => {
    const places = Array.from({ length: 9 }, (_, at) =>
      grown(100 - at, `site ${at}`, ...Array.from({ length: 9 }, (__, up) => `caller ${up}`)),
    )
    const { sites } = leakLine(leak({ places }), CONTEXT)
    assert.deepEqual(
      sites.map((site) => site.function),
      ['site 0', 'site 1', 'site 2', 'site 3', 'site 4'],
    )
    assert.equal(sites[0]?.stack.length, 6)
  })

  it('tells no site whose share would read 0: one in a thousand is the least', () => {
    const { sites } = leakLine(
      leak({ places: [grown(99_900, 'keep'), grown(100, 'least')] }),
      CONTEXT,
    )
    assert.deepEqual(
      sites.map((site) => [site.function, site.share]),
      [
        ['keep', 0.999],
        ['least', 0.001],
      ],
    )
    const less = leakLine(leak({ places: [grown(99_901, 'keep'), grown(99, 'less')] }), CONTEXT)
    assert.deepEqual(
      less.sites.map((site) => site.function),
      ['keep'],
    )
  })

  it('tells no site where no frame is known, and counts its bytes in the shares of the others', () => {
    const { sites } = leakLine(leak({ places: [grown(300), grown(100, 'keep')] }), CONTEXT)
    assert.deepEqual(
      sites.map((site) => [site.function, site.share]),
      [['keep', 0.25]],
    )
    assert.deepEqual(leakLine(leak({ places: [] }), CONTEXT).sites, [])
  })

  it('cuts names to 256 characters: of functions the beginning, of files the end', () => {
    const long = 'x'.repeat(5000)
    const { sites } = leakLine(leak({ places: [grown(1, 'keep', 'caller')] }), {
      ...CONTEXT,
      nameOf: () => ({ method: 'GET', route: '/traced' }),
      locate: () => ({ function: `begin${long}`, file: `${long}/end.js`, line: 1, column: 1 }),
    })
    assert.equal(sites[0]?.function.length, 256)
    assert.ok(sites[0]?.function.startsWith('begin'))
    assert.equal(sites[0]?.file.length, 256)
    assert.ok(sites[0]?.file.endsWith('/end.js'))
    assert.ok(sites[0]!.stack[0]!.length < 600)
  })
})

describe('leakMsg', () => {
  function msg(of: Partial<Leak>, context: Partial<LeakContext> = {}): string {
    return leakMsg(leakLine(leak(of), { ...CONTEXT, ...context }))
  }

  it('says route, figure, interval, site and how long the memory lasts', () => {
    assert.equal(
      msg({}, { secondsToLimit: 8040 }),
      'GET /users/:id keeps 1.3 kB per request (95 %: 1.3 kB to 1.4 kB), allocated in remember (/app/app.js:7); 2 h 14 min to the memory limit',
    )
  })

  it('says so of buffers, and of what has no site', () => {
    assert.equal(
      msg({ kind: 'buffers', places: [] }),
      'GET /users/:id keeps 1.3 kB of buffers per request (95 %: 1.3 kB to 1.4 kB)',
    )
  })

  it('says every route, or every route below a mount', () => {
    const shared: Partial<Leak> = { scope: 'shared', route: null, places: [] }
    assert.match(msg(shared), /^every route keeps 1\.3 kB per request \(/)
    assert.match(msg({ ...shared, mount: '/api' }), /^every route below \/api keeps 1\.3 kB per /)
  })

  it('says per second of the process', () => {
    assert.equal(
      msg({ scope: 'process', route: null, places: [] }),
      'the process keeps 1.3 kB per second (95 %: 1.3 kB to 1.4 kB) without regard to requests',
    )
  })
})
