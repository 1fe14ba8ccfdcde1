import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { CodePlace, Logpoints } from '../../lib/inspector/logpoints'
import { type FunctionPosition, positionKey } from '../../lib/inspector/stack-frame'
import { TraceInquiry } from '../../lib/leaks/trace-inquiry'
import { Traces } from '../../lib/leaks/traces'
import { RequestMarks } from '../../lib/record/request-marks'
import { Sought } from '../../lib/holders/sought'
import type { Holder } from '../../lib/schema/lines'
import type { Leak } from '../../lib/verdict/leak'
import type { PlaceSeries } from '../../lib/verdict/observation'
import { madeLeak } from '../support/leaks'
import { observed, type OpenedLives, openLives } from '../support/lives'
import { endMark } from '../support/marks'
import { bornPlace } from '../support/observations'

const PLACE = bornPlace([1, 1, 1], { sampleBytes: 1000, functions: ['keep', 'resume'] })
const OTHER = bornPlace([1, 1, 1], { sampleBytes: 1000, functions: ['other'] })
const LINE = 'route 0 heap 1000'

/** Sure from the first judgement on, by its rhythm alone. */
function estimated(more: Partial<Leak> = {}): Leak {
  return madeLeak({ attribution: 'estimated', places: [{ place: PLACE, bytes: 1000 }], ...more })
}

/** Logpoints that are hit when the test says so. */
class LogpointsByHand {
  readonly hits: Map<string, (receiver?: object) => void> = new Map()
  isOpen = false
  error: Error | null = null

  open(): boolean {
    this.isOpen = true
    return true
  }

  set(position: FunctionPosition, onHit: (receiverOf: () => unknown) => void): number {
    if (this.error) throw this.error
    this.hits.set(positionKey(position), (receiver) => onHit(() => receiver))
    return this.hits.size - 1
  }

  /** One in each function, beside the one at its begin. */
  placesIn({ scriptId, lineNumber, columnNumber }: FunctionPosition): readonly CodePlace[] {
    return [{ scriptId, lineNumber, columnNumber: columnNumber + 1 }]
  }

  hashOf(): undefined {}

  setTwinAt(): null {
    return null
  }

  setAt(place: CodePlace, onHit: (receiverOf: () => unknown) => void): number {
    const { scriptId, lineNumber, columnNumber = 0 } = place
    return this.set({ scriptId, lineNumber, columnNumber }, onHit)
  }

  remove(): void {}

  close(): void {
    this.isOpen = false
  }
}

class Trial {
  readonly marks: RequestMarks = new RequestMarks()
  readonly logpoints = new LogpointsByHand()
  readonly traces: Traces = new Traces()
  readonly opened: OpenedLives
  unsure: PlaceSeries[] = []
  /** Requests, by index of the route. */
  ended: number[] = []
  /** Of the app's time, between the steps. */
  asideMs = 0
  inquiry!: TraceInquiry

  constructor(t: TestContext, isSearched = false) {
    this.opened = openLives({
      isSearched,
      traces: this.traces,
      also: (now) => {
        this.inquiry = new TraceInquiry({
          marks: this.marks,
          logpoints: this.logpoints as unknown as Logpoints,
          traces: this.traces,
          unsure: () => this.unsure,
          lives: () => this.opened.lives.current,
          usedBytes: () => 0,
          ended: () => this.ended,
          now,
          maxPauseMs: 1000,
        })
        return this.inquiry
      },
    })
    t.after(() => this.opened.lives.close())
  }

  /** At that time. */
  judge(atMs: number, leak: Leak = estimated()): this {
    this.opened.nowMs = atMs
    const routes = [{ verdict: 'leaking' as const }]
    this.opened.lives.judged({ routes, leaks: [leak], books: null, unsure: [] }, observed())
    return this
  }

  /** The next step, when it is due. */
  step(): this {
    this.opened.nowMs = Math.max(this.opened.nowMs, this.inquiry.dueMs)
    this.asideMs += this.opened.lives.inquire(1)
    return this
  }

  /** To its end. */
  trace(): this {
    while (this.inquiry.dueMs < Number.POSITIVE_INFINITY) this.step()
    return this
  }

  /** The search for holders ends, with that container or with none. */
  endSearch(
    container?: object,
    holders: readonly Holder[] = [],
    others: readonly object[] = [],
  ): this {
    const { search, lives } = this.opened
    const objects = container ? [[new WeakRef(container)]] : []
    const beside = others.map((one) => new WeakRef(one))
    search.next = () => search.latest.end(true, { holders, bounds: [], objects, beside })
    search.dueMs = Number.NEGATIVE_INFINITY
    lives.inquire(1)
    search.dueMs = Number.POSITIVE_INFINITY
    return this
  }

