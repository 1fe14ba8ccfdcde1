import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { runInThisContext } from 'node:vm'
import { Handlers } from '../../lib/heap/handlers'
import { InspectorSession } from '../../lib/inspector/session'
import type { FunctionPosition } from '../../lib/inspector/stack-frame'

const session = new InspectorSession()
after(() => session.close())

function locate(functions: readonly object[]): Array<FunctionPosition | null> {
  return session.locate(functions)
}

function positionOf(fn: object): FunctionPosition {
  const position = locate([fn])[0]
  assert.ok(position)
  return position
}

type Maker = (...args: unknown[]) => unknown

/** Source the formatter does not see: arrows without parentheses, several functions on one line. */
function compiled(source: string): unknown {
  return runInThisContext(source)
}

/**
 * Handlers as apps write them: each is called with a box and puts the functions inside it there, so
 * that their positions can be asked.
 */
const app = {
  arrow: (box: unknown[]): number => box.push(() => box),
  bareArrow: compiled('box => box.push(() => box)') as Maker,
  asyncBare: compiled('async box => { await null; box.push(() => box) }') as Maker,
  async awaiting(box: unknown[]): Promise<void> {
    await Promise.resolve()
    box.push(() => box)
    box.push(function named() {
      return box
    })
  },
  classic: function handler(box: unknown[]): void {
    box.push(
      async () => {
        await Promise.resolve(box)
      },
      {
        method() {
          return box
        },
      }.method,
    )
  },
  ['computed name'](box: unknown[]): void {
    box.push(() => box)
  },
}

describe('Handlers', () => {
  for (const [name, handler] of Object.entries(app)) {
    it(`finds ${name} itself, and the functions written inside it`, async () => {
      const handlers = new Handlers<string>(locate)
      handlers.note(handler, name)
      assert.deepEqual(handlers.ownersAt(positionOf(handler)), [], 'before it was asked for')
      handlers.locatePending()
      const box: object[] = []
      await (handler as Maker)(box)
      assert.ok(box.length > 0)
      for (const inner of [handler, ...box]) {
        assert.deepEqual(handlers.ownersAt(positionOf(inner)), [name])
      }
    })
  }

  it('finds methods of classes, and accessors of none', async () => {
    class Controller {
      show(box: unknown[]): void {
        box.push(() => this)
      }
      static async list(box: unknown[]): Promise<void> {
        await Promise.resolve()
        box.push(() => box)
      }
    }
    const handlers = new Handlers<string>(locate)
    handlers.note(Controller.prototype.show, 'show')
    handlers.note(Controller.list, 'list')
    handlers.locatePending()
    const [shown, listed]: [object[], object[]] = [[], []]
    new Controller().show(shown)
    await Controller.list(listed)
    assert.deepEqual(handlers.ownersAt(positionOf(shown[0]!)), ['show'])
    assert.deepEqual(handlers.ownersAt(positionOf(listed[0]!)), ['list'])
  })

  it('tells handlers on one line apart, and what stands between them from both', () => {
    const [a, between, b] = compiled(
      '[(box) => { box.push(() => 1) }, () => 0, (box) => { box.push(() => 2) }]',
    ) as [Maker, Maker, Maker]
    const handlers = new Handlers<string>(locate)
    handlers.note(a, 'a')
    handlers.note(b, 'b')
    handlers.locatePending()
    const boxes: [object[], object[]] = [[], []]
    a(boxes[0])
    b(boxes[1])
    assert.deepEqual(handlers.ownersAt(positionOf(boxes[0][0]!)), ['a'])
    assert.deepEqual(handlers.ownersAt(positionOf(boxes[1][0]!)), ['b'])
    assert.deepEqual(handlers.ownersAt(positionOf(between)), [])
  })

  it('ends a handler where its text ends: the function right after it is not inside', () => {
    for (const text of [
      'async x=>{}',
      'x=>{}',
      'async (x)=>{}',
      'function(x){}',
      'async function f(x){}',
    ]) {
      const [handler, neighbour] = compiled(`[${text},()=>0]`) as [Maker, Maker]
      const handlers = new Handlers<string>(locate)
      handlers.note(handler, text)
      handlers.locatePending()
      assert.deepEqual(handlers.ownersAt(positionOf(handler)), [text])
      assert.deepEqual(handlers.ownersAt(positionOf(neighbour)), [], text)
    }
  })

  it('takes the innermost of two handlers, one written inside the other', () => {
    let inner: (() => () => number) | undefined
    const outer = (): void => {
      inner = () => () => 1
    }
    outer()
    const handlers = new Handlers<string>(locate)
    handlers.note(outer, 'outer')
    handlers.note(inner!, 'inner')
    handlers.locatePending()
    assert.deepEqual(handlers.ownersAt(positionOf(inner!())), ['inner'])
    assert.deepEqual(handlers.ownersAt(positionOf(outer)), ['outer'])
  })

  it('has several owners where one piece of source serves several routes, each once', () => {
    const make = (): (() => number) => () => 1
    const handlers = new Handlers<string>(locate)
    const [first, second] = [make(), make()]
    handlers.note(first, 'a')
    handlers.note(second, 'b')
    handlers.note(second, 'b')
    handlers.locatePending()
    handlers.note(first, 'c')
    handlers.note(first, 'a')
    handlers.locatePending()
    assert.deepEqual(handlers.ownersAt(positionOf(make())), ['a', 'b', 'c'])
  })

  it('knows a bound function by the one it binds', () => {
    const handlers = new Handlers<string>(locate)
    const known = (): number => 1
    handlers.note(known.bind(null).bind(null), 'bound')
    handlers.locatePending()
    assert.deepEqual(handlers.ownersAt(positionOf(known)), ['bound'])
  })

  it('knows nothing of natives and things that are no functions', () => {
    const handlers = new Handlers<string>(locate)
    const known = (): number => 1
    for (const odd of [Array.prototype.map, { handle: known }, [], new Proxy({}, {})]) {
      handlers.note(odd, 'odd')
    }
    handlers.locatePending()
    assert.deepEqual(handlers.ownersAt(positionOf(known)), [])
  })

  it('asks once for what it was told often', () => {
    let asked = 0
    const handlers = new Handlers<string>((functions) => {
      asked += functions.length
      return functions.map(() => null)
    })
    const handler = (): number => 1
    for (let told = 0; told < 5; told++) {
      handlers.note(handler, 'a')
      handlers.locatePending()
    }
    assert.equal(asked, 1)
  })

  it('knows 8,192 handlers at most', () => {
    let line = 0
    const handlers = new Handlers<string>((functions) =>
      functions.map(() => ({ scriptId: '1', lineNumber: line++, columnNumber: 0 })),
    )
    for (let noted = 0; noted < 8200; noted++) {
      handlers.note(() => noted, 'a')
      if (noted % 1000 === 0) handlers.locatePending()
    }
    handlers.locatePending()
    const at = (lineNumber: number): readonly string[] =>
      handlers.ownersAt({ scriptId: '1', lineNumber, columnNumber: 0 })
    assert.deepEqual(at(8191), ['a'])
    assert.deepEqual(at(8192), [])
  })
})
