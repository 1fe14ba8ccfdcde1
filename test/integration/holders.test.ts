import assert from 'node:assert/strict'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, it } from 'node:test'
import type { LeakScope } from '../../lib/schema/lines'
import { type App, type LineOf, ofEvent, startApp } from '../support/app'
import { REGISTER, ROOT } from '../support/files'
import { request } from '../support/http'

const HOLDERS = join(ROOT, 'dist/lib/holders')
const SESSION = join(ROOT, 'dist/lib/inspector/session.js')
const REGISTER_URL = pathToFileURL(REGISTER).href

/** Looks at the traps' handler three times in the app itself, with 50 entries more each time. */
const SEARCH = `(() => {
  const { InspectorSession } = require(${JSON.stringify(SESSION)})
  const { Census } = require(${JSON.stringify(join(HOLDERS, 'census.js'))})
  const { walk } = require(${JSON.stringify(join(HOLDERS, 'walk.js'))})
  const { newMemory } = require(${JSON.stringify(join(HOLDERS, 'walk-memory.js'))})
  const session = new InspectorSession()
  const memory = newMemory()
  for (const [id, url] of session.scriptUrls()) memory.urls.set(id, url)
  const bounds = { ms: 10_000, objects: 1_000_000, functions: 1000 }
  const isOwn = () => false
  const roots = [{ value: traps.leak, name: '', stepsAhead: 0 }]
  const looks = []
  for (let at = 0; at < 3; at++) {
    for (let entry = 0; entry < 50; entry++) traps.leak()
    const look = (inspection) =>
      traps.watch(() => walk(roots, { inspection, memory, bounds, isOwn, everywhere: at === 2 }))
    const { cut, objects, containers } = session.inspect(look)
    looks.push({ cut, objects, sizes: containers.map(({ path, size }) => [path, size]) })
  }
  const census = new Census()
  while (census.isOpen) {
    const found = session.inspect((inspection) => traps.watch(() => census.ask(inspection)))
    census.follow(found)
  }
  const followed = census.containers(newMemory()).map(({ kind, size }) => [kind, size])
  session.close()
  return { looks, followed, hits: { ...traps.hits } }
})()`

interface Looks {
  looks: Array<{ cut: string; objects: number; sizes: Array<[string, number]> }>
  followed: Array<[string, number]>
  hits: Record<string, number>
}

function checkLooks({ looks, followed, hits }: Looks): void {
  assert.deepEqual(hits, {})
  for (const of of ['Map 150', 'Map 1000000', 'Array 4000000001']) {
    assert.ok(
      followed.some(([kind, size]) => `${kind} ${size}` === of),
      of,
    )
  }
  const sizes = looks.map((look) => new Map(look.sizes))
  assert.deepEqual(
    sizes.map((of) => of.get('trail')),
    [50, 100, 150],
  )
  for (const of of sizes) {
    assert.equal(of.get('million'), 1_000_000)
    assert.equal(of.get('dictionary'), 100_000)
    assert.equal(of.get('sparse'), 4_000_000_001)
  }
  assert.ok(looks.every(({ cut }) => cut === ''))
}

describe('the search for holders runs no code of the app', () => {
  it('where what does run is counted', async (t) => {
    const app = await startApp(t, 'traps.cjs')
    const touch = 'traps.watch(() => String(traps.leak()[0].name)), traps.hits'
    assert.deepEqual(await app.ask(touch), { 'getters.name': 1 })
  })

  for (const nodeArgs of [[], ['--stack-size=400']]) {
    it(`counts no access to anything: ${nodeArgs.join() || 'as it is'}`, async (t) => {
      const app = await startApp(t, 'traps.cjs', { nodeArgs })
      checkLooks(await app.ask<Looks>(SEARCH))
    })
  }

  it('nor anything that the app has put in the place of intrinsics', async (t) => {
    const app = await startApp(t, 'traps.cjs')
    await app.ask('traps.patchIntrinsics()')
    checkLooks(await app.ask<Looks>(SEARCH))
  })

  it('tells nothing, and does no harm, where the global object is frozen', async (t) => {
    const app = await startApp(t, 'traps.cjs')
    await app.ask('void Object.freeze(globalThis)')
    const code = `(() => {
      const { InspectorSession } = require(${JSON.stringify(SESSION)})
      return new InspectorSession().inspect(() => 1)
    })()`
    assert.equal(await app.ask(code), null)
  })
})

