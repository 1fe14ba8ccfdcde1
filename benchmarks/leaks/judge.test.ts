import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { describe, it } from 'node:test'
import { ROOT } from '../../test/support/files'
import { type CorpusApp, corpus, routeName } from './corpus'
import { type AppResult, judgeApp } from './judge'
import type { LeakLine, MemprofLog } from './log'
import { readMarkers } from './markers'
import { appFile } from './places'
import { readTruth } from './truth'

const STARTED_AT = 1_000_000
const LOAD = { startedAt: STARTED_AT, endedAt: 0, sent: {}, errors: 0, skipped: 0, connections: 20 }

function appOf(name: string): CorpusApp {
  return corpus.find((app) => app.name === name)!
}

function judged(app: CorpusApp, lines: Partial<LeakLine>[], more: Partial<MemprofLog> = {}) {
  const leaks = lines.map((line) => ({
    time: STARTED_AT + 9000,
    scope: 'route',
    kind: 'heap',
    method: undefined,
    route: undefined,
    bytesPerRequest: 500,
    bytesPerSecond: undefined,
    outcome: undefined,
    ci95: undefined,
    sites: [],
    holders: [],
    ...line,
  }))
  const known = { verdicts: [], warnings: [], hooked: true, growth: undefined, ...more }
  const truths = readTruth()['20']?.apps[app.name] ?? []
  return judgeApp(app, { leaks, routes: [], ...known }, LOAD, more.routes ? truths : [])
}

/** A line without a route that names the place of the app's leak. */
function atItsPlace(app: CorpusApp, scope: string): Partial<LeakLine> {
  const [line] = readMarkers(appFile(app)).get(app.leaks[0]!.name)!.lines
  return { scope, sites: [{ file: relative(ROOT, appFile(app)), line: line! }] }
}

function found({ leaks }: AppResult): string[] {
  return leaks.map((leak) => leak.found)
}

describe('the truth of the corpus', () => {
  it('marks a line of each leak, and names no leak that is not in the table', () => {
    for (const app of corpus) {
      assert.ok(existsSync(appFile(app)), app.file)
      const named = new Set(app.leaks.map(({ name }) => name))
      const marked = readMarkers(appFile(app))
      assert.deepEqual(new Set(marked.keys()), named, app.name)
      for (const [name, { lines }] of marked) assert.ok(lines.size > 0, `${app.name}: ${name}`)
    }
  })

  it('names a route of the app by each leak of a route', () => {
    for (const { name, routes, leaks } of corpus) {
      for (const leak of leaks.filter(({ scope }) => scope === 'route')) {
        assert.ok(routes.map(routeName).includes(leak.name), `${name}: ${leak.name}`)
      }
    }
  })
})

describe('a leak to which no request leads', () => {
  const lost = appOf('shared-socket')

  it('is found by a line without a route that has its site or its holder', () => {
    for (const scope of ['open', 'process', 'shared']) {
      const bySite = judged(lost, [atItsPlace(lost, scope)])
      assert.deepEqual([found(bySite), bySite.falseAlarms], [['yes'], []])
      assert.equal(bySite.leaks[0]!.saidScope, scope)
      const byHolder = judged(lost, [{ scope, holders: [{ path: 'journal' }] }])
      assert.deepEqual(found(byHolder), ['yes'])
    }
  })

  it('gets no figure from such a line: its requests are not those that pay', () => {
    assert.equal(judged(lost, [atItsPlace(lost, 'open')]).leaks[0]!.saidBytes, null)
  })

  it('is not found by a line without a route that has another place', () => {
    const elsewhere = { sites: [{ file: 'other.js', line: 1 }] }
    const open = judged(lost, [{ scope: 'open', ...elsewhere }])
    assert.deepEqual([found(open), open.falseAlarms, open.open], [['no'], [], ['open (heap)']])
    const process = judged(lost, [{ scope: 'process', ...elsewhere }])
    assert.deepEqual([found(process), process.falseAlarms], [['no'], ['process (heap)']])
  })

  it('is found by its route, with the figure, as any other', () => {
    const { leaks } = judged(lost, [{ method: 'GET', route: '/balances/:id' }])
    assert.deepEqual([leaks[0]!.found, leaks[0]!.saidBytes], ['yes', 500])
  })
})

const COUNTS = { requests: 100, failed: 7, aborted: 9, floor: 24 }

describe('a leak of a route', () => {
  const plain = appOf('forty-services')

  it('is not found by a line of scope open, which is noted and no false alarm', () => {
    const result = judged(plain, [atItsPlace(plain, 'open')])
    assert.deepEqual([found(result), result.falseAlarms], [['no'], []])
    assert.deepEqual(result.open, ['open (heap)'])
  })

  it('was called steady when one of its route lines said so, at any time', () => {
    const line = { time: STARTED_AT + 12_000, method: 'GET', verdict: 'steady', ...COUNTS }
    const called = judged(plain, [], { routes: [{ ...line, route: '/carts/:id' }] })
    assert.equal(called.leaks[0]!.steadySeconds, 12)
    const truth = readTruth()['20']!.apps[plain.name]![0]!
    const below = { ...line, route: '/carts/:id', floor: truth.bytes + 1 }
    assert.equal(judged(plain, [], { routes: [below] }).leaks[0]!.steadySeconds, null)
    const another = judged(plain, [], { routes: [{ ...line, route: '/claims/:id' }] })
    assert.equal(another.leaks[0]!.steadySeconds, null)
  })

  it('is in the books where what was told and what was left open is what it kept, within their interval', () => {
    const [truth] = readTruth()['20']!.apps[plain.name]!
    const time = STARTED_AT + 60_000
    const kept = { time, method: 'GET', route: '/carts/:id', verdict: '', ...COUNTS }
    const routes = [kept, { ...kept, time: STARTED_AT }, { ...kept, route: '/claims/:id' }]
    const growth = { time, seconds: 30, toldBytes: 50 * truth!.bytes, openBytes: 40 * truth!.bytes }
    const balances = (ci95: [number, number]): boolean =>
      judged(plain, [], { routes, growth: { ...growth, ci95 } }).books!.balances
    assert.equal(balances([29 * truth!.bytes, 51 * truth!.bytes]), true)
    assert.equal(balances([31 * truth!.bytes, 49 * truth!.bytes]), false)
  })

  it('has a figure to compare where the line says the outcome that pays, and else none', () => {
    const of = appOf('aborted-exports')
    const line = { method: 'GET', route: '/exports/:id' }
    const [right] = judged(of, [{ ...line, outcome: 'aborted' }]).leaks
    assert.deepEqual([right!.saidBytes, right!.saidOutcome], [500, 'aborted'])
    const [ofAll] = judged(of, [line]).leaks
    assert.deepEqual([ofAll!.found, ofAll!.saidBytes, ofAll!.saidOutcome], ['yes', null, null])
  })
})
