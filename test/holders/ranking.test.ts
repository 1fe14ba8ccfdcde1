import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  containerAtCapacity,
  type Kept,
  likeliest,
  type Look,
  mayBeFilling,
  rankHolders,
  rankHoldersOfAny,
  type Suspect,
} from '../../lib/holders/ranking'
import { UNBOUNDED } from '../../lib/holders/capacity'
import { SCORES } from '../../lib/holders/scores'
import type { Container } from '../../lib/holders/container'

const SCRIPT = '42'

function container(path: string, size: number, more: Partial<Container> = {}): Container {
  const [name = path] = path.split('.')
  return {
    id: 0,
    pathKey: path,
    path,
    kind: 'Map',
    size,
    variable: {
      name,
      scope: 'Closure',
      seenFrom: { scriptId: SCRIPT, lineNumber: 1, columnNumber: 1 },
      url: '/app.js',
    },
    steps: path.split('.').length - 1,
    within: 0,
    entryBytes: Number.POSITIVE_INFINITY,
    capacity: UNBOUNDED,
    ...more,
  }
}

/** Three looks, with so many requests of two routes between each and the next. */
function looks(
  sizes: Record<string, readonly [number, number, number]>,
  requests: readonly [number, number] = [100, 70],
): Look[] {
  return [0, 1, 2].map((at) => ({
    timeMs: at * 3000,
    ended: requests.map((of) => of * at),
    containers: Object.entries(sizes).map(([path, size]) => container(path, size[at]!)),
  }))
}

const suspect: Suspect = { routes: [0], scripts: new Set(), bytesPerExposure: 1000, texts: [] }

function paths(of: Suspect, seen: readonly Look[]): string[] {
  return rankHolders(of, seen).map(({ container: { path } }) => path)
}

/** A cache that has such sizes and capacities at one look after the other. */
function cacheLooks(
  ...each: ReadonlyArray<readonly [size: number, entries: number, hasTables?: boolean]>
): Look[] {
  return each.map(([size, entries, hasTables = false], at) => ({
    timeMs: at * 3000,
    ended: [100 * at],
    containers: [
      container('cache', size, { id: 1, capacity: { entries, hasTables } }),
      container('trail', 10 + 100 * at, { id: 2 }),
    ],
  }))
}

const KEPT: Kept = { requests: 9000, bytes: 9_000_000 }

describe('the capacity of a holder', () => {
  it('is told where it is the same at every look', () => {
    const capacityOf = (...each: Array<[number, number]>): number =>
      rankHolders(suspect, cacheLooks(...each)).find(({ container: { path } }) => path === 'cache')!
        .capacity
    assert.equal(capacityOf([10, 900], [110, 900], [210, 900]), 900)
    assert.equal(capacityOf([10, 11], [110, 111], [210, 211]), Infinity)
  })

  it('makes an index of tables as likely as what holds the things themselves', () => {
    const names = (hasTables: boolean): string[] => {
      const seen = cacheLooks([10, 900, hasTables], [110, 900, hasTables], [210, 900, hasTables])
      const light = seen.map((look) => ({
        ...look,
        containers: look.containers.map((one) =>
          one.path === 'cache' ? { ...one, entryBytes: 30 } : one,
        ),
      }))
      return likeliest(rankHolders(suspect, light)).map(({ container: { path } }) => path)
    }
    assert.deepEqual(names(false), ['trail'])
    assert.deepEqual(names(true), ['cache', 'trail'])
  })

  it('may be what a leak grows to, while such a container does, and before that is known', () => {
    const mayBe = (seen: Look[]): boolean => mayBeFilling(seen, KEPT)
    assert.equal(mayBe([]), true)
    assert.equal(mayBe(cacheLooks([10, 900])), true)
    assert.equal(mayBe(cacheLooks([10, 900], [110, 900])), true)
    assert.equal(mayBe(cacheLooks([10, Infinity])), false)
    assert.equal(mayBe(cacheLooks([10, 900], [10, 900])), false)
    assert.equal(mayBe(cacheLooks([10, Infinity], [110, Infinity])), false)
    assert.equal(mayBe(cacheLooks([10, 11], [110, 111])), false)
    assert.equal(mayBe(cacheLooks([110, 110], [210, 210])), false)
  })

  it('may be what a leak has grown to: reached before the first look, or between two', () => {
    const found = (seen: Look[], kept = KEPT): string | undefined =>
      containerAtCapacity(seen, kept)?.path
    for (const seen of [
      cacheLooks([900, 900]),
      cacheLooks([900, 900], [900, 900], [900, 900]),
      cacheLooks([700, 900], [900, 900], [900, 900]),
    ]) {
      assert.equal(found(seen), 'cache')
      assert.equal(mayBeFilling(seen, KEPT), true)
      // Less than an entry with one request in ten.
      assert.equal(found(seen, { ...KEPT, requests: 9001 }), undefined)
      assert.equal(mayBeFilling(seen, { ...KEPT, requests: 9001 }), false)
    }
    assert.equal(found(cacheLooks([700, 900], [800, 900])), undefined)
    assert.equal(found(cacheLooks([800, 800], [900, 900])), undefined)
    assert.equal(found([]), undefined)
  })

  it('is not what a leak has grown to where the entries are too light, or it is an array', () => {
    const found = (more: Partial<Container>, hasTables = false): boolean =>
      containerAtCapacity(
        cacheLooks([900, 900, hasTables]).map((look) => ({
          ...look,
          containers: look.containers.map((one) => ({ ...one, ...more })),
        })),
        KEPT,
      ) !== undefined
    // A quarter of 9 MB in 900 entries.
    assert.deepEqual([found({ entryBytes: 2500 }), found({ entryBytes: 2499 })], [true, false])
    assert.equal(found({ entryBytes: 30 }, true), true)
    assert.deepEqual([found({ kind: 'Array' }), found({ kind: 'Array' }, true)], [false, false])
  })
})

