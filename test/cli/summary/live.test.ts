/* oxlint-disable no-control-regex -- the codes of terminals are what is tested */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type LiveModel, type LiveState, openLive, routeKey } from '../../../lib/cli/summary/live'
import type { LogLine } from '../../../lib/cli/log/log-line'
import { openSummary } from '../../../lib/cli/summary/builder'
import { liveScreen, liveText, type LiveView } from '../../../lib/cli/view/live-view'
import { HOSTILE_TEXT, madeHostile, MadeLog, madeShop } from '../../support/made-log'

function fed(log: MadeLog, model: LiveModel = openLive()): LiveState {
  for (const line of log.lines) model.line(line as unknown as LogLine)
  return model.state()
}

const KEY = routeKey({ service: 'shop', method: 'GET', route: '/items/:id' })

describe('what happens now', () => {
  it('is the last whole interval of each process, summed', () => {
    const log = new MadeLog()
    log.start({ pid: 1 }, 0).route({ pid: 1 }, 9_999, { requests: 50 })
    log.process({ pid: 1 }, 10_000, { requests: 50, rssBytes: 7e6 })
    log.route({ pid: 1 }, 14_999, { requests: 10, errors: 5 })
    log.process({ pid: 1 }, 15_000, { requests: 10, rssBytes: 8e6 })
    // Not over yet.
    log.route({ pid: 1 }, 15_001, { requests: 9999 })
    log.start({ pid: 2 }, 0)
    log.route({ pid: 2 }, 19_999, {
      requests: 120,
      durationMs: { mean: 8, p50: 3, p90: 7, p99: 40, max: 50 },
    })
    log.process({ pid: 2 }, 20_000, { requests: 120, rssBytes: 5e6, inFlight: 4 })
    const { processes, requestsPerSecond, rssBytes, inFlight, routes, rssHistory } = fed(log)
    assert.deepEqual([processes, requestsPerSecond, rssBytes, inFlight], [2, 8, 13e6, 5])
    assert.deepEqual(rssHistory, [7e6, 8e6, 13e6])
    // 2 per second at 4 ms and 6 per second at 8 ms.
    assert.deepEqual(routes.get(KEY), {
      requestsPerSecond: 8,
      errorsPerSecond: 1,
      p99Ms: 40,
      meanMs: 7,
    })
  })

  it('is nothing for a route without requests in the last interval', () => {
    const log = new MadeLog().route({}, 9_999).process({}, 10_000).process({}, 20_000)
    assert.equal(fed(log).routes.size, 0)
  })

  it('leaves out a process that stopped, and one that fell silent', () => {
    const stopped = new MadeLog().start({}, 0).process({}, 10_000).stop({}, 11_000)
    assert.equal(fed(stopped).processes, 0)
    const killed = new MadeLog().start({ pid: 1 }, 0).process({ pid: 1 }, 10_000)
    for (let at = 10_000; at <= 50_000; at += 10_000) killed.process({ pid: 2 }, at)
    assert.equal(fed(killed).processes, 2)
    killed.process({ pid: 2 }, 70_000)
    assert.equal(fed(killed).processes, 1)
  })

  it('stays bounded, whatever comes', () => {
    const model = openLive()
    const log = new MadeLog()
    for (let pid = 1; pid <= 1500; pid++) log.process({ pid }, pid)
    const state = fed(log, model)
    assert.equal(state.processes, 1000)
    assert.equal(state.rssHistory.length, 512)
  })
})

function viewOf(log: MadeLog, more: Partial<LiveView> = {}): LiveView {
  const builder = openSummary()
  for (const line of log.lines) builder.line(line as unknown as LogLine)
  return {
    summary: builder.summary(),
    state: fed(log),
    sort: 'm',
    others: [],
    source: 'a.log',
    note: '',
    columns: 100,
    rows: 24,
    color: false,
    ...more,
  }
}

// Whatever drives a terminal, or turns its text around.
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

describe('the screen', () => {
  it('never has more lines than rows, nor more characters than columns', () => {
    for (const log of [madeShop(), madeShop(200), madeHostile(), new MadeLog()]) {
      const others = Array.from({ length: 50 }, (_, at) => `line ${at} ${'x'.repeat(300)}`)
      for (const [columns, rows] of [
        [40, 1],
        [40, 6],
        [80, 24],
        [200, 60],
      ] as const) {
        const lines = liveScreen(viewOf(log, { columns, rows, others }))
        assert.ok(lines.length <= rows, `${lines.length} lines`)
        for (const line of lines) assert.ok(Array.from(line).length <= columns, line)
      }
    }
  })

  it('of 70 columns has the whole verdict of each route', () => {
    const lines = liveScreen(viewOf(madeShop(), { columns: 70 }))
    const rows = lines.filter((line) => /^(GET|POST) \S+ +\d/.test(line))
    assert.ok(rows.length > 0)
    for (const row of rows) assert.match(row, /(leaking|plateaued|steady|insufficient-data)$/)
  })

  it('says nothing in control characters, whatever the log says', () => {
    const view = viewOf(madeHostile(), { columns: 1000, rows: 100, source: 'a' })
    for (const line of [...liveScreen(view), ...liveText(view).split('\n')]) {
      assert.doesNotMatch(line, CONTROL)
    }
    assert.ok(madeHostile().text.includes(JSON.stringify(HOSTILE_TEXT).slice(1, -1)))
  })

  it('without colour has none, with colour only its own', () => {
    const plain = liveScreen(viewOf(madeShop())).join('\n')
    const coloured = liveScreen(viewOf(madeShop(), { color: true })).join('\n')
    assert.doesNotMatch(plain, /\u001b/)
    assert.match(coloured, /\u001b\[31mleaking\u001b\[39m/)
    assert.equal(coloured.replaceAll(/\u001b\[\d+m/g, ''), plain)
  })

  it('sorts by what is asked', () => {
    const log = new MadeLog().start({}, 0)
    for (const [route, requests, p99, errors] of [
      ['/a', 30, 5, 1],
      ['/b', 20, 50, 9],
      ['/c', 10, 20, 3],
    ] as const) {
      const durationMs = { mean: 1, p50: 1, p90: 1, p99, max: 60 }
      log.route({}, 9_999, { route, requests, requestsTotal: 100 - requests, errors, durationMs })
    }
    log.process({}, 10_000)
    const order = (sort: LiveView['sort']): string =>
      [...liveText(viewOf(log, { sort })).matchAll(/^GET \/(\w)/gm)]
        .map(([, name]) => name)
        .join('')
    assert.deepEqual(
      { r: order('r'), l: order('l'), e: order('e'), n: order('n') },
      { r: 'abc', l: 'bca', e: 'bca', n: 'abc' },
    )
  })

  it('shows the last lines of other programs at the bottom, the keys below', () => {
    const others = ['first', 'second']
    const lines = liveScreen(viewOf(madeShop(), { others }))
    assert.deepEqual(lines.slice(-3, -1), others)
    assert.match(lines.at(-1)!, /^q quit/)
    assert.equal(lines.length, 24)
  })
})