/** Requests in rounds, until a leak line with holders, of that scope, is there or the time is over. */
async function untilHeld(
  app: App,
  path: (at: number) => string,
  others: Iterable<string> = [],
  of: LeakScope | 'any' = 'any',
): Promise<LineOf<'leak'>> {
  const endMs = Date.now() + 120_000
  for (let at = 0; Date.now() < endMs; ) {
    for (let burst = 0; burst < 25; burst++) {
      // In no fixed proportion: what allocates after an await is told apart by that.
      const besides = Math.floor(Date.now() / 700) % 3 === 0 ? [...others, ...others] : []
      const paths = [path(at++), ...besides]
      await Promise.all(paths.map((one) => request(app.port, one)))
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
    const held = ofEvent(app.lines, 'leak').findLast(
      ({ scope, holders }) => holders.length > 0 && (scope === of || of === 'any'),
    )
    if (held) return held
  }
  throw new Error(`no holders:\n${app.stdout.slice(-4000)}${app.stderr}`)
}

/** Readings close together, whatever they cost: a test has no minute to wait. */
const FAST = {
  MEMPROF_LEAK_INTERVAL: '500ms',
  MEMPROF_PAUSE_BUDGET: '0.5',
  MEMPROF_MAX_PAUSE: '30s',
  MEMPROF_INTERVAL: '500ms',
}

describe('the leak line', () => {
  it('says what keeps it, and no trap was touched', async (t) => {
    const app = await startApp(t, 'traps.cjs', { env: FAST })
    await app.ask('traps.watchAlways()')
    const held = await untilHeld(app, () => '/leak', ['/ok'])
    const [holder] = held.holders
    assert.ok(holder)
    assert.equal(holder.path, 'trail')
    assert.equal(holder.kind, 'Map')
    assert.equal(holder.function, '(module)')
    assert.equal(holder.file, 'test/fixtures/apps/traps.cjs')
    assert.ok(Math.abs(holder.growthPerRequest - 1) < 0.1, `${holder.growthPerRequest}`)
    assert.match(held.msg, /kept by trail \(test\/fixtures\/apps\/traps\.cjs:\d+\)/)
    const own = Object.keys(await app.ask<object>('traps.hits'))
    assert.deepEqual(own, [])
    const lines = await app.stop()
    assert.deepEqual(ofEvent(lines, 'warning'), [])
  })

  for (const [what, file, path, other] of [
    [
      'an ES module variable behind a memoizer',
      'holders.mjs',
      '/memoized',
      'rank.[[Scopes]].cache',
    ],
    ['a private field', 'holders.mjs', '/private', 'store.#sessions'],
    ['listeners', 'holders.mjs', '/listener', 'bus._events.news'],
    ['a dictionary', 'holders.mjs', '/dictionary', 'index'],
    ['what only a function of the stack sees', 'holders.mjs', '/hidden', 'jobs'],
    [
      'what no variable leads to, by what it holds',
      'holders.mjs',
      '/generator',
      'Array of {id, scores}',
    ],
    ["express-session's store", 'holders.mjs', '/session', 'store.sessions'],
  ] as const) {
    it(`names ${what}`, async (t) => {
      const app = await startApp(t, file, { env: FAST, preload: ['--import', REGISTER_URL] })
      const held = await untilHeld(app, (at) => `${path}/${at}`, ['/ok'])
      assert.equal(held.route, `${path}/:id`)
      assert.equal(held.holders[0]!.path, other)
    })
  }

  it('is not written of a cache on its way to its capacity, beside a leak that is told', async (t) => {
    const path = (at: number): string => `/private/${at}`
    const preload = ['--import', REGISTER_URL]
    const app = await startApp(t, 'holders.mjs', { env: FAST, preload })
    let cached = 0
    const others = { [Symbol.iterator]: () => [`/cached/${cached++}`][Symbol.iterator]() }
    // Under half a second of readings, and the load of other tests, all of the process may seem to grow.
    const held = await untilHeld(app, path, others, 'route')
    assert.equal(held.route, '/private/:id', held.msg)
    // Three looks, two seconds apart, have time to end: a line comes every half a second.
    const enough = ofEvent(app.lines, 'process').length + 24
    while (ofEvent(app.lines, 'process').length < enough) {
      await Promise.all([request(app.port, path(cached)), request(app.port, `/cached/${cached++}`)])
    }
    const lines = await app.stop()
    const ofRoutes = ofEvent(lines, 'leak').filter(({ scope }) => scope === 'route')
    const told = new Set(ofRoutes.map(({ route }) => route))
    assert.deepEqual([...told], ['/private/:id'], JSON.stringify(ofEvent(lines, 'leak')))
    const { verdicts } = ofEvent(lines, 'stop')[0]!
    const ofCached = verdicts.find(({ route }) => route === '/cached/:id')
    assert.equal(ofCached?.verdict, 'insufficient-data')
  })

  it('is written of it where nobody looks for holders', async (t) => {
    const env = { ...FAST, MEMPROF_HOLDERS: 'off' }
    const app = await startApp(t, 'holders.mjs', { env, preload: ['--import', REGISTER_URL] })
    const endMs = Date.now() + 120_000
    for (let at = 0; Date.now() < endMs; at++) {
      await request(app.port, `/cached/${at}`)
      if (ofEvent(app.lines, 'leak').some(({ route }) => route === '/cached/:id')) return
    }
    assert.fail(`not told:\n${app.stdout.slice(-4000)}${app.stderr}`)
  })

  it('stays as it is with MEMPROF_HOLDERS=off', async (t) => {
    const app = await startApp(t, 'traps.cjs', { env: { ...FAST, MEMPROF_HOLDERS: 'off' } })
    await app.ask(`void (traps.queries = 0, (() => {
      const { post } = require('node:inspector').Session.prototype
      require('node:inspector').Session.prototype.post = function (method, ...rest) {
        if (method.startsWith('Debugger') || method.startsWith('Runtime.call')) traps.queries++
        return post.call(this, method, ...rest)
      }
    })())`)
    const endMs = Date.now() + 60_000
    while (ofEvent(app.lines, 'leak').length === 0 && Date.now() < endMs) {
      await Promise.all([1, 2, 3].map(() => request(app.port, '/leak')))
    }
    assert.equal(await app.ask('traps.queries'), 0)
    const leaks = ofEvent(await app.stop(), 'leak')
    assert.ok(leaks.length > 0)
    assert.ok(leaks.every(({ holders }) => holders.length === 0))
  })
})
