import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runInThisContext } from 'node:vm'
import { HIT_MS } from '../../lib/inspector/logpoints'
import { positionKey } from '../../lib/inspector/stack-frame'
import { IDLE, RequestMarks } from '../../lib/record/request-marks'
import { Executions, MAX_FUNCTIONS } from '../../lib/trace/executions'
import type { Stage } from '../support/app'
import { openLogpoints, positionsOf } from '../support/logpoints'
import { endMark } from '../support/marks'

type Run = () => number

/** Functions, each in a place of its own. */
function functions(count: number): Run[] {
  return Array.from({ length: count }, (_, at) => runInThisContext(`() => ${at}`) as Run)
}

interface Opened {
  readonly executions: Executions
  readonly marks: RequestMarks
  /** Of a function: what was seen of it in all; -1 where it is not looked at. */
  total(fn: object): number
}

function open(t: Stage, of: readonly object[], now: () => number = () => 0): Opened {
  const marks = new RequestMarks()
  marks.begin()
  t.after(() => marks.end())
  const executions = new Executions(positionsOf(of), openLogpoints(t), marks, now)
  return {
    executions,
    marks,
    total: (fn) => executions.tallies.get(positionKey(positionsOf([fn])[0]!))?.total ?? -1,
  }
}

describe('executions', () => {
  it('are counted by function, and by the request that they are for', async (t) => {
    const [one, other] = functions(2) as [Run, Run]
    const { executions, marks, total } = open(t, [one, other])
    const serve = async (routeId: number, runs: number): Promise<void> => {
      const mark = marks.arrive({})
      for (let at = 0; at < runs; at++) {
        await Promise.resolve()
        one()
      }
      endMark(mark, routeId, 0)
    }
    // However often a request runs it: that one counts once.
    await Promise.all([serve(1, 4), serve(1, 1), serve(2, 1), serve(2, 1), serve(2, 1)])
    marks.enter(IDLE)
    one()
    marks.enter(null)
    one()
    other()
    assert.deepEqual([total(one), total(other)], [7, 1])
    assert.deepEqual(executions.tallies.get(positionKey(positionsOf([one])[0]!))!.shares(), {
      seen: 7,
      routes: [
        { index: 2, share: 3 / 7 },
        { index: 1, share: 2 / 7 },
      ],
      idle: 1 / 7,
      lost: 1 / 7,
    })
  })

  it('of a function that runs a million times in one go are seen twelve times, until the next look', (t) => {
    const [hot, calm] = functions(2) as [Run, Run]
    const { executions, total } = open(t, [hot, calm])
    for (let at = 0; at < 1e6; at++) hot()
    calm()
    assert.deepEqual([total(hot), total(calm), executions.sawEnough()], [12, 1, false])
    for (let looks = 0; looks < 9; looks++) {
      executions.look()
      for (let at = 0; at < 1000; at++) {
        hot()
        calm()
      }
    }
    assert.deepEqual(
      [total(hot) >= 100, total(calm) >= 100, executions.sawEnough()],
      [true, true, true],
    )
  })

  it('are seen 2,000 times in all, and then none', (t) => {
    const of = functions(2) as [Run, Run]
    const { executions, marks, total } = open(t, of)
    const mark = marks.arrive({})
    // One request that runs it over and over: it counts once, and costs each time.
    while (executions.hitsMs < 2000 * HIT_MS) {
      of[0]()
      executions.look()
    }
    marks.enter(null)
    of[1]()
    assert.deepEqual([total(of[0]), total(of[1]), executions.sawEnough()], [1, 0, true])
    endMark(mark, 1, 0)
  })

  it(`are seen of ${MAX_FUNCTIONS} functions at most, the first`, (t) => {
    const of = functions(MAX_FUNCTIONS + 1)
    const { total } = open(t, of)
    for (const fn of of) fn()
    assert.deepEqual(of.map(total), [...new Array<number>(MAX_FUNCTIONS).fill(1), -1])
  })

  it('are over where none can be seen', (t) => {
    const gone = { scriptId: '999999', lineNumber: 0, columnNumber: 0 }
    const executions = new Executions([gone], openLogpoints(t), new RequestMarks(), () => 0)
    assert.deepEqual([executions.sawEnough(), executions.tallies.size], [true, 0])
  })

  it('show as whose methods functions run: four objects of each, not the global one, no proxy, none where there is no this', (t) => {
    const { Service, Late, plain } = runInThisContext(`({
      Service: class Service { get() { return 1 } },
      Late: class Late extends Object { constructor() { const one = 1; super(); this.one = one } },
      plain: () => 1,
    })`) as {
      Service: new () => { get(): number }
      Late: new () => object
      plain: () => number
    }
    const { get } = Service.prototype
    const { executions, total } = open(t, [get, Late, plain])
    const services = Array.from({ length: 6 }, () => new Service())
    for (const service of [...services.slice(0, 2), ...services]) service.get()
    get.call(new Proxy(new Service(), {}))
    get.call(undefined as never)
    new Late()
    plain()
    const seen = [...executions.receivers].map(([key, refs]) => [
      key,
      refs.map((ref) => ref.deref()),
    ])
    assert.deepEqual(seen, [[positionKey(positionsOf([get])[0]!), services.slice(0, 4)]])
    assert.deepEqual([total(get), total(Late), total(plain)], [10, 1, 1])
  })
})
