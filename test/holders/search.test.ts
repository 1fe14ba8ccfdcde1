import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readConfig } from '../../lib/config/read'
import { InspectorSession } from '../../lib/inspector/session'
import { type FoundHolders, HolderSearch } from '../../lib/holders/search'
import type { Recorder } from '../../lib/record/recorder'
import type { Leak } from '../../lib/verdict/leak'
import { madeLeak } from '../support/leaks'

/** What a search finds near a handler that refers to a cache, full at 500 entries of 100 bytes or so. */
class Searched {
  readonly #session = new InspectorSession()
  readonly #search: HolderSearch
  #ended = 0
  #found: (bounds: FoundHolders) => void = () => {}

  constructor() {
    const cache = { maxSize: 500, entries: new Map<number, string[]>() }
    for (let at = 0; at < 500; at++) cache.entries.set(at, [`entry ${at}`])
    const handler = (): number => cache.entries.size
    const route = { pattern: '/search', handlers: new Set([handler]) }
    // So many more whenever it is asked: enough between two looks.
    const stats = Object.defineProperty({ route: { id: 0 } }, 'endedTotal', {
      get: () => (this.#ended += 100),
    })
    this.#search = new HolderSearch({
      config: readConfig({}).config,
      session: this.#session,
      isOwn: (url) => url.includes('/dist/lib/'),
      timed: (work) => work(),
      paused: () => {},
      restMs: () => 0,
      servers: () => [],
      readingMs: () => 1,
      found: (_leak, found) => this.#found(found),
      looked: () => {},
    })
    this.#search.begin({
      routes: { routes: [route], layers: [] },
      stats: [stats],
    } as unknown as Recorder)
  }

  /** Seeks as a judgement does, until the looks are over. */
  async boundsOf(leak: Leak): Promise<FoundHolders['bounds']> {
    // The timers of a search keep no process alive.
    const alive = setInterval(() => {}, 1000)
    const found = await new Promise<FoundHolders>((resolve) => {
      this.#found = resolve
      this.#search.seek([leak], false)
      assert.equal(this.#search.mayBeFilling(leak.key), true)
    })
    clearInterval(alive)
    assert.deepEqual(found.holders, [])
    return found.bounds
  }

  forget(leak: Leak): void {
    this.#search.forget(leak.key)
  }

  close(): void {
    this.#search.close()
    this.#session.close()
  }
}

describe('the search for what keeps a leak, where nothing grows but a cache is full', () => {
  it('tells of the cache, once: what goes on afterwards is not explained by it', async (t) => {
    const searched = new Searched()
    t.after(() => searched.close())
    const leak = madeLeak({ rate: 10 })
    assert.deepEqual(await searched.boundsOf(leak), [{ size: 500, growth: 1, capacity: 500 }])
    searched.forget(leak)
    assert.deepEqual(await searched.boundsOf(leak), [])
  })

  it('tells of none to a leak that grows without requests', async (t) => {
    const searched = new Searched()
    t.after(() => searched.close())
    assert.deepEqual(
      await searched.boundsOf(madeLeak({ scope: 'process', route: null, rate: 10 })),
      [],
    )
  })
})