describe('rankHolders', () => {
  it('names what grows in step with the requests, and by how much', () => {
    const ranked = rankHolders(suspect, looks({ trail: [10, 111, 209] }))
    assert.equal(ranked.length, 1)
    assert.equal(ranked[0]!.container.path, 'trail')
    assert.equal(ranked[0]!.growth, 1.99 / 2)
  })

  it('ranks by the scores it is given: a holder is told from the least of them on', () => {
    const trail = looks({ trail: [10, 111, 209] })
    assert.equal(rankHolders(suspect, trail, { ...SCORES, minScore: 1 }).length, 1)
    assert.equal(rankHolders(suspect, trail, { ...SCORES, minScore: 1.01 }).length, 0)
  })

  it('passes over what stands still, shrinks, or grew once', () => {
    const seen = looks({
      still: [100, 100, 100],
      expires: [500, 450, 700],
      filled: [100, 300, 300],
      late: [100, 100, 300],
    })
    assert.deepEqual(paths(suspect, seen), [])
  })

  it('passes over what keeps step with another route', () => {
    assert.deepEqual(paths(suspect, looks({ others: [10, 80, 150] })), [])
  })

  it('prefers one entry per request to several, and a short path to a long one', () => {
    const seen = looks({
      'store.deep.index': [10, 110, 210],
      index: [10, 110, 210],
      three: [10, 310, 610],
    })
    assert.deepEqual(paths(suspect, seen), ['index', 'store.deep.index', 'three'])
  })

  it('says nothing of what grows now and then, unless the leaking code names it', () => {
    const seen = looks({ visitors: [10, 35, 62] })
    assert.deepEqual(paths(suspect, seen), [])
    const texts = ['function visit(req) { visitors.set(req.ip, req) }']
    const named = { ...suspect, texts, scripts: new Set([SCRIPT]) }
    assert.deepEqual(paths(named, seen), ['visitors'])
    assert.deepEqual(paths({ ...named, texts: ['myvisitors.visitors = $visitors'] }, seen), [])
  })

  it('adds up the requests of all who share a leak', () => {
    const shared = { ...suspect, routes: [0, 1] }
    assert.deepEqual(paths(shared, looks({ recent: [10, 180, 351] })), ['recent'])
  })

  it('takes steady growth where no requests count, but not that of a route', () => {
    const process = { ...suspect, routes: null, scripts: new Set([SCRIPT]) }
    const seen = looks({ history: [20, 50, 80], trail: [10, 110, 210] })
    assert.deepEqual(paths(process, seen), ['history'])
    assert.equal(rankHolders(process, seen)[0]!.growth, 10)
  })

  it('prefers what holds the bytes to a list of names beside it', () => {
    const seen = looks({ names: [10, 110, 210], 'store.data.en': [10, 110, 210] }).map((look) => ({
      ...look,
      containers: look.containers.map((one) =>
        one.path === 'names' ? { ...one, entryBytes: 40 } : one,
      ),
    }))
    assert.deepEqual(paths(suspect, seen), ['store.data.en', 'names'])
    assert.deepEqual(paths({ ...suspect, bytesPerExposure: 100 }, seen), ['names', 'store.data.en'])
  })

  it('takes lists in a container that stands still, not in one that grows', () => {
    const nested = (sizes: [number, number, number]): Look[] =>
      looks({ users: sizes, lists: [10, 110, 210] }).map((look) => ({
        ...look,
        containers: look.containers.map((one) =>
          one.path === 'users' ? { ...one, id: 5 } : { ...one, within: 5 },
        ),
      }))
    assert.deepEqual(paths(suspect, nested([50, 50, 50])), ['lists'])
    assert.deepEqual(paths(suspect, nested([50, 150, 250])), ['users'])
  })

  it('knows a container by its id before its path', () => {
    const seen = looks({ trail: [10, 110, 210] }).map((look, at) => ({
      ...look,
      containers: look.containers.map((one) => ({ ...one, id: 7, pathKey: `path ${at}` })),
    }))
    assert.deepEqual(paths(suspect, seen), ['trail'])
  })

  it('tells at most three, and nothing from a single look', () => {
    const many = looks(
      Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, [10, 110, 210]])),
    )
    assert.equal(paths(suspect, many).length, 3)
    assert.deepEqual(paths(suspect, many.slice(0, 1)), [])
  })
})

describe('a holder of requests that ended in one way', () => {
  /** A tenth of the first route's requests was given up, and kept by `open`. */
  const seen = looks(
    { open: [20, 40, 60], lasting: [50, 50, 50], slow: [10, 21, 32] },
    [200, 70],
  ).map((look, at) => ({ ...look, aborted: [20 * at, 0], failed: [0, 3 * at] }))

  it('is found for the route that pays, and where nobody is known to pay', () => {
    const [holder] = rankHolders(suspect, seen)
    assert.deepEqual([holder?.container.path, holder?.growth], ['open', 0.1])
    const [any] = rankHoldersOfAny({ ...suspect, routes: [0, 1] }, seen)
    assert.deepEqual([any?.container.path, any?.growth], ['open', 40 / 540])
  })

  it('counts for less than one in step with all of them', () => {
    const both = seen.map((look, at) => ({
      ...look,
      containers: [...look.containers, container('all', 10 + 200 * at)],
    }))
    assert.deepEqual(paths(suspect, both).slice(0, 2), ['all', 'open'])
  })
})
