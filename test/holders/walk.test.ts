import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { Session } from 'node:inspector'
import { afterEach, describe, it } from 'node:test'
import type { Container } from '../../lib/holders/container'
import type { Root } from '../../lib/holders/roots'
import { walk, type Walked } from '../../lib/holders/walk'
import { InspectorSession } from '../../lib/inspector/session'
import { newMemory } from '../../lib/holders/walk-memory'

const GENEROUS = { ms: 5000, objects: 1_000_000, functions: 1000 }
const isOwn = (url: string): boolean => url.includes('/dist/lib/')

const session = new InspectorSession()
const urls = session.scriptUrls()

/** A walk from one value; from a function, its variables name what is found. */
function look(value: object, bounds: Partial<typeof GENEROUS> = {}, memory = newMemory()): Walked {
  for (const [id, url] of urls) memory.urls.set(id, url)
  const roots: Root[] = [{ value, name: typeof value === 'function' ? '' : 'root', stepsAhead: 0 }]
  return session.inspect((inspection) =>
    walk(roots, {
      inspection,
      memory,
      bounds: { ...GENEROUS, ...bounds },
      isOwn,
      everywhere: false,
      fromTimers: false,
    }),
  )!
}

/** `path kind size` of what is found, without what hangs on the test's own imports. */
function found(value: object): string[] {
  return look(value)
    .containers.filter(
      ({ path }) => !/^(process|globalThis|assert|node_|object_walk|session)/.test(path),
    )
    .map(({ path, kind, size }) => `${path} ${kind} ${size}`)
}

const NUMBERS = Array.from({ length: 100 }, (_, at) => at)
const PAIRS = NUMBERS.map((at): [number, number] => [at, at])

