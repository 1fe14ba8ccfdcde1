import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { History } from '../../lib/heap/heap-history'
import type { Label } from '../../lib/heap/labels'
import type { Place } from '../../lib/heap/sites'
import { positionKey, type StackFrame } from '../../lib/inspector/stack-frame'
import { observe } from '../../lib/leaks/observe'
import { Owners } from '../../lib/leaks/owners'
import { ProcessSeries } from '../../lib/leaks/process-series'
import { Traces } from '../../lib/leaks/traces'
import { WatchedApp } from '../../lib/leaks/watched-app'
import type { Route } from '../../lib/record/routes'
import type { PlaceSeries } from '../../lib/verdict/observation'
import { frame } from '../support/profiles'
import { AppByHand, SIZES } from '../support/watched-app'

const [HANDLER_A, HANDLER_B, HANDLER_BOTH] = [1, 2, 3].map((line) =>
  frame(`handle@/app/app.js:${line}`),
) as [StackFrame, StackFrame, StackFrame]
const HELPER = frame('keep@/app/helper.js:1')
const LABELS = [0, 1, 2].map((id) => ({
  id,
  kind: 'route',
  name: `${id}`,
  trampoline: {},
})) as Label[]

/** Two routes, and a layer, each with a label; a handler of its own for each route, and one for both. */
function made(): { app: AppByHand; owners: Owners } {
  const app = new AppByHand([])
  const [a, b, both] = [() => 1, () => 2, () => 3] as const
  app.addRoute('/a', LABELS[0]).handlers.add(a).add(both)
  app.addRoute('/b', LABELS[1]).handlers.add(b).add(both)
  app.addLayer('auth', '/', LABELS[2])
  const positions = new Map<object, StackFrame>([
    [a, HANDLER_A],
    [b, HANDLER_B],
    [both, HANDLER_BOTH],
  ])
  const owners = new Owners((functions) => functions.map((fn) => positions.get(fn) ?? null))
  owners.note(app.routes)
  return { app, owners }
}

function historyOf(place: Pick<Place, 'label' | 'frames'>): History {
  return {
    place: { key: '', origin: 'app', isBuffer: false, isTimer: false, ...place },
    isLarge: false,
    liveBytes: [1],
    survivedBytes: [0],
    bornBytes: [1],
    bornBytesSquared: [1],
  }
}

/** What is observed of one place; `seen` says under which labels its functions were seen. */
function placed(
  place: Pick<Place, 'label' | 'frames'>,
  seen: Readonly<Record<string, readonly Label[]>> = {},
): PlaceSeries {
  const { app, owners } = made()
  const seenUnder = (position: string): ReadonlySet<Label> => new Set(seen[position])
  const { places } = observe({
    samplingBytes: 1000,
    history: { histories: [historyOf(place)], seenUnder },
    series: new ProcessSeries(),
    traces: new Traces(),
    owners,
    kept: { of: () => ({ watched: 10, kept: 3 }) },
    app: app.routes,
  })
  return places[0]!
}

const ROUTE_A = { kind: 'route', index: 0 } as const
const ROUTE_B = { kind: 'route', index: 1 } as const

describe('an observed place', () => {
  it('is owned by the route or layer of its label', () => {
    assert.deepEqual(placed({ label: LABELS[1]!, frames: [HANDLER_A] }).owner, ROUTE_B)
    const ofLayer = placed({ label: LABELS[2]!, frames: [HANDLER_A] })
    assert.deepEqual(ofLayer.owner, { kind: 'layer', index: 0 })
    assert.deepEqual(ofLayer.seenUnder, [])
  })

  it('is owned by the route whose handler stands in the stack, the outermost first', () => {
    const { owner, seenUnder } = placed({ label: null, frames: [HELPER, HANDLER_B, HANDLER_A] })
    assert.deepEqual([owner, seenUnder], [ROUTE_A, [0, 1]])
  })

  it('is owned by nobody where the handler serves several routes, or none is in the stack', () => {
    const both = placed({ label: null, frames: [HELPER, HANDLER_BOTH] })
    assert.deepEqual([both.owner, both.seenUnder], [null, [0, 1]])
    assert.deepEqual(placed({ label: null, frames: [HELPER] }).owner, null)
  })

  it('says under which routes its functions were seen', () => {
    const seen = { [positionKey(HELPER)]: [LABELS[1]!, LABELS[2]!] }
    assert.deepEqual(placed({ label: null, frames: [HELPER] }, seen).seenUnder, [1])
  })
})

