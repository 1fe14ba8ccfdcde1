import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LogSummary } from '../../../lib/cli/summary/summary'
import { leakLine, lineOf, processLine, routeLine, summaryOf } from '../../support/log-lines'

const START = 1_700_000_000_000
const at = (seconds: number): number => START + seconds * 1000

function stopLine(fields: Readonly<Record<string, unknown>> = {}): string {
  return lineOf({
    event: 'stop',
    reason: 'SIGTERM',
    uptimeSeconds: 60,
    requests: 10,
    inFlight: 0,
    dropped: 0,
    self: { cpuMs: 1, pauseMs: 1, heapBytes: 1 },
    verdicts: [],
    ...fields,
  })
}

const leaking = (bytes: number, half = 100): Record<string, unknown> => ({
  verdict: 'leaking',
  retainedBytesPerRequest: bytes,
  ci95: [bytes - half, bytes + half],
})

function onlyRoute(summary: LogSummary): LogSummary['routes'][number] {
  assert.equal(summary.routes.length, 1)
  return summary.routes[0]!
}

describe('requests of a route', () => {
  it('are those of the log, also where lines between were lost', () => {
    const { requests, errors } = onlyRoute(
      summaryOf([
        routeLine({ time: at(0), requests: 5, requestsTotal: 105, errorsTotal: 1 }),
        routeLine({ time: at(10), requests: 5, requestsTotal: 140, errorsTotal: 4 }),
      ]),
    )
    // 100 before the log began; 30 in lines that are not there.
    assert.deepEqual([requests, errors], [40, 3])
  })

  it('are summed over processes, whatever the order of the files', () => {
    const lines = [
      routeLine({ instance: 'b', time: at(20), requests: 5, requestsTotal: 15 }),
      routeLine({ instance: 'a', time: at(0), requests: 7, requestsTotal: 7 }),
      routeLine({ instance: 'b', time: at(10), requests: 10, requestsTotal: 10 }),
    ]
    const { requests, perInstance } = onlyRoute(summaryOf(lines))
    assert.equal(requests, 22)
    assert.deepEqual(
      perInstance.map((of) => [of.instance, of.requests]),
      [
        ['b', 15],
        ['a', 7],
      ],
    )
  })

  it('since a time leave out what was before, also in the totals at the end', () => {
    const lines = [
      routeLine({ time: at(0), requests: 100, requestsTotal: 100 }),
      routeLine({ time: at(10), requests: 8, requestsTotal: 108 }),
      stopLine({
        time: at(20),
        verdicts: [
          {
            method: 'GET',
            route: '/a',
            requestsTotal: 110,
            errorsTotal: 0,
            abortedTotal: 0,
            verdict: 'steady',
          },
        ],
      }),
    ]
    assert.equal(onlyRoute(summaryOf(lines)).requests, 110)
    const late = summaryOf(lines, { since: at(5) })
    assert.equal(onlyRoute(late).requests, 10)
    assert.deepEqual([late.from, late.newestBefore], [at(10), at(0)])
  })

  it('never fall below zero, whatever totals a log claims', () => {
    const lines = [
      routeLine({ time: at(0), requests: 1, requestsTotal: 1000 }),
      routeLine({ time: at(1), requests: 1, requestsTotal: 3, ...leaking(1000) }),
    ]
    assert.equal(onlyRoute(summaryOf(lines)).requests, 0)
  })

  it('that are all in flight still are no row', () => {
    const lines = [routeLine({ requests: 0, requestsTotal: 0 })]
    assert.deepEqual(summaryOf(lines).routes, [])
  })
})