  get lines(): readonly string[] {
    return this.opened.told.lines
  }

  get isTracing(): boolean {
    return this.marks.isOn
  }
}

describe('a leak that only its rhythm tells', () => {
  it('is told by the first judgement after its trace', (t) => {
    const trial = new Trial(t).judge(0).trace()
    trial.opened.lives.settle()
    assert.deepEqual(trial.lines, [])
    assert.deepEqual(trial.judge(trial.opened.nowMs + 1).lines, [LINE])
  })

  it('waits a minute at most for that', (t) => {
    const trial = new Trial(t).judge(0)
    assert.deepEqual(trial.judge(59_999).lines, [])
    assert.deepEqual(trial.judge(60_000).lines, [LINE])
  })

  it('does not wait where it is told already, where a label or a trace tells whose it is, or where none can', (t) => {
    for (const attribution of ['direct', 'traced'] as const) {
      assert.deepEqual(new Trial(t).judge(0, estimated({ attribution })).lines, [LINE], attribution)
    }
    assert.deepEqual(new Trial(t).judge(0, estimated({ places: [] })).lines, [LINE])
    const moved = new Trial(t)
      .judge(0, estimated({ attribution: 'direct' }))
      .judge(1, estimated({ rate: 2000, ci95: [1980, 2020] }))
    assert.deepEqual(moved.lines, [LINE, 'route 0 heap 2000'])
  })

  it('is not told at the end of a run that was too short for its trace, whoever it is taken for', (t) => {
    const rhythm = new Trial(t).judge(0)
    const open = new Trial(t).judge(0, estimated({ key: 'open heap', scope: 'open', route: null }))
    for (const { opened } of [rhythm, open]) opened.lives.conclude()
    assert.deepEqual([rhythm.lines, open.lines], [[], []])
  })
})

