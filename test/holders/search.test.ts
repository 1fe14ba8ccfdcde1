import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { InspectorSession } from '../../lib/inspector/session'
import { HolderSearch } from '../../lib/holders/search'
import type { FoundHolders, Seekable, Sought } from '../../lib/holders/sought'
import type { Leak } from '../../lib/verdict/leak'
import { madeLeak } from '../support/leaks'

/** An app of one route, a search in it, and a clock that moves with its steps. */
class Searched {
  readonly session = new InspectorSession()
  readonly search: HolderSearch
  readonly #app: { ended: number }
  #nowMs = 0
  /** What a look takes, ms. */
  lookMs = 0

  constructor(
    t: TestContext,
    handler: object,
    { maxPauseMs = 10_000, method = 'GET', other = handlerOfNothing() } = {},
  ) {
    this.#app = { ended: 0 }
    const { session } = this
    this.search = new HolderSearch({
      app: {
        routes: [
          { method, pattern: '/search', handlers: new Set([handler]) },
          // Asked half as often.
          { method, pattern: '/other', handlers: new Set([other]) },
        ],
        layers: [],
        ended: () => [this.#app.ended, this.#app.ended >> 1],
        aborted: () => [],
        failed: () => [],
        servers: () => [],
      },
      session: {
        scriptUrls: () => session.scriptUrls(),
        inspect: (work) => {
          this.#nowMs += this.lookMs
          return session.inspect(work)
        },
      },
      isOwn: (url) => url.includes('/dist/lib/'),
      maxPauseMs,
      now: () => this.#nowMs,
    })
    t.after(() => {
      this.search.close()
      session.close()
    })
  }

  seek(leak: Leak, more: Partial<Seekable> = {}): Sought {
    return this.search.seek({ leak, isTold: false, isPastCaches: false, receivers: [], ...more })
  }

  /** One look, `requests` after the one before; @returns ms until the next is due */
  step(requests = 100, readingMs = 1): number {
    this.#nowMs = Math.max(this.#nowMs, this.search.dueMs)
    this.#app.ended += requests
    this.search.step(readingMs)
    return this.search.dueMs - this.#nowMs
  }

  /** Steps until the search is over. */
  toTheEnd(sought: Sought, requests = 100): FoundHolders | null {
    while (!sought.isOver) this.step(requests)
    return sought.found
  }
}

/** A handler that refers to a cache, full at 500 entries of 100 bytes or so. */
function handlerOfFullCache(): () => number {
  const cache = { maxSize: 500, entries: new Map<number, string[]>() }
  for (let at = 0; at < 500; at++) cache.entries.set(at, [`entry ${at}`])
  return () => cache.entries.size
}

function handlerOfNothing(): () => void {
  return () => {}
}

describe('the search for what keeps a leak', () => {
  it('finds the container that grows in step with its requests', (t) => {
    const trail = new Map<number, object>()
    const handler = (): object => trail
    const searched = new Searched(t, handler)
    const sought = searched.seek(madeLeak({ rate: 10 }))
    for (let keys = 0; !sought.isOver; searched.step()) {
      for (let requests = 0; requests < 100; requests++) trail.set(keys++, {})
    }
    const [holder] = sought.found!.holders
    assert.deepEqual([holder?.path, holder?.growthPerRequest], ['trail', 1])
    assert.equal(sought.stage, 'done')
  })

  it('finds it in an object as whose method a trace saw the leak allocate, though no handler leads there', (t) => {
    class Service {
      readonly #trail = new Map<number, object>()
      add(key: number): void {
        this.#trail.set(key, {})
      }
    }
    const service = new Service()
    const searched = new Searched(t, handlerOfNothing())
    const sought = searched.seek(madeLeak(), { receivers: [new WeakRef(service)] })
    for (let keys = 0; !sought.isOver; searched.step()) {
      for (let requests = 0; requests < 100; requests++) service.add(keys++)
    }
    assert.equal(sought.found!.holders[0]?.path, 'Service.#trail')
  })

  it('counts other units of work too, where nobody is known to pay', (t) => {
    const trail = new Set<number>()
    const open = madeLeak({ scope: 'open', route: null, rate: 10 })
    for (const [method, path] of [
      ['message', 'trail'],
      // Part of a request, which is counted.
      ['operation', undefined],
    ] as const) {
      const searched = new Searched(t, () => trail, { method })
      const sought = searched.seek(open)
      for (let steps = 0; !sought.isOver && steps < 20; steps++) {
        for (let units = 0; units < 100; units++) trail.add(trail.size)
        searched.step()
      }
      assert.equal(sought.found?.holders[0]?.path, path, method)
    }
  })

  it('finds beside it what grows in step with other routes, where rhythm alone says who pays', (t) => {
    for (const attribution of ['estimated', 'direct'] as const) {
      const [trail, others] = [new Map<number, object>(), new Map<number, object>()]
      const searched = new Searched(t, () => trail, { other: () => others })
      const sought = searched.seek(madeLeak({ rate: 10, attribution }))
      for (let keys = 0; !sought.isOver; searched.step()) {
        for (let requests = 0; requests < 100; requests++, keys++) {
          trail.set(keys, {})
          if (keys % 2 === 0) others.set(keys, {})
        }
      }
      const { holders, beside } = sought.found!
      assert.equal(holders[0]?.path, 'trail')
      const found = beside.map((ref) => ref.deref())
      assert.equal(found.includes(others), attribution === 'estimated', attribution)
    }
  })

  it('looks every 2 s while the leak has 15 requests between, and at once for the first', (t) => {
    const searched = new Searched(t, handlerOfNothing())
    assert.equal(searched.search.dueMs, Number.POSITIVE_INFINITY)
    searched.seek(madeLeak())
    assert.equal(searched.search.dueMs, 0)
    assert.equal(searched.step(), 2000)
    const { work } = searched.search
    assert.equal(searched.step(14), 2000)
    assert.equal(searched.search.work, work)
    searched.step(1)
    assert.equal(searched.search.work, work + 1)
  })

  it('is put off where it found nothing near by, and the leak was not told', (t) => {
    const searched = new Searched(t, handlerOfNothing())
    const sought = searched.seek(madeLeak())
    assert.deepEqual(searched.toTheEnd(sought)?.holders, [])
    assert.equal(sought.stage, 'put off')
    assert.equal(searched.search.dueMs, Number.POSITIVE_INFINITY)
  })

  it('goes on to all modules, and to all containers, for one that was told', (t) => {
    const searched = new Searched(t, handlerOfNothing())
    const sought = searched.seek(madeLeak(), { isTold: true })
    const stages = new Set<string>()
    const waitsMs: number[] = []
    while (!sought.isOver) {
      stages.add(sought.stage)
      waitsMs.push(searched.step())
    }
    assert.deepEqual([...stages, sought.stage], ['near', 'wide', 'census', 'done'])
    // Of each kind of container all are asked for, with a pause of its own.
    assert.equal(waitsMs.filter((ms) => ms === 0).length, 3)
  })

  it('asks for no query that would take longer than MEMPROF_MAX_PAUSE, by the last reading', (t) => {
    const searched = new Searched(t, handlerOfNothing(), { maxPauseMs: 1200 })
    const sought = searched.seek(madeLeak(), { isTold: true })
    const stages = new Set<string>()
    while (!sought.isOver) {
      stages.add(sought.stage)
      searched.step(100, 101)
    }
    assert.deepEqual([...stages], ['near', 'wide'])
  })

  it('ends with a look that takes longer than that, and says so', (t) => {
    const searched = new Searched(t, handlerOfNothing(), { maxPauseMs: 100 })
    const sought = searched.seek(madeLeak())
    searched.lookMs = 101
    searched.step()
    assert.equal(sought.stage, 'done')
    assert.match(sought.found?.note ?? '', /a look took 101 ms, more than MEMPROF_MAX_PAUSE/)
  })

  it('ends with a look that fails, without a word', (t) => {
    const searched = new Searched(t, handlerOfNothing())
    const sought = searched.seek(madeLeak())
    searched.session.inspect = () => {
      throw new Error('on purpose')
    }
    assert.throws(() => searched.step(), /on purpose/)
    assert.deepEqual([sought.stage, sought.found], ['done', null])
    assert.equal(searched.search.dueMs, Number.POSITIVE_INFINITY)
  })

  it('is given up where too few requests come for a third look', (t) => {
    const searched = new Searched(t, handlerOfNothing())
    const sought = searched.seek(madeLeak())
    assert.equal(searched.toTheEnd(sought, 0), null)
    assert.equal(sought.stage, 'put off')
  })
})

describe('where nothing grows but a cache is full', () => {
  const leak = madeLeak({ rate: 10 })

  it('the search tells of the cache: not to a leak that has gone on for long enough', (t) => {
    const searched = new Searched(t, handlerOfFullCache())
    const full = [{ size: 500, growth: 1, capacity: 500 }]
    assert.deepEqual(searched.toTheEnd(searched.seek(leak))?.bounds, full)
    const again = searched.seek(leak, { isPastCaches: true })
    assert.deepEqual(searched.toTheEnd(again)?.bounds, [])
  })

  it('nor to a leak that grows without requests', (t) => {
    const searched = new Searched(t, handlerOfFullCache())
    const timed = searched.seek(madeLeak({ scope: 'process', route: null, rate: 10 }))
    assert.deepEqual(searched.toTheEnd(timed)?.bounds, [])
  })
})
