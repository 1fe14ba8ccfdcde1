import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LRUCache } from 'lru-cache'
import { capacityOf } from '../../lib/heap/capacity'
import { newMemory, walk } from '../../lib/heap/object-walk'
import { HeapSession } from '../../lib/heap/session'

function fields(of: object): Array<{ name: string; value: unknown }> {
  return Object.entries(of).map(([name, value]) => ({ name, value: value as unknown }))
}

describe('capacityOf', () => {
  it('takes a number under a name that caches use', () => {
    for (const name of ['max', '_max', '#maxSize', 'maxKeys', 'limit', 'capacity']) {
      assert.equal(capacityOf(fields({ [name]: 500, hits: 900 }), 100), 500, name)
    }
    assert.equal(capacityOf(fields({ maxAge: 500, maxListeners: 500 }), 100), Infinity)
  })

  it('takes a number that is the length of two tables as well, whatever its name', () => {
    const tables = { o: 500, keys: new Array(500), next: new Uint16Array(500) }
    assert.equal(capacityOf(fields(tables), 100), 500)
    assert.equal(capacityOf(fields({ ...tables, next: new Uint16Array(501) }), 100), Infinity)
  })

  it('takes the least, and none that is reached already', () => {
    assert.equal(capacityOf(fields({ limit: 900, max: 500 }), 100), 500)
    assert.equal(capacityOf(fields({ max: 100 }), 100), Infinity)
    assert.equal(capacityOf(fields({ max: Number.NaN, limit: '900' }), 100), Infinity)
  })
})

describe('the capacity of a collection that a walk finds', () => {
  const session = new HeapSession()
  const urls = session.scriptUrls()

  /** Of Maps and Sets, by path. */
  function capacities(value: object): Record<string, number> {
    const memory = newMemory()
    for (const [id, url] of urls) memory.urls.set(id, url)
    const { collections } = session.look((inspection) =>
      walk([{ value, name: 'root', far: 0 }], {
        inspection,
        memory,
        bounds: { ms: 5000, objects: 1_000_000, functions: 1000 },
        isOwn: (url) => url.includes('/dist/lib/'),
        everywhere: false,
      }),
    )!
    return Object.fromEntries(
      collections.flatMap(({ path, kind, capacity }) =>
        path.startsWith('root') && (kind === 'Map' || kind === 'Set') ? [[path, capacity]] : [],
      ),
    )
  }

  function ofMap(cache: LRUCache<string, object>): number[] {
    for (let at = 0; at < 100; at++) cache.set(`key ${at}`, {})
    return Object.values(capacities({ cache }))
  }

  it('is that of the object it belongs to, in its options, or private', () => {
    class Store {
      readonly data = new Map(Array.from({ length: 100 }, (_, at) => [at, at]))
      readonly options = { maxKeys: 700 }
    }
    class Hidden {
      readonly #data = new Set(Array.from({ length: 100 }, (_, at) => at))
      readonly #maxSize = 800
      get full(): boolean {
        return this.#data.size === this.#maxSize
      }
    }
    const found = capacities({ store: new Store(), hidden: new Hidden() })
    assert.deepEqual(found, { 'root.store.data': 700, 'root.hidden.#data': 800 })
  })

  it('is known of lru-cache, and not where that has none', () => {
    assert.deepEqual(ofMap(new LRUCache({ max: 3600 })), [3600])
    assert.deepEqual(ofMap(new LRUCache({ ttl: 1000, ttlAutopurge: true })), [Infinity])
  })
})
