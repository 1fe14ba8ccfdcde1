import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Label } from '../../lib/heap/labels'
import { positionKey } from '../../lib/inspector/stack-frame'
import {
  FrameTable,
  MAX_FRAMES,
  type Place,
  placesOf,
  type PlaceOptions,
} from '../../lib/heap/sites'
import type { SampledNode } from '../../lib/inspector/sampled-profile'
import { frame, node } from '../support/profiles'

const NO_TRAMPOLINE = {} as Label['trampoline']
const LABELS: Label[] = ['GET /a', 'audit /'].map((name, id) => ({
  id,
  kind: id === 0 ? 'route' : 'layer',
  name,
  trampoline: NO_TRAMPOLINE,
}))

const OPTIONS: PlaceOptions = {
  labelOf: (url) => (url.startsWith('label') ? (LABELS[Number(url.slice(5))] ?? null) : null),
  ownerOf: (url) =>
    url.startsWith('/memprof/hooks/') ? 'hook' : url.startsWith('/memprof/') ? 'memprof' : 'others',
}

function placesIn(...children: SampledNode[]): Map<number, Place> {
  return placesOf(node(0, '(root)', 0, ...children), OPTIONS, new FrameTable())
}

/** `label | origin | frames, nearest first`. */
function show(place: Place | undefined): string {
  if (!place) return 'none'
  const names = place.frames.map(({ functionName }) => functionName).join(' < ')
  return `${place.label?.name ?? '-'} | ${place.origin}${place.isBuffer ? ' buffer' : ''}${place.isTimer ? ' timer' : ''} | ${names}`
}

