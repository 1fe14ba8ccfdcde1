import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runInThisContext } from 'node:vm'
import { LabelTable } from '../../lib/heap/labels'
import { InspectorSession } from '../../lib/inspector/session'
import type { SampledNode } from '../../lib/inspector/sampled-profile'
import type { Trampoline } from '../../lib/hooks/listener'

type Caller = (
  trampoline: Trampoline,
  fn: (...args: unknown[]) => unknown,
  self: unknown,
) => unknown

const CALLS: Array<[name: string, args: unknown[], call: Caller]> = [
  ['call1', [1], (trampoline, fn, self) => trampoline.call1(fn, self, 1)],
  ['call3', [1, 'b', null], (trampoline, fn, self) => trampoline.call3(fn, self, 1, 'b', null)],
  ['call4', [1, 2, 3, 4], (trampoline, fn, self) => trampoline.call4(fn, self, 1, 2, 3, 4)],
]

describe('a trampoline', () => {
  const { trampoline } = new LabelTable().make('route', 'GET /a')!

  for (const [name, args, call] of CALLS) {
    it(`${name} hands on this and the arguments, no more and no fewer, and returns the result`, () => {
      const self = {}
      const result = {}
      let calls = 0
      function seen(this: unknown, ...given: unknown[]): unknown {
        calls++
        assert.equal(this, self)
        assert.deepEqual(given, args)
        return result
      }
      assert.equal(call(trampoline, seen, self), result)
      assert.equal(calls, 1)
    })

    it(`${name} lets exceptions through as they are`, () => {
      const planted = new Error('planted')
      assert.throws(
        () =>
          call(
            trampoline,
            () => {
              throw planted
            },
            null,
          ),
        (error) => error === planted,
      )
    })
  }

  it('stands in the stack of what is allocated below it, also once V8 has optimised', () => {
    const table = new LabelTable()
    const labels = ['GET /a', 'GET /b'].map((name) => table.make('route', name)!)
    const kept: unknown[] = []
    function keep(value: unknown): void {
      kept.push({ value, more: new Array(8).fill(value) })
    }
    const session = new InspectorSession()
    session.start(4096)
    for (const { trampoline: labelled } of labels) {
      // A loop of its own for each, as hot code that knows but one callee: V8 inlines those.
      const serve = runInThisContext(
        '(trampoline, keep) => { for (let calls = 0; calls < 50_000; calls++) trampoline.call1(keep, null, calls) }',
      ) as (trampoline: Trampoline, keep: (value: unknown) => void) => void
      serve(labelled, keep)
    }
    const { profile } = session.read()!
    session.close()

    let labelled = 0
    const all = { bytes: 0 }
    const byLabel = new Map<number, number>()
    const visit = (node: SampledNode, label: number | null): void => {
      const here = table.ofScript(node.callFrame.url)?.id ?? label
      if (here !== null) byLabel.set(here, (byLabel.get(here) ?? 0) + node.selfSize)
      if (node.callFrame.functionName === 'keep') {
        all.bytes += node.selfSize
        if (here !== null) labelled += node.selfSize
      }
      for (const child of node.children) visit(child, here)
    }
    visit(profile.head, null)
    assert.equal(kept.length, 100_000)
    assert.ok(all.bytes > 1 << 20, `${all.bytes}`)
    assert.ok(labelled > 0.99 * all.bytes, `${labelled} of ${all.bytes}`)
    const [a = 0, b = 0] = labels.map(({ id }) => byLabel.get(id))
    assert.ok(a / b > 0.7 && a / b < 1.4, `${a} and ${b} bytes`)
  })
})

describe('LabelTable', () => {
  it('finds a label by its script, whatever the route is called', () => {
    const table = new LabelTable()
    const names = ['GET /a', 'GET /x:1:2', 'memprof:7:', '', "'\n\\${`"]
    const labels = names.map((name) => table.make('route', name)!)
    labels.forEach((label, id) => {
      assert.equal(label.id, id)
      assert.equal(label.name, names[id])
      assert.equal(table.ofScript(`memprof:${id}:${names[id]}`), label)
    })
  })

  it('knows no other script', () => {
    const table = new LabelTable()
    table.make('layer', 'audit /')
    for (const url of [
      '',
      'file:///app.js',
      '/app/memprof:0:',
      'memprof:',
      'memprof:1:x',
      'memprof:-1:',
    ]) {
      assert.equal(table.ofScript(url), null, url)
    }
  })

  it('makes 2,048 labels, and then none', () => {
    const table = new LabelTable()
    for (let made = 0; made < 2048; made++) assert.ok(table.make('route', `GET /${made}`))
    assert.equal(table.make('route', 'GET /one-more'), null)
    assert.equal(table.ofScript('memprof:2048:GET /one-more'), null)
  })
})