describe('the verdict of a route', () => {
  it('is the newest, wherever in the log it stands', () => {
    const lines = [
      routeLine({ time: at(30), verdict: 'plateaued', floorBytesPerRequest: 40 }),
      routeLine({ time: at(10), ...leaking(1000) }),
    ]
    const route = onlyRoute(summaryOf(lines))
    assert.equal(route.verdict, 'plateaued')
    assert.equal(route.retainedBytesPerRequest, undefined)
  })

  it('is the gravest of its processes, its figure pooled over those that share it', () => {
    const lines = [
      routeLine({ instance: 'a', ...leaking(1000) }),
      routeLine({ instance: 'b', ...leaking(1040) }),
      routeLine({ instance: 'c', verdict: 'steady', floorBytesPerRequest: 20 }),
    ]
    const route = onlyRoute(summaryOf(lines))
    assert.equal(route.verdict, 'leaking')
    assert.equal(Math.round(route.retainedBytesPerRequest!), 1020)
    const [low, high] = route.ci95!
    // Two alike: narrower by the root of two.
    assert.ok(Math.abs(high - low - 200 / Math.SQRT2) < 1, `${low} to ${high}`)
    assert.equal(route.agreement?.heterogeneous, false)
  })

  it('says where the processes differ by more than chance', () => {
    const lines = [
      routeLine({ instance: 'a', ...leaking(1000) }),
      routeLine({ instance: 'b', ...leaking(5000) }),
    ]
    assert.equal(onlyRoute(summaryOf(lines)).agreement?.heterogeneous, true)
  })

  it('without a leak has the lowest floor that a process reached', () => {
    const lines = [
      routeLine({ instance: 'a', verdict: 'steady', floorBytesPerRequest: 300 }),
      routeLine({ instance: 'b', verdict: 'steady', floorBytesPerRequest: 30 }),
    ]
    assert.equal(onlyRoute(summaryOf(lines)).floorBytesPerRequest, 30)
  })
})

describe('a leak', () => {
  it('is told by its newest line, with the figure of the newest verdict', () => {
    const { leaks } = summaryOf([
      leakLine({ time: at(20), bytesPerRequest: 1500, holders: [] }),
      leakLine({ time: at(10), bytesPerRequest: 900 }),
      routeLine({ time: at(30), ...leaking(1450) }),
    ])
    assert.equal(leaks.length, 1)
    assert.deepEqual([leaks[0]!.bytesPerRequest, leaks[0]!.holders], [1450, []])
    assert.deepEqual([leaks[0]!.firstTime, leaks[0]!.lastTime], [at(10), at(20)])
    assert.equal(leaks[0]!.since, null)
  })

  it('that was taken back says what the route is called since', () => {
    const { leaks } = summaryOf([
      leakLine({ time: at(10) }),
      routeLine({ time: at(30), verdict: 'plateaued' }),
    ])
    assert.equal(leaks[0]!.since, 'plateaued')
  })

  it('of no route is over once a later process line no longer has it', () => {
    for (const [scope, route] of [
      ['shared', '/api'],
      ['process', undefined],
    ] as const) {
      const told = leakLine({ time: at(10), scope, method: undefined, route })
      const since = (time: number, leaks?: readonly object[]): unknown =>
        summaryOf([told, processLine({ time: at(time), leaks })]).leaks[0]!.since
      assert.equal(since(20, [{ scope, kind: 'heap', route }]), null)
      assert.equal(since(20, []), 'plateaued')
      assert.equal(since(20, [{ scope, kind: 'buffers', route }]), 'plateaued')
      assert.equal(since(20, [{ scope, kind: 'heap', route: '/b' }]), 'plateaued')
      // From before it was told, or of a version that does not say.
      assert.equal(since(10, []), null)
      assert.equal(since(20), null)
    }
  })

  it('of two processes is one, with the sites of both', () => {
    const site = { function: 'f', file: 'a.js', line: 1, column: 1, share: 1, stack: [] }
    const { leaks } = summaryOf([
      leakLine({ instance: 'a', sites: [{ ...site, bytes: 100 }] }),
      leakLine({
        instance: 'b',
        sites: [
          { ...site, bytes: 200 },
          { ...site, function: 'g', line: 9, bytes: 100 },
        ],
      }),
    ])
    assert.equal(leaks.length, 1)
    assert.deepEqual(
      leaks[0]!.sites.map(({ function: name, bytes, share }) => [name, bytes, share]),
      [
        ['f', 300, 0.75],
        ['g', 100, 0.25],
      ],
    )
    assert.equal(leaks[0]!.retainedBytes, 2_800_000)
    assert.equal(leaks[0]!.perInstance.length, 2)
  })

  it('that one process took back and another still shows is that of the other', () => {
    const { leaks } = summaryOf([
      leakLine({ instance: 'a', bytesPerRequest: 9000, ci95: [8900, 9100] }),
      routeLine({ instance: 'a', time: at(5), verdict: 'steady' }),
      leakLine({ instance: 'b', bytesPerRequest: 1000, ci95: [900, 1100] }),
    ])
    assert.deepEqual([leaks[0]!.since, leaks[0]!.bytesPerRequest], [null, 1000])
  })

  it('that only route lines tell of is told, without a place', () => {
    const { leaks } = summaryOf([routeLine({ ...leaking(700) })])
    assert.deepEqual(
      leaks.map((leak) => [leak.route, leak.bytesPerRequest, leak.sites.length]),
      [['/a', 700, 0]],
    )
  })

  it('of a process that was killed before it could tell where counts with that of the others', () => {
    const { leaks } = summaryOf([
      leakLine({ instance: 'a', bytesPerRequest: 1400, ci95: [1300, 1500] }),
      routeLine({ instance: 'b', requests: 5000, ...leaking(1420) }),
    ])
    assert.equal(leaks.length, 1)
    const [leak] = leaks
    assert.equal(leak!.perInstance.length, 2)
    assert.equal(leak!.agreement?.count, 2)
    assert.equal(leak!.attribution, 'direct')
    assert.deepEqual(
      leak!.sites.map(({ share }) => share),
      [1],
    )
    assert.equal(leak!.retainedBytes, 1_400_000 + 5000 * 1420)
  })

  it('in one route is not that of another service’s route of the same name', () => {
    const { leaks, routes } = summaryOf([
      leakLine(),
      leakLine({ service: 'other', instance: 'b' }),
      routeLine(),
      routeLine({ service: 'other', instance: 'b' }),
    ])
    assert.deepEqual([leaks.length, routes.length], [2, 2])
  })
})