describe('walk, from a function to the containers its variables reach', () => {
  it('names maps, sets, arrays and dictionaries by their variable', () => {
    const trail = new Map(PAIRS)
    const seen = new Set(NUMBERS)
    const list = [...NUMBERS]
    const index = Object.fromEntries(PAIRS)
    const names = found(() => [trail, seen, list, index])
    for (const name of ['trail Map 100', 'seen Set 100', 'list Array 100', 'index Object 100']) {
      assert.ok(names.includes(name), `${name} in ${names.join()}`)
    }
  })

  it('goes through objects, small containers and names that are no identifiers', () => {
    const root = {
      a: { 'b c': [new Map([['x', { list: NUMBERS }]])], [Symbol('hidden')]: new Set(NUMBERS) },
    }
    assert.deepEqual(found(root), [
      'root.a[Symbol(hidden)] Set 100',
      'root.a[…][0].get(…).list Array 100',
    ])
  })

  it('counts linked lists: as their owner tells, or by their elements', () => {
    interface Element {
      next: Element | null
    }
    const chain = (elements: number): Element =>
      Array.from({ length: elements }).reduce<Element>((next) => ({ next }), { next: null })
    const queue = { tasks: { head: chain(99), tail: { next: null }, length: 100 } }
    class Waiting {
      #first = chain(300)
      #size = 301
      last(): unknown {
        return [this.#first, this.#size]
      }
    }
    const waiting = new Waiting()
    waiting.last()
    const newest = chain(49)
    const ring: Element = { next: null }
    ring.next = Array.from({ length: 70 }).reduce<Element>((next) => ({ next }), ring)
    const short = chain(20)
    assert.deepEqual(
      found(() => [queue, waiting, newest, ring, short]).filter((name) => name.includes('List')),
      [
        'newest LinkedList 50',
        'ring LinkedList 71',
        'waiting LinkedList 301',
        'queue.tasks LinkedList 100',
      ],
    )
  })

  it('counts of an array that serves as a ring what is in use', () => {
    const ring = (from: number, to: number, length = 1024): unknown[] =>
      Array.from({ length }, (_, at) => {
        const isUsed = from < to ? at >= from && at < to : at >= from || at < to
        return isUsed ? at : undefined
      })
    const rings = { begun: ring(0, 700), moved: ring(300, 900), wrapped: ring(900, 400) }
    const others = { whole: ring(0, 1024), odd: ring(0, 700, 1000) }
    assert.deepEqual(found({ rings, others }), [
      'root.rings.begun Array 700',
      'root.rings.moved Array 600',
      'root.rings.wrapped Array 524',
      'root.others.whole Array 1024',
      'root.others.odd Array 1000',
    ])
  })

  it('looks into the variables of a getter, and calls neither it nor the formatting of a stack', (t) => {
    let calls = 0
    function newApp(): object {
      const router = Object.assign(() => undefined, { stack: [...NUMBERS] })
      const get = (): unknown => {
        calls++
        return router
      }
      return Object.defineProperty({}, 'router', { get })
    }
    const app = newApp()
    const { prepareStackTrace } = Error
    t.after(() => (Error.prepareStackTrace = prepareStackTrace))
    Error.prepareStackTrace = () => calls++
    const captured = { stack: [] }
    Error.captureStackTrace(captured)
    const names = found(() => [app, captured])
    assert.ok(names.includes('router.stack Array 100'), names.join())
    assert.equal(calls, 0)
  })

  it('sees private fields, static ones too', () => {
    class Store {
      static #all = new Set(NUMBERS)
      #entries = new Map(PAIRS)
      both(): unknown[] {
        return [Store.#all, this.#entries]
      }
    }
    const store = new Store()
    store.both()
    const names = found(() => [store, Store])
    assert.ok(names.includes('store.#entries Map 100'), names.join())
    assert.ok(names.includes('Store.#all Set 100'), names.join())
  })

  it('names the listeners of an emitter', () => {
    const bus = new EventEmitter()
    bus.setMaxListeners(0)
    for (const at of NUMBERS) bus.on('news', () => at)
    assert.ok(found(() => bus).includes('bus._events.news Array 100'))
  })

  it('enters the closure of a function it meets, and the arguments bound to one', () => {
    const memoize = (): (() => unknown) => {
      const cache = new Map(PAIRS)
      return () => cache
    }
    const memoized = memoize()
    const bound = function (this: unknown, cache: object): unknown {
      return [this, cache]
    }.bind(null, { cache: Object.fromEntries(PAIRS) })
    const names = found(() => [memoized, bound])
    assert.ok(names.includes('cache Map 100'), names.join())
    assert.ok(names.includes('bound.[[BoundArgs]][0].cache Object 100'), names.join())
  })

  it('passes a variable that is not initialised yet', () => {
    const names: string[][] = []
    {
      const early = new Map(PAIRS)
      names.push(found(() => [early, late]))
      const late = new Set(NUMBERS)
      names.push(found(() => [early, late]))
    }
    for (const each of names) assert.ok(each.includes('early Map 100'), each.join())
    assert.ok(names[1]!.includes('late Set 100'), names[1]!.join())
  })

  it('counts properties of functions, and elements of subclasses with fields of their own', () => {
    class Cache extends Map<number, number> {
      readonly order = [...NUMBERS]
    }
    const cache = new Cache(PAIRS)
    const memo = Object.assign(() => {}, Object.fromEntries(PAIRS))
    const names = found(() => [cache, memo])
    for (const name of ['cache Map 100', 'cache.order Array 100', 'memo Object 100']) {
      assert.ok(names.includes(name), `${name} in ${names.join()}`)
    }
  })

  it('adds up the containers in a container', () => {
    const byUser = new Map(NUMBERS.map((at) => [at, [at, at, at]]))
    assert.ok(found({ byUser }).includes('root.byUser.get(…) Array 300'))
  })

  it('finds what the app put on the global object, and listeners of the process', (t) => {
    const global = globalThis as { leaked?: unknown }
    global.leaked = NUMBERS
    t.after(() => delete global.leaked)
    const paths = look({}).containers.map(({ path }) => path)
    assert.ok(paths.includes('globalThis.leaked'), paths.join())
  })

  it('counts timers by their duration, with the function that waits', (t) => {
    const timers = NUMBERS.map(() => setTimeout(function poll() {}, 12_345))
    const intervals = NUMBERS.map(() => setInterval(function tick() {}, 54_321))
    t.after(() => [...timers, ...intervals].forEach((timer) => clearTimeout(timer)))
    const lists = look({}).containers.filter(({ kind }) => kind === 'Timers')
    assert.deepEqual(
      lists.map(({ path, size, variable }) => `${path}, ${size}, ${variable.name}`).sort(),
      ['setInterval timers of 54321 ms, 100, tick', 'setTimeout timers of 12345 ms, 100, poll'],
    )
    assert.match(lists[0]!.variable.url, /walk\.test\.js$/)
  })

  it('tells the same object in the next look, and another object at the same path by its path key', () => {
    const memory = newMemory()
    const holder = { list: [...NUMBERS] }
    const see = (): unknown => holder
    const list = (walked: Walked): Container =>
      walked.containers.find(({ path }) => path === 'holder.list')!
    const first = list(look(see, {}, memory))
    holder.list.push(1)
    const second = list(look(see, {}, memory))
    holder.list = [...holder.list, 2]
    const third = list(look(see, {}, memory))
    assert.deepEqual([first.size, second.size, third.size], [100, 101, 102])
    assert.equal(first.id, second.id)
    assert.notEqual(second.id, third.id)
    assert.equal(second.pathKey, third.pathKey)
  })

  it('visits what goes round in circles once, and does not go deeper than eight steps', () => {
    const circle: Record<string, unknown> = { list: NUMBERS }
    circle['self'] = circle
    circle['all'] = [circle]
    assert.deepEqual(found(circle), ['root.list Array 100'])
    let deep: object = { list: NUMBERS }
    for (let at = 0; at < 7; at++) deep = { deep }
    assert.equal(found(deep).length, 1)
    assert.equal(found({ deep }).length, 0)
  })
})

describe('the bounds of a walk', () => {
  const wide = Array.from({ length: 30 }, () => Array.from({ length: 30 }, () => ({ a: {} })))

  it('stops at so many objects', () => {
    const walked = look({ wide }, { objects: 100 })
    assert.equal(walked.cut, 'objects')
    assert.equal(walked.objects, 100)
  })

  it('stops after so many milliseconds', () => {
    const walked = look({ wide }, { ms: 0 })
    assert.equal(walked.cut, 'time')
    assert.ok(walked.objects <= 32)
  })

  it('asks so many functions for their scopes, and goes on without', () => {
    const functions = NUMBERS.slice(0, 20).map((at) => () => at)
    const walked = look({ functions, later: { list: NUMBERS } }, { functions: 5 })
    assert.equal(walked.cut, 'functions')
    assert.equal(walked.functions, 5)
    assert.ok(walked.containers.some(({ path }) => path === 'root.later.list'))
  })

  it('cuts nothing where nothing is in the way', () => {
    assert.equal(look({ wide }).cut, '')
  })
})

describe('what a look leaves behind', () => {
  const { post } = Session.prototype
  afterEach(() => {
    Session.prototype.post = post
  })

  it('is nothing: no object of the inspector, no name on the global object, also after an error', () => {
    const objects = new Map<string, number>()
    let groups = 0
    // Counts what goes to and fro below.
    Session.prototype.post = function (this: Session, ...args: unknown[]): void {
      const [method, parameters, callback] = args as [
        string,
        { objectGroup?: string },
        (error: unknown, result: unknown) => void,
      ]
      if (method === 'Runtime.releaseObjectGroup') {
        assert.equal(parameters.objectGroup, 'memprof')
        groups++
        objects.clear()
      }
      Reflect.apply(post, this, [
        method,
        parameters,
        (error: unknown, result: unknown) => {
          for (const [id] of JSON.stringify(result ?? {}).matchAll(/"objectId":"[^"]+"/g)) {
            objects.set(id, 1)
          }
          callback(error, result)
        },
      ])
    }
    const names = Object.getOwnPropertyNames(globalThis).sort()
    const trail = new Map(PAIRS)
    look(() => trail)
    assert.equal(groups, 1)
    assert.equal(objects.size, 0)
    assert.throws(() =>
      session.inspect((inspection) => {
        inspection.open(() => trail)
        assert.ok(objects.size > 0)
        throw new Error('in the middle')
      }),
    )
    assert.equal(groups, 2)
    assert.equal(objects.size, 0)
    assert.deepEqual(Object.getOwnPropertyNames(globalThis).sort(), names)
  })
})
