import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  after,
  afterDeclaring,
  before,
  isSameList,
  labelled,
  labelledPair,
  patched,
  prototypeOf,
  remembered,
  replaced,
  seen,
} from '../../lib/hooks/framework'
import { Guard } from '../../lib/hooks/guard'
import { handlerLayer, layerInfo, routeLayer } from '../../lib/hooks/layers'
import type { AnyFunction } from '../../lib/hooks/listener'
import { type FakeListener, fakeListener } from '../support/fake-listener'

function opened(active = true): { guard: Guard; listener: FakeListener } {
  const listener = fakeListener({ active })
  return { guard: new Guard(listener), listener }
}

/** A handler that says how it was called, and answers with its first argument. */
function recorder(calls: unknown[][]): (this: unknown, ...args: unknown[]) => unknown {
  return function show(this: unknown, ...args: unknown[]): unknown {
    calls.push([this, ...args])
    return args[0]
  }
}

describe('the rows of a framework', () => {
  it('name the file by its package and path, and the main file by the package alone', () => {
    assert.equal(seen('koa', 'lib/application').file, 'koa/lib/application')
    assert.equal(replaced('koa-compose', '', (original) => original).file, 'koa-compose')
    assert.equal(
      patched('@hapi/hapi', 'lib/request', prototypeOf, {}).file,
      '@hapi/hapi/lib/request',
    )
  })

  it('put back what they patched', () => {
    class Router {
      add(): string {
        return 'theirs'
      }
    }
    const { add } = Router.prototype
    const row = patched('x', 'router', prototypeOf, { add: () => () => 'ours' })
    const { exports, unpatch } = row.apply(Router)
    assert.equal(exports, Router)
    assert.equal(new Router().add(), 'ours')
    unpatch()
    assert.equal(Router.prototype.add, add)
  })

  it('replace a function by one of its name, length and properties', () => {
    const original = Object.assign(function compose(_list: unknown) {}, { version: 7 })
    const row = replaced('x', '', () => () => {})
    const exports = row.apply(original).exports as typeof original
    assert.notEqual(exports, original)
    assert.deepEqual([exports.name, exports.length, exports.version], ['compose', 1, 7])
  })

  it('begin and end what a file is only seen for', () => {
    const told: string[] = []
    const row = seen('x', 'server', () => {
      told.push('begun')
      return () => void told.push('ended')
    })
    const exports = {}
    const applied = row.apply(exports)
    assert.equal(applied.exports, exports)
    applied.unpatch()
    assert.deepEqual(told, ['begun', 'ended'])
  })
})

describe('before and after', () => {
  const order: string[] = []
  function original(this: unknown, ...args: unknown[]): string {
    order.push(`original ${args.join()}`)
    return 'result'
  }

  it('call the note on their side of the original, which runs once with its own this', () => {
    const { guard } = opened()
    order.length = 0
    const self = {}
    const noted = (at: unknown, args: unknown[], result?: unknown): void => {
      assert.equal(at, self)
      order.push(`note ${args.join()} ${String(result)}`)
    }
    assert.equal(before(guard, 'x', noted)(original, () => original).call(self, 1, 2), 'result')
    assert.equal(after(guard, 'x', noted)(original, () => original).call(self, 3), 'result')
    assert.deepEqual(order, ['note 1,2 undefined', 'original 1,2', 'original 3', 'note 3 result'])
  })

  it('let the note replace an argument beforehand', () => {
    const { guard } = opened()
    order.length = 0
    const wrap = before(guard, 'x', (_self, args) => {
      args[1] = 'ours'
    })
    wrap(original, () => original)('a', 'theirs')
    assert.deepEqual(order, ['original a,ours'])
  })

  it("keep the note's errors from the app, and the app's from the note", () => {
    const { guard, listener } = opened()
    const planted = new Error('planted')
    const fail = (): never => {
      throw planted
    }
    assert.equal(before(guard, 'noting', fail)(original, () => original)(), 'result')
    assert.equal(after(guard, 'noting', fail)(original, () => original)(), 'result')
    assert.deepEqual(listener.failures, [
      ['noting', planted],
      ['noting', planted],
    ])
    const wrapped = after(guard, 'x', () => assert.fail('noted'))(fail, () => fail)
    assert.throws(wrapped, (error) => error === planted)
    assert.equal(listener.failures.length, 2)
  })

  it('tell of the layers that a declaration added, and of no other', () => {
    const { guard } = opened()
    const told: unknown[] = []
    const wrap = afterDeclaring<string>(guard, (owner, layers, args) => {
      told.push([owner, layers, args])
    })
    const router = { stack: ['old'], use: (...names: string[]) => router.stack.push(...names) }
    router.use = wrap(router.use, () => router.use) as typeof router.use
    assert.equal(router.use('a', 'b'), 3)
    assert.deepEqual(told, [[router, ['a', 'b'], ['a', 'b']]])
  })
})

