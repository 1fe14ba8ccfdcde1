import assert from 'node:assert/strict'
import { AsyncResource } from 'node:async_hooks'
import { describe, it } from 'node:test'
import { runInThisContext } from 'node:vm'
import { RequestMarks } from '../../lib/record/request-marks'
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
later(make) { return async (kept, key) => { await make(key); kept.add(key); await null; make(key) } },
})`

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
      url: 'a.js',
    }))
    this.changes = slices.watch(kept)!
    this.additions = new Additions(frames, openLogpoints(t), slices, () => 0)
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
  const all = runInThisContext(SOURCE) as Record<string, (make: object) => Adds>
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
      assert.equal(trial.additions.sawEnough(trial.changes), true)
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
    const { around, calls } = runInThisContext(SOURCE) as Record<string, (make: object) => Adds>
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

  it('is asked for 1,000 hits at most', (t) => {
    const { add, make } = made('callsOf')
    const kept = new Map()
    const trial = new Trial(t, kept, [add, make])
    for (let key = 0; key < 1000; key++) {
      new AsyncResource('REQUEST').runInAsyncScope(() => add(kept, key))
    }
    assert.equal(trial.additions.isOver, true)
    assert.equal(trial.additions.hitsMs, 100)
  })
})