describe('processes', () => {
  it('that begin after another of their host had ended replace it; those beside it do not', () => {
    const { instances } = summaryOf([
      processLine({ instance: 'a', time: at(0) }),
      processLine({ instance: 'a', time: at(100) }),
      processLine({ instance: 'b', time: at(50) }),
      processLine({ instance: 'b', time: at(300) }),
      processLine({ instance: 'c', time: at(110) }),
      processLine({ instance: 'd', time: at(120), hostname: 'elsewhere' }),
      processLine({ instance: 'e', time: at(400) }),
      processLine({ instance: 'f', time: at(400) }),
    ])
    assert.deepEqual(
      instances.map(({ instance, replaces }) => [instance, replaces]),
      [
        ['a', null],
        ['b', null],
        ['c', 'a'],
        ['d', null],
        ['e', 'b'],
        ['f', 'c'],
      ],
    )
  })

  it('keep a bounded number of points, however long they live', () => {
    const lines = Array.from({ length: 5000 }, (_, step) =>
      processLine({ time: at(10 * step), rssBytes: 1e6 * (step + 1) }),
    )
    const [instance] = summaryOf(lines).instances
    assert.ok(instance!.memory.length <= 256 && instance!.memory.length > 100)
    assert.equal(instance!.memory.at(-1)!.rssBytes, 5e9)
    assert.equal(
      instance!.memory.reduce((sum, { requests }) => sum + requests, 0),
      50_000,
    )
  })
})

describe('limits', () => {
  it('of processes, routes, leaks, warnings and measures are kept, and said', () => {
    const many = Array.from({ length: 6000 }, (_, index) => index)
    const summary = summaryOf([
      ...many.map((index) => routeLine({ route: `/r${index}` })),
      ...many.map((index) => leakLine({ route: `/l${index}` })),
      ...many.map((index) => lineOf({ event: 'warning', code: `w${index}` })),
      ...many.map((index) => processLine({ instance: `i${index}` })),
    ])
    assert.ok(summary.routes.length <= 2 * 4096)
    assert.equal(summary.instances.length, 4096)
    assert.ok(summary.leaks.length <= 4096)
    assert.equal(summary.warnings.length, 200)
    for (const what of ['processes', 'routes', 'leaks', 'kinds of warnings']) {
      assert.ok(
        summary.leftOut.some((said) => said.includes(what)),
        what,
      )
    }
    assert.ok(summary.leftOut.every((said) => /^\d+ lines of more than \d+ /.test(said)))
    // Nothing is lost: what has no row of its own is in `(other)`.
    const requests = summary.routes.reduce((sum, route) => sum + route.requests, 0)
    assert.equal(requests, 60_000)
  })
})
