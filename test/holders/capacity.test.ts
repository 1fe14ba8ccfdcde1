import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { LRUCache } from 'lru-cache'
import { type Capacity, capacityOf, UNBOUNDED } from '../../lib/holders/capacity'
import type { Field } from '../../lib/inspector/inspection'
import { walk } from '../../lib/holders/walk'
import { InspectorSession } from '../../lib/inspector/session'
import { newMemory } from '../../lib/holders/walk-memory'

function fields(of: object): Field[] {
  return Object.entries(of).map(([name, value]) => ({ name, value: value as unknown }))
}

function named(entries: number): Capacity {
  return { entries, hasTables: false }
}

function ofTables(entries: number): Capacity {
  return { entries, hasTables: true }
}

describe('capacityOf', () => {
  it('takes a number under a name that caches use', () => {
    for (const name of ['max', '_max', '#maxSize', 'maxKeys', 'limit', 'capacity']) {
      assert.deepEqual(capacityOf(fields({ [name]: 500, hits: 900 }), 100), named(500), name)
    }
    assert.equal(capacityOf(fields({ maxAge: 500, maxListeners: 500 }), 100), UNBOUNDED)
  })

  it('takes a number that is the length of two tables as well, whatever its name', () => {
    const tables = { o: 500, keys: new Array(500), next: new Uint16Array(500) }
    assert.deepEqual(capacityOf(fields(tables), 100), ofTables(500))
    const others = fields({ ...tables, next: new Uint16Array(501) })
    assert.equal(capacityOf(others, 100), UNBOUNDED)
  })

  it('takes no size for it: that is said once, beside tables that grow with it', () => {
    const grown = { size: 100, keys: new Array(100), values: new Array(100) }
    assert.equal(capacityOf(fields(grown), 100), UNBOUNDED)
    assert.deepEqual(capacityOf(fields({ ...grown, o: 100 }), 100), ofTables(100))
  })

  it('takes the least, and none that is exceeded already', () => {
    assert.deepEqual(capacityOf(fields({ limit: 900, max: 500 }), 100), named(500))
    assert.deepEqual(capacityOf(fields({ max: 100 }), 100), named(100))
    assert.equal(capacityOf(fields({ max: 99 }), 100), UNBOUNDED)
    assert.equal(capacityOf(fields({ max: Number.NaN, limit: '900' }), 100), UNBOUNDED)
  })
})

describe('the capacity of a container that a walk finds', () => {
  const session = new InspectorSession()
  const urls = session.scriptUrls()

  /** Of Maps and Sets, by path. */
  function capacities(value: object): Record<string, Capacity> {
    const memory = newMemory()
    for (const [id, url] of urls) memory.urls.set(id, url)
    const { containers } = session.inspect((inspection) =>
      walk([{ value, name: 'root', stepsAhead: 0 }], {
        inspection,
        memory,
        bounds: { ms: 5000, objects: 1_000_000, functions: 1000 },
        isOwn: (url) => url.includes('/dist/lib/'),
        everywhere: false,
        fromTimers: false,
      }),
    )!
    return Object.fromEntries(
      containers.flatMap(({ path, kind, capacity }) =>
        path.startsWith('root') && (kind === 'Map' || kind === 'Set') ? [[path, capacity]] : [],
      ),
    )
  }

  function ofMap(cache: LRUCache<string, object>): Capacity[] {
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
    assert.deepEqual(found, {
      'root.store.data': named(700),
      'root.hidden.#data': named(800),
    })
  })

  it('is not asked of a module whose names are not all bound yet', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'memprof-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'pending.mjs')
    writeFileSync(
      file,
      `import * as self from './pending.mjs'
       export const cache = new Map(Array.from({ length: 100 }, (_, at) => [at, at]))
       await globalThis.pending(self)
       export const max = 900`,
    )
    let goOn = (): void => {}
    const imported: { done?: Promise<unknown> } = {}
    const namespace = await new Promise<object>((resolve) => {
      Object.assign(globalThis, {
        pending: (self: object) => {
          resolve(self)
          return new Promise<void>((done) => (goOn = done))
        },
      })
      imported.done = import(pathToFileURL(file).href)
    })
    t.after(() => Reflect.deleteProperty(globalThis, 'pending'))
    assert.deepEqual(capacities({ namespace }), { 'root.namespace.cache': UNBOUNDED })
    goOn()
    await imported.done
  })

  it('is not asked of an object of many keys, nor of a buffer', () => {
    const data = new Map(Array.from({ length: 100 }, (_, at) => [at, at]))
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`key${at}`, at]))
    const options = { options: new Uint8Array(1e6), data }
    const owners = { options, listed: { options: many, data: new Map(data) } }
    assert.deepEqual(capacities(owners), {
      'root.options.data': UNBOUNDED,
      'root.listed.data': UNBOUNDED,
    })
  })

  it('is known of lru-cache, and not where that has none', () => {
    assert.deepEqual(ofMap(new LRUCache({ max: 3600 })), [ofTables(3600)])
    assert.deepEqual(ofMap(new LRUCache({ max: 100 })), [ofTables(100)])
    assert.deepEqual(ofMap(new LRUCache({ ttl: 1000, ttlAutopurge: true })), [UNBOUNDED])
  })
})
