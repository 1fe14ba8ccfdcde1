import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AnyFunction, Trampoline } from '../../lib/hooks/listener'
import { type Mark, RequestMarks } from '../../lib/record/request-marks'
import { type RouteStats, RouteStatsTable } from '../../lib/record/route-stats'
import { type LabelMaker, RouteTable } from '../../lib/record/routes'
import { Units } from '../../lib/record/units'

interface Made {
  readonly units: Units
  readonly marks: RequestMarks
  /** By kind and name. */
  of(kind: string, name: string): RouteStats | undefined
}

function made({
  maxRoutes = 64,
  makeLabel = () => null,
}: {
  maxRoutes?: number
  makeLabel?: LabelMaker
} = {}): Made {
  const routes = new RouteTable(maxRoutes, makeLabel)
  const stats = new RouteStatsTable(routes)
  const marks = new RequestMarks()
  return {
    units: new Units(routes, stats, marks),
    marks,
    of: (kind, name) =>
      stats.all.find(({ route }) => route.method === kind && route.pattern === name),
  }
}

describe('a unit of work', () => {
  it('is counted under its kind and name, as open until it ends, and as failed', () => {
    const { units, of } = made()
    const first = units.begin('job', 'mail')
    units.begin('job', 'mail').end(true, false)
    const mail = of('job', 'mail')!
    assert.deepEqual([mail.inFlight, mail.endedTotal, mail.errorsTotal], [1, 1, 1])
    first.end(false, false)
    assert.deepEqual([mail.inFlight, mail.endedTotal, mail.errorsTotal], [0, 2, 1])
    assert.equal(mail.durationUs.count, 2)
    assert.equal(units.begun, 2)
    assert.equal(of('tick', 'mail'), undefined)
  })

  it('shares a name with the rest of its kind, where it is one too many, and is folded where it is a path', () => {
    const { units, of } = made({ maxRoutes: 16 })
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'a']) {
      units.begin('operation', name).end(false, false)
    }
    assert.equal(of('operation', 'a')?.endedTotal, 2)
    assert.equal(of('operation', '(other)')?.endedTotal, 2)
    for (const room of [17, 18]) units.begin('message', `/rooms/${room}`).end(false, false)
    assert.equal(of('message', '/rooms/:n')?.endedTotal, 2)
    units.begin('task', 'x'.repeat(10_000)).end(false, false)
    assert.equal(of('task', 'x'.repeat(128))?.endedTotal, 1)
    // Where the kind is full, one that is known is known by what is left of it.
    for (const name of ['b', 'c', 'd']) units.begin('task', name).end(false, false)
    units.begin('task', 'x'.repeat(10_000)).end(false, false)
    assert.equal(of('task', 'x'.repeat(128))?.endedTotal, 2)
  })

  it('runs its code through its label', () => {
    const labelled: string[] = []
    const { units } = made({
      makeLabel: (_kind, name) => {
        const call3 = (fn: AnyFunction, self: unknown, ...args: unknown[]): unknown => {
          labelled.push(name)
          return fn.apply(self, args) as unknown
        }
        return { id: 1, kind: 'route', name, trampoline: { call3 } as unknown as Trampoline }
      },
    })
    const self = {}
    const how = units.begin('tick', 'sweep').run(
      function (this: unknown, ...args: unknown[]) {
        return [this, args]
      },
      self,
      [1, 2],
    )
    assert.deepEqual(how, [self, [1, 2]])
    assert.deepEqual(labelled, ['tick sweep'])
  })

  it('has a mark of its own while somebody traces, in what it awaits too, and leaves that around it', async () => {
    const { units, marks, of } = made()
    marks.begin()
    const turns: unknown[] = []
    const request = marks.arrive({})
    marks.onArrival = (mark) => {
      turns.push(mark)
      return request
    }
    const unit = units.begin('operation', 'query A')
    const seen = unit.run(
      async () => {
        const before = marks.current
        await Promise.resolve()
        return [before, marks.current]
      },
      undefined,
      [],
    )
    assert.equal(marks.current, request)
    const [before, after] = (await seen) as [object, object]
    assert.equal(before, after)
    assert.notEqual(before, request)
    assert.deepEqual(turns, [before, request])
    unit.end(false, false)
    const { routeId, endedMs } = before as { routeId: number; endedMs: number }
    assert.equal(routeId, of('operation', 'query A')!.route.id)
    assert.ok(endedMs < Number.POSITIVE_INFINITY)
    const { whole } = before as { whole: unknown }
    assert.equal(whole, request, 'the request that it began in')
    const nested = (): object =>
      marks.within(
        before as Mark,
        () => units.begin('job', 'mail').run(() => marks.current, null, []) as object,
      )
    assert.equal((nested() as Mark).whole, request, 'and no chain of units')
    marks.end()
  })
})