describe('an observation', () => {
  it('has the counts of every route and layer, reading by reading', () => {
    const { app, owners } = made()
    const series = new ProcessSeries()
    const counts = {
      ended: () => app.stats.map(({ endedTotal }) => endedTotal),
      aborted: () => app.stats.map(({ abortedTotal }) => abortedTotal),
      failed: () => app.stats.map(({ errorsTotal }) => errorsTotal),
      inFlight: () => app.stats.map(({ inFlight }) => inFlight),
      ...app.routes,
    }
    for (const at of [1, 2]) {
      app.end(0, 10)
      app.stats[0]!.abortedTotal = at
      app.stats[0]!.errorsTotal = 3 * at
      app.stats[1]!.inFlight = at
      app.routes.layers[0]!.entered += 5
      series.add({ ...SIZES, timeMs: 1000 * at, liveHeapBytes: at, connections: at }, counts)
    }
    const observation = observe({
      samplingBytes: 1000,
      history: { histories: [], seenUnder: () => undefined },
      series,
      owners,
      traces: new Traces(),
      kept: { of: (id) => ({ watched: 10, kept: id }) },
      app: app.routes,
    })
    const { timeMs, liveHeapBytes, connections, routes, layers } = observation
    assert.deepEqual(
      [timeMs, liveHeapBytes, connections],
      [
        [1000, 2000],
        [1, 2],
        [1, 2],
      ],
    )
    assert.deepEqual(routes, [
      {
        method: 'GET',
        route: '/a',
        ended: [10, 20],
        aborted: [1, 2],
        failed: [3, 6],
        inFlight: [0, 0],
        watched: 10,
        kept: 0,
      },
      {
        method: 'GET',
        route: '/b',
        ended: [0, 0],
        aborted: [0, 0],
        failed: [0, 0],
        inFlight: [1, 2],
        watched: 10,
        kept: 1,
      },
    ])
    assert.deepEqual(layers, [{ name: 'auth', mount: '/', entered: [5, 10] }])
  })
})

describe('a route that became part of another between two readings', () => {
  const { app, owners } = made()
  const [a, b] = app.routes.routes as [Route, Route]
  const watched = new WatchedApp(app)
  const series = new ProcessSeries()
  const read = (): void => {
    series.add({ ...SIZES, timeMs: series.length }, watched)
    owners.note(watched)
  }
  app.end(a.id, 10)
  app.end(b.id, 1)
  read()
  app.routes.routes[a.id] = b
  b.formerLabels.push(LABELS[0]!)
  app.stats[a.id] = app.stats[b.id]!
  app.stats[b.id]!.endedTotal = 31
  read()
  const traces = new Traces()
  const shares = [
    { index: a.id, share: 0.5 },
    { index: b.id, share: 0.5 },
  ]
  traces.noteRuns(positionKey(HELPER), { seen: 20, routes: shares, idle: 0, lost: 0 })
  const { routes, places } = observe({
    samplingBytes: 1000,
    history: {
      histories: [
        historyOf({ label: LABELS[0]!, frames: [HELPER] }),
        historyOf({ label: null, frames: [HELPER] }),
        historyOf({ label: null, frames: [HANDLER_A] }),
        historyOf({ label: null, frames: [HANDLER_BOTH] }),
      ],
      seenUnder: () => new Set([LABELS[0]!]),
    },
    series,
    traces,
    owners,
    kept: { of: () => ({ watched: 0, kept: 0 }) },
    app: watched,
  })

  it('was part of it at all readings, and has no requests of its own', () => {
    assert.deepEqual(
      routes.map(({ ended }) => ended),
      [
        [0, 0],
        [11, 31],
      ],
    )
  })

  it("has no place of its own: what was allocated under its label is the other one's", () => {
    for (const at of [0, 2, 3]) assert.deepEqual(places[at]?.owner, ROUTE_B)
    assert.deepEqual(places[1]?.seenUnder, [b.id])
    assert.deepEqual(places[1]?.traced?.runs?.routes, [{ index: b.id, share: 1 }])
  })
})
