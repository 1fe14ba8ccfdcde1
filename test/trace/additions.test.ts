import assert from 'node:assert/strict'
import { AsyncResource } from 'node:async_hooks'
import { describe, it } from 'node:test'
import { getHeapStatistics } from 'node:v8'
import { runInThisContext } from 'node:vm'
import { RequestMarks } from '../../lib/record/request-marks'
import { HIT_MS } from '../../lib/inspector/logpoints'
import { Additions } from '../../lib/trace/additions'
import { type Changes, Slices } from '../../lib/trace/slices'
import type { Stage } from '../support/app'
import { openLogpoints, positionsOf } from '../support/logpoints'

type Adds = (kept: object, key: unknown) => unknown

/** Each in a line of its own, so that a place is told by its line and column. */
const SOURCE = `({
make(key) { return { key } },
callsOf(make) { return (kept, key) => { const entry = make(key); kept.set(key, entry); return kept.has(key) } },
nested(make) { return (kept, key) => kept.set(key, make(make(key))) },
assigns(make) { return (kept, key) => { kept[kept.length] = make(key); return make(key) } },
throws(make) { return (kept, key) => { try { make(null.no) } catch { kept.set(key, 1) } } },
around(make) { return (kept, key) => { kept[kept.length] = make(key) } },
calls(make) { return (kept, key) => { make(key) } },
allocates(make) { return (kept, key) => {
  const half = new Array(250).fill(key)
  const whole = new Array(500).fill(key)
  kept.set(key, whole)
  make(Array.from({ length: 900 }))
  return half.length
} },
later(make) { return async (kept, key) => { await make(key); kept.add(key); await null; make(key) } },
})`

const URL_OF_SOURCE = '/app/additions.js'

class Trial {
  readonly additions: Additions
  readonly changes: Changes

  constructor(t: Stage, kept: object, functions: readonly object[]) {
    const marks = new RequestMarks()
    const slices = new Slices(marks, () => 0)
    marks.begin()
    slices.begin()
    const frames = positionsOf(functions).map((position, at) => ({
      ...position,
      functionName: `f${at}`,
      url: URL_OF_SOURCE,
    }))
    this.changes = slices.watch(kept)!
    this.additions = new Additions(frames, {
      logpoints: openLogpoints(t),
      slices,
      grown: [this.changes],
      now: () => 0,
      usedBytes: () => getHeapStatistics().used_heap_size,
    })
    t.after(() => {
      this.additions.stop()
      slices.end()
      marks.end()
    })
  }

  /** The line of the source, and the text from the column on. */
  get place(): string {
    const frame = this.additions.placeOf(this.changes)
    if (!frame) return 'nowhere'
    const { functionName, lineNumber, columnNumber } = frame
    return `${functionName}: ${SOURCE.split('\n')[lineNumber]!.slice(columnNumber).slice(0, 12)}`
  }
}

/** What adds to a container, and the function that it calls. */
function made(which: string): { add: Adds; make: object } {
  const all = runInThisContext(SOURCE, URL_OF_SOURCE) as Record<string, (make: object) => Adds>
  const { make } = all as unknown as { make: object }
  return { make, add: all[which]!(make) }
}

describe('the place at which a container grows', () => {
  for (const [which, kept, place] of [
    ['callsOf', new Map(), 'f0: set(key, ent'],
    // In one statement, the call that was reached last.
    ['nested', new Map(), 'f0: make(make(ke'],
    ['assigns', [], 'f0: make(key); r'],
    ['throws', new Map(), 'f0: set(key, 1) '],
    ['later', new Set(), 'f0: add(key); aw'],
  ] as const) {
    it(`is told of what ${which}, whatever the function it calls does`, async (t) => {
      const { add, make } = made(which)
      const trial = new Trial(t, kept, [add, make])
      for (let key = 0; key < 40; key++) {
        // A slice of its own each, as of requests.
        await new AsyncResource('REQUEST').runInAsyncScope(() => add(kept, key))
      }
      assert.equal(trial.place, place)
      assert.equal(trial.additions.isOver, true)
    })
  }

  it('is not told of what is added in other functions, or once it is over', (t) => {
    const { add, make } = made('callsOf')
    const kept = new Map<number, unknown>()
    const trial = new Trial(t, kept, [make])
    new AsyncResource('REQUEST').runInAsyncScope(() => kept.set(0, 0))
    assert.equal(trial.place, 'nowhere')
    const known = new Trial(t, kept, [add])
    known.additions.stop()
    new AsyncResource('REQUEST').runInAsyncScope(() => add(kept, 1))
    assert.equal(known.place, 'nowhere')
  })

  it('is kept apart from what a slice within the slice adds, and stays known after it', (t) => {
    const { around, calls } = runInThisContext(SOURCE, URL_OF_SOURCE) as Record<
      string,
      (make: object) => Adds
    >
    const kept: unknown[] = []
    const within = (add: () => unknown): unknown => new AsyncResource('WITHIN').runInAsyncScope(add)
    const ofOther = calls!(() => within(() => kept.push('by another slice')))
    const own = around!(() => within(() => 0))
    for (const [add, place] of [
      [ofOther, 'nowhere'],
      [own, 'f0: make(key) } '],
    ] as const) {
      const trial = new Trial(t, kept, [add])
      new AsyncResource('REQUEST').runInAsyncScope(() => add(kept, 1))
      trial.additions.stop()
      assert.equal(trial.place, place)
    }
  })

  it('is where the app allocates for each entry, to the place, whatever the hits themselves allocate', (t) => {
    const { add } = made('allocates')
    const kept = new Map()
    const trial = new Trial(t, kept, [add])
    for (let key = 0; key < 40; key++) {
      new AsyncResource('REQUEST').runInAsyncScope(() => add(kept, key))
    }
    trial.additions.stop()
    const byLine = new Map<string, number>()
    for (const { at, within, bytes } of trial.additions.allocatedFor([trial.changes])) {
      assert.equal(within.functionName, 'f0')
      const line = SOURCE.split('\n')[at.lineNumber]!.trim()
      byLine.set(line, (byLine.get(line) ?? 0) + bytes)
    }
    const isNear = (start: string, bytes: number): boolean => {
      const [, known = 0] = [...byLine].find(([line]) => line.startsWith(start)) ?? []
      return Math.abs(known - bytes) < 0.1 * 8 * 500
    }
    assert.ok(isNear('const half', 8 * 250), JSON.stringify([...byLine]))
    assert.ok(isNear('const whole', 8 * 500), JSON.stringify([...byLine]))
    assert.ok(isNear('kept.set', 0), JSON.stringify([...byLine]))
    // What is called once the entry is there is no part of it.
    assert.ok(isNear('make(', 0), JSON.stringify([...byLine]))
  })

  it('is asked for 1,000 hits at most', (t) => {
    const { add, make } = made('callsOf')
    const kept = new Map()
    const trial = new Trial(t, kept, [add, make])
    for (let key = 0; key < 1000; key++) {
      new AsyncResource('REQUEST').runInAsyncScope(() => add(kept, key))
    }
    assert.equal(trial.additions.isOver, true)
    assert.equal(trial.additions.hitsMs, 1000 * HIT_MS)
  })
})