describe('its trace', () => {
  it('begins once the search for what keeps it is over', (t) => {
    const trial = new Trial(t, true).judge(0).judge(10)
    assert.equal(trial.inquiry.dueMs, Number.POSITIVE_INFINITY)
    trial.endSearch()
    assert.equal(trial.inquiry.dueMs, 10)
    assert.equal(trial.step().isTracing, true)
  })

  it('that told nothing is made again after 30 s, then after twice as long, and no seventh time', (t) => {
    const place = { ...PLACE, traced: { runs: null, growth: null } }
    const told = estimated({ places: [{ place, bytes: 1000 }] })
    const trial = new Trial(t).judge(0, told).trace()
    for (const afterMs of [30_000, 60_000, 120_000, 240_000, 480_000]) {
      const dueMs = trial.opened.nowMs + afterMs
      const { inquiry } = trial.judge(dueMs - 1, told)
      assert.equal(inquiry.dueMs, Number.POSITIVE_INFINITY, `${afterMs}`)
      assert.equal(trial.judge(dueMs, told).inquiry.dueMs, dueMs, `${afterMs}`)
      trial.trace()
    }
    const { work } = trial.inquiry
    assert.equal(trial.judge(1e9, told).inquiry.dueMs, Number.POSITIVE_INFINITY)
    assert.equal(trial.inquiry.work, work)
  })

  it('is made again after 5 s where most of the leak has come to where no trace has looked', (t) => {
    const trial = new Trial(t).judge(0).trace()
    const dueMs = trial.opened.nowMs + 5000
    assert.equal(trial.judge(dueMs - 1).inquiry.dueMs, Number.POSITIVE_INFINITY)
    assert.equal(trial.judge(dueMs).inquiry.dueMs, dueMs)
  })

  it('notes who runs each function of its stacks and whose code the container grew by, of what else grows too', (t) => {
    const kept: unknown[] = [[]]
    const trial = new Trial(t, true)
    trial.unsure = [OTHER]
    trial.ended = [3, 5]
    trial.judge(0).endSearch(kept).step().step()
    trial.ended = [3, 9, 2]
    assert.deepEqual(
      [...trial.logpoints.hits.keys()].sort(),
      [...PLACE.frames, ...OTHER.frames].map(positionKey).sort(),
    )
    const [run, runOther] = [PLACE, OTHER].map(({ frames }) =>
      trial.logpoints.hits.get(positionKey(frames[0]!)),
    )
    for (const [route, entries] of [
      [4, 1],
      [7, 3],
    ] as const) {
      const mark = trial.marks.arrive({})
      run!()
      if (route === 7) runOther!()
      for (let at = 0; at < entries; at++) kept.push(at)
      // Another request arrives in the same slice.
      endMark(trial.marks.arrive({}), 0, 0)
      endMark(mark, route, 0)
    }
    trial.trace()
    // Three hits.
    assert.equal(trial.asideMs.toFixed(2), '0.54')
    const seen = trial.traces.of(PLACE.frames)!
    assert.deepEqual(
      seen.runs!.routes.map(({ index, share }) => [index, share]),
      [
        [4, 0.5],
        [7, 0.5],
      ],
    )
    assert.deepEqual(
      seen.growth!.routes.map(({ index, share }) => [index, share]),
      [
        [7, 0.75],
        [4, 0.25],
      ],
    )
    // That ended meanwhile.
    assert.deepEqual(seen.growth!.requests, [0, 4, 2])
    const other = trial.traces.of(OTHER.frames)!
    assert.deepEqual(
      [other.runs!.routes, other.growth!.seen],
      [[{ index: 7, share: 1 }], seen.growth!.seen],
    )
  })

  it('looks beside what keeps it at what grows in step with others: rhythm may have blamed one of two', (t) => {
    const [kept, others]: unknown[][] = [[], []]
    const trial = new Trial(t, true).judge(0).endSearch(kept, [], [others!]).step().step()
    for (const [route, container] of [
      [4, kept],
      [7, others],
      [7, others],
    ] as const) {
      const mark = trial.marks.arrive({})
      container!.push(1)
      endMark(trial.marks.arrive({}), 0, 0)
      endMark(mark, route, 0)
    }
    trial.trace()
    const { seen, routes } = trial.traces.of(PLACE.frames)!.growth!
    assert.deepEqual([seen, ...routes.map(({ index }) => index)], [3, 7, 4])
  })

  it('shows as whose methods the functions run: what keeps the leak is searched for there, and if found traced at once', (t) => {
    const traced = { runs: { seen: 20, routes: [], idle: 0, lost: 0 }, growth: null }
    const known = (): Leak =>
      estimated({ attribution: 'traced', places: [{ place: { ...PLACE, traced }, bytes: 1000 }] })
    const service = { kept: [] }
    const trial = new Trial(t, true).judge(0).endSearch().step().step()
    const { search } = trial.opened
    trial.logpoints.hits.get(positionKey(PLACE.frames[0]!))!(service)
    const before = search.latest
    trial.trace().judge(trial.opened.nowMs, known())
    assert.notEqual(search.latest, before)
    assert.deepEqual(
      search.latest.receivers.map((ref) => ref.deref()),
      [service],
    )
    assert.equal(trial.inquiry.dueMs, Number.POSITIVE_INFINITY)
    const holder = { path: 'Service.kept', kind: 'Array', size: 9, growthPerRequest: 1 } as const
    trial.endSearch(service.kept, [holder])
    assert.equal(trial.inquiry.dueMs, trial.opened.nowMs)
    const again = search.latest
    trial.trace().judge(trial.opened.nowMs, known())
    assert.equal(trial.inquiry.dueMs, Number.POSITIVE_INFINITY)
    assert.equal(search.latest, again)
  })

  it('of one of two leaks that one function makes does not say whose the other is, whose keeper is not known', (t) => {
    const trial = new Trial(t)
    const of = (route: number): Leak => estimated({ key: `route ${route} heap`, route })
    const judge = (): void => {
      const leaks = [of(0), of(1)]
      trial.opened.lives.judged({ routes: [], leaks, books: null, unsure: [] }, observed())
    }
    judge()
    const growthBy = (route: number, kept: unknown[]): void => {
      const mark = trial.marks.arrive({})
      kept.push(route)
      endMark(trial.marks.arrive({}), 9, 0)
      endMark(mark, route, 0)
    }
    const lives = trial.opened.lives.current
    const keepers: unknown[][] = [[], []]
    /** The search for what keeps it ends. */
    const end = (at: number, objects: readonly unknown[][]): void => {
      const holder = { path: 'kept', kind: 'Array', size: 1, growthPerRequest: 1 } as const
      const sought = new Sought(
        { leak: of(at), isTold: false, isPastCaches: false, receivers: [] },
        0,
      )
      const found = {
        holders: objects.map(() => holder),
        bounds: [],
        objects: objects.map((one) => [new WeakRef<object>(one)]),
        beside: [],
      }
      sought.end(true, found)
      lives[at]!.sought = sought
      lives[at]!.noteHolders()
    }
    const routesSeen = (): number[] =>
      trial.traces.of(PLACE.frames)!.growth!.routes.map(({ index }) => index)
    for (const at of [0, 1]) end(at, [keepers[at]!])
    trial.step().step()
    for (const at of [0, 1]) growthBy(at, keepers[at]!)
    trial.trace()
    assert.deepEqual(new Set(routesSeen()), new Set([0, 1]))
    // The second is searched for anew, and nothing is known of what keeps it when the first is traced.
    end(1, [])
    trial.opened.nowMs += 30_000
    judge()
    trial.step().step()
    growthBy(0, keepers[0]!)
    trial.trace()
    assert.deepEqual(new Set(routesSeen()), new Set([0, 1]))
  })

  it('of a leak that labels tell looks for where its holder is filled alone: in the app, where it is in a stack', (t) => {
    const inPackage = (place: PlaceSeries): PlaceSeries => ({
      ...place,
      frames: place.frames.map((frame) => ({ ...frame, url: '/app/node_modules/a/index.js' })),
    })
    const table = bornPlace([1, 1, 1], { sampleBytes: 1000, functions: ['add'] })
    for (const [tables, frames] of [
      [[table], table.frames],
      [[], PLACE.frames],
    ] as const) {
      const places = [{ place: inPackage(PLACE), bytes: 1000 }]
      const leak = estimated({ attribution: 'direct', places, tables })
      const kept: unknown[] = []
      const holder = { path: 'kept', kind: 'Array', size: 1, growthPerRequest: 1 } as const
      const trial = new Trial(t, true).judge(0, leak).endSearch(kept, [holder]).step().step()
      assert.equal(trial.logpoints.hits.size, 0, 'no executions are asked for')
      trial.opened.lives.settle()
      const lines = trial.lines.length
      const mark = trial.marks.arrive({})
      kept.push(1)
      endMark(trial.marks.arrive({}), 0, 0)
      endMark(mark, 3, 0)
      trial.opened.nowMs += 15_000
      trial.step().step()
      const hits = frames.map(({ columnNumber, ...frame }) =>
        positionKey({ ...frame, columnNumber: columnNumber + 1 }),
      )
      assert.deepEqual([...trial.logpoints.hits.keys()], hits)
      const add = trial.marks.arrive({})
      trial.logpoints.hits.get(hits[0]!)!()
      kept.push(2)
      endMark(trial.marks.arrive({}), 0, 0)
      endMark(add, 3, 0)
      trial.trace().opened.lives.settle()
      // What was seen of the holder is a line of its own.
      assert.equal(trial.lines.length, lines + 1)
      const { changes } = trial.opened.lives.current[0]!
      assert.deepEqual(
        [changes!.added.seen, changes!.addedAt?.functionName],
        [2, frames[0]!.functionName],
      )
      trial.opened.lives.current[0]!.noteChanges({ ...changes!, addedAt: null })
      assert.deepEqual(trial.opened.lives.current[0]!.changes, changes, 'a place once seen stays')
    }
  })

  it('leaves all as it was where a step throws, and its leak is told by the next judgement', (t) => {
    const trial = new Trial(t).judge(0).step()
    trial.logpoints.error = new Error('of the inspector')
    assert.throws(() => trial.step(), /of the inspector/)
    assert.deepEqual([trial.isTracing, trial.marks.onArrival], [false, null])
    assert.equal(trial.logpoints.isOpen, false)
    assert.equal(trial.inquiry.dueMs, Number.POSITIVE_INFINITY)
    assert.deepEqual(trial.judge(1).lines, [LINE])
  })

  it('leaves nothing behind where it is closed in the middle', (t) => {
    const trial = new Trial(t).judge(0).step().step()
    assert.deepEqual([trial.isTracing, trial.logpoints.isOpen], [true, true])
    trial.opened.lives.close()
    assert.deepEqual(
      [trial.isTracing, trial.marks.onArrival, trial.logpoints.isOpen, trial.inquiry.dueMs],
      [false, null, false, Number.POSITIVE_INFINITY],
    )
  })

  it('goes on without logpoints once a step with them took too long', (t) => {
    const trial = new Trial(t).judge(0).step()
    const open = trial.logpoints.open
    trial.logpoints.open = () => {
      trial.opened.nowMs += 1001
      return open.call(trial.logpoints)
    }
    trial.trace()
    trial.logpoints.hits.clear()
    trial.judge(trial.opened.nowMs + 30_000).trace()
    assert.equal(trial.logpoints.hits.size, 0)
  })
})