describe('placesOf', () => {
  it('sums up by hand: a handler, its helper, and what ran without a label', () => {
    const places = placesIn(
      node(
        1,
        'onRequest@node:_http_server',
        0,
        node(
          2,
          'route@label0',
          0,
          node(3, 'handler@/app.js:10', 100, node(4, 'helper@/app.js:20', 50)),
        ),
      ),
      node(5, 'tick@/app.js:30', 25),
    )
    assert.equal(show(places.get(3)), 'GET /a | app | handler')
    assert.equal(show(places.get(4)), 'GET /a | app | helper < handler')
    assert.equal(show(places.get(5)), '- | app | tick')
    assert.deepEqual([...places.keys()], [3, 4, 5])
  })

  it('takes the innermost label: a middleware below its route', () => {
    const places = placesIn(
      node(
        1,
        'route@label0',
        0,
        node(2, 'dispatch@/router.js', 10, node(3, 'route@label1', 0, node(4, 'audit@/a.js', 20))),
      ),
    )
    assert.equal(show(places.get(2)), 'GET /a | app | dispatch')
    assert.equal(show(places.get(4)), 'audit / | app | audit < dispatch')
  })

  it("leaves Node's frames out where the app's are there, and keeps the nearest where they are not", () => {
    const places = placesIn(
      node(
        1,
        'listener@/app.js',
        0,
        node(
          2,
          'emit@node:events',
          0,
          node(3, 'store@/app.js:9', 0, node(4, 'on@node:events:5', 8)),
        ),
      ),
      node(5, 'onread@node:net', 0, node(6, 'push@node:stream', 9)),
      node(7, '(compile)', 7),
    )
    assert.equal(show(places.get(4)), '- | app | store < listener')
    assert.equal(show(places.get(6)), '- | runtime | push')
    assert.equal(show(places.get(7)), '- | runtime | ')
  })

  it("counts what memprof allocates as its own, and what the app does below a hook as the app's", () => {
    const places = placesIn(
      node(
        1,
        'emit@/memprof/hooks/http.js',
        5,
        node(2, 'start@/memprof/record/recorder.js', 6, node(3, 'push@node:array', 7)),
        node(4, 'route@label0', 8, node(5, 'handler@/app.js', 9)),
      ),
    )
    assert.deepEqual(
      [1, 2, 3, 4, 5].map((id) => places.get(id)?.origin),
      ['memprof', 'memprof', 'memprof', 'memprof', 'app'],
    )
    assert.equal(show(places.get(5)), 'GET /a | app | handler')
    assert.deepEqual(places.get(2)?.frames, [])
  })

  it('tells the wrapper of a buffer by the call of the nearest frame of the app', () => {
    const places = placesIn(
      node(
        1,
        'keep@/app.js',
        0,
        node(2, 'alloc@node:buffer', 0, node(3, 'FastBuffer@node:internal/buffer', 90)),
        node(4, 'from@node:url', 80),
      ),
      node(5, 'toString@node:buffer', 0, node(6, 'later@/app.js:5', 70)),
    )
    assert.equal(show(places.get(3)), '- | app buffer | keep')
    assert.equal(show(places.get(4)), '- | app | keep')
    assert.equal(show(places.get(6)), '- | app | later')
  })

  it("tells what a timer called from what runs after an await in a timer's turn", () => {
    const places = placesIn(
      node(
        1,
        'processTimers@node:internal/timers',
        0,
        node(
          2,
          'listOnTimeout@node:internal/timers',
          0,
          node(3, 'sample@/app.js', 0, node(4, 'push@/app.js:5', 10)),
          node(5, 'runNextTicks@node:internal/process', 0, node(6, 'resumed@/app.js:9', 20)),
        ),
      ),
    )
    assert.equal(show(places.get(4)), '- | app timer | push < sample')
    assert.equal(show(places.get(6)), '- | app | resumed')
  })

  it('is one place for one stack, whichever nodes hold it, and two under two labels', () => {
    const handler = (id: number): SampledNode => node(id, 'handler@/app.js', 10)
    const places = placesIn(
      node(
        1,
        'route@label0',
        0,
        node(2, 'x@node:a', 0, handler(3)),
        node(4, 'y@node:b', 0, handler(5)),
      ),
      node(6, 'route@label1', 0, handler(7)),
    )
    assert.equal(places.get(3), places.get(5))
    assert.notEqual(places.get(3)?.key, places.get(7)?.key)
  })

  it(`keeps the nearest ${MAX_FRAMES} frames of a deep stack`, () => {
    let deep = node(100, 'f0@/app.js:0', 1)
    for (let at = 1; at < 40; at++) deep = node(100 + at, `f${at}@/app.js:${at}`, 0, deep)
    const place = placesIn(deep).get(100)
    assert.equal(place?.frames.length, MAX_FRAMES)
    assert.equal(place?.frames[0]?.functionName, 'f0')
    assert.equal(place?.frames.at(-1)?.functionName, 'f15')
  })

  it('is not led astray by names: functions and files that look like labels, roots or separators', () => {
    const names = ['(root)', 'memprof:0:GET /a', '__proto__', 'constructor', 'a|b.c', '', '\u0000']
    const places = placesIn(
      ...names.map((name, at) => ({
        id: at + 1,
        callFrame: { ...frame('x@/app.js'), functionName: name, lineNumber: at },
        selfSize: 1,
        children: [],
      })),
    )
    assert.equal(new Set([...places.values()].map(({ key }) => key)).size, names.length)
    for (const [at, name] of names.entries()) {
      const place = places.get(at + 1)
      assert.equal(place?.frames[0]?.functionName, name)
      assert.equal(place?.label, null)
    }
  })
})

describe('FrameTable', () => {
  it('gives one object per function, so that readings do not add up', () => {
    const table = new FrameTable()
    const [first, again, other] = ['f@/a.js:1', 'f@/a.js:1', 'f@/a.js:2'].map((text) =>
      table.intern(frame(text)),
    )
    assert.equal(first?.frame, again?.frame)
    assert.notEqual(first?.id, other?.id)
    assert.equal(positionKey(first!.frame), '/a.js:1:0')
  })

  it('remembers 16,384 functions, and knows the others only while they are asked for', () => {
    const table = new FrameTable()
    for (let at = 0; at < 16_384; at++) table.intern(frame(`f@/a.js:${at}`))
    const more = frame('f@/a.js:99999')
    assert.equal(table.intern(more).frame, more)
    assert.notEqual(table.intern(frame('f@/a.js:99999')).frame, more)
    assert.equal(table.intern(more).id, '/a.js:99999:0')
  })
})