describe('a labelled handler', () => {
  it('has the name and length of the handler, and its this, arguments and result', () => {
    const { guard, listener } = opened()
    const calls: unknown[][] = []
    const handler = recorder(calls)
    const layer = handlerLayer(handler)
    const [self, req, res, next] = [{}, {}, {}, {}]
    const ours = labelled(guard, handler, layer)
    assert.deepEqual([ours.name, ours.length], ['show', 0])
    assert.equal(ours.call(self, req, res, next), req)
    assert.deepEqual(calls, [[self, req, res, next]])
    assert.deepEqual(listener.entered, [[res, layer]])
    assert.deepEqual(listener.called, [handler])
  })

  it('of an error handler takes four arguments, the response third', () => {
    const { guard, listener } = opened()
    const calls: unknown[][] = []
    const handler = recorder(calls)
    const layer = layerInfo('mount', handler, { handlesErrors: true })
    const res = {}
    labelled(guard, handler, layer).call(null, 'error', 'req', res, 'next')
    assert.deepEqual(calls, [[null, 'error', 'req', res, 'next']])
    assert.deepEqual(listener.entered, [[res, layer]])
  })

  it('of two arguments finds the response in them, and tells the route first', () => {
    const { guard, listener } = opened()
    const calls: unknown[][] = []
    const handler = recorder(calls)
    const [route, layer] = [routeLayer('/a'), handlerLayer(handler)]
    const responseOf = (context: { res?: object }): object | undefined => context.res
    const ours = labelledPair(guard, handler, layer, { responseOf, route })
    const context = { res: {} }
    ours.call(null, context, 'next')
    assert.deepEqual(listener.entered, [
      [context.res, route],
      [context.res, layer],
    ])
    // Not of a request: called, and nothing told.
    ours.call(null, {}, 'next')
    assert.equal(listener.entered.length, 2)
    assert.deepEqual(calls, [
      [null, context, 'next'],
      [null, {}, 'next'],
    ])
  })

  it('is called as it is once memprof is off', () => {
    const { guard, listener } = opened(false)
    const calls: unknown[][] = []
    const handler = recorder(calls)
    labelled(guard, handler, handlerLayer(handler)).call(null, 'req', {}, 'next')
    assert.deepEqual(calls, [[null, 'req', {}, 'next']])
    assert.deepEqual([listener.entered, listener.called], [[], []])
  })

  it("lets the handler's errors through", () => {
    const { guard, listener } = opened()
    const planted = new Error('planted')
    const handler: AnyFunction = () => {
      throw planted
    }
    const ours = labelled(guard, handler, handlerLayer(handler))
    assert.throws(
      () => void ours.call(null, {}, {}, () => {}),
      (error) => error === planted,
    )
    assert.deepEqual(listener.failures, [])
  })
})

describe('remembered', () => {
  it('makes one thing of each object', () => {
    let made = 0
    const of = remembered((_key: object) => ({ number: made++ }))
    const [a, b] = [{}, {}]
    assert.equal(of(a), of(a))
    assert.notEqual(of(a), of(b))
    assert.equal(made, 2)
  })
})

describe('isSameList', () => {
  it('tells a list that was added to, cut or changed', () => {
    const [a, b] = [{}, {}]
    assert.equal(isSameList([a, b], [a, b]), true)
    for (const list of [[a], [a, b, a], [b, a], [a, {}]])
      assert.equal(isSameList(list, [a, b]), false)
  })
})
