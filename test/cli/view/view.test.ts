import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { describeOutput } from '../../../lib/cli/view/terminal'
import { areaChart, sparkline } from '../../../lib/cli/view/chart'
import { memorySeries } from '../../../lib/cli/view/memory-series'
import { formatInterval, formatMs } from '../../../lib/cli/view/numbers'
import { printable } from '../../../lib/cli/view/printable'
import { alignedTable, type Column, tabbedTable, withoutEmpty } from '../../../lib/cli/view/table'
import { processLine, summaryOf } from '../../support/log-lines'

describe('numbers', () => {
  it('of ms have two or three digits that count', () => {
    const said = [0, 0.004, 0.994, 0.996, 9.94, 9.96, 99.4, 999.4, 999.6, 12_345].map(formatMs)
    assert.deepEqual(said, [
      '0.00 ms',
      '0.00 ms',
      '0.99 ms',
      '1.0 ms',
      '9.9 ms',
      '10 ms',
      '99 ms',
      '999 ms',
      '1.0 s',
      '12 s',
    ])
  })

  it('of an interval name the unit once where both ends share it', () => {
    assert.equal(formatInterval([1300, 1600]), '1.3 to 1.6 kB')
    assert.equal(formatInterval([900, 1600]), '900 B to 1.6 kB')
    assert.equal(formatInterval([-100, 1600]), '-100 B to 1.6 kB')
  })
})

describe('charts', () => {
  it('show the lowest as an eighth, the highest as a block, and nothing as nothing', () => {
    assert.equal(sparkline([1, 2, 3, 4, 5, 6, 7, 8, null]), '▁▂▃▄▅▆▇█ ')
    assert.equal(sparkline([5, 5]), '▁▁')
    assert.equal(sparkline([null]), ' ')
  })

  it('draw areas from zero, with the bytes beside', () => {
    assert.deepEqual(areaChart([0, 1e6, 2e6, 3e6, 4e6, null], 2), [
      '4.0 MB ┤   ▄█',
      '2.0 MB ┤ ▄███',
    ])
  })
})

describe('memory over time', () => {
  const second = (at: number): number => 1_700_000_000_000 + 1000 * at
  const lines = (instance: string, from: number, to: number, rssBytes: number): string[] =>
    Array.from({ length: (to - from) / 10 + 1 }, (_, step) =>
      processLine({ instance, time: second(from + 10 * step), rssBytes }),
    )

  it('is summed over the processes that live, and marks a restart where it was', () => {
    const summary = summaryOf([
      ...lines('a', 0, 100, 1e6),
      ...lines('b', 0, 200, 2e6).map((line) => line.replace('"host"', '"other"')),
      ...lines('c', 150, 200, 4e6),
    ])
    const series = memorySeries(summary, 20)!
    const at = (seconds: number): number => Math.floor((seconds * 1000) / series.stepMs)
    assert.deepEqual(
      [0, 50, 125, 160, 199].map((seconds) => series.rssBytes[at(seconds)]),
      [3e6, 3e6, 2e6, 6e6, 6e6],
    )
    assert.deepEqual(
      [0, 125, 199].map((seconds) => series.processes[at(seconds)]),
      [2, 1, 2],
    )
    assert.deepEqual(series.restarts, [at(150)])
    assert.deepEqual(series.restartTimes, [second(150)])
    const requests = series.requests.reduce((sum, count) => sum + count, 0)
    assert.equal(requests, 10 * (11 + 21 + 6))
  })

  it('has at most the steps asked for, and no empty one in a life', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 100 }),
        (count, most) => {
          const series = memorySeries(summaryOf(lines('a', 0, 10 * count, 1e6)), most)!
          assert.ok(series.rssBytes.length <= most)
          assert.ok(series.rssBytes.every((bytes) => bytes === 1e6))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('is none without a process line', () => {
    assert.equal(memorySeries(summaryOf([]), 10), null)
  })
})

describe('tables', () => {
  const columns: Column[] = [
    { title: 'route', align: 'left' },
    { title: 'p50', align: 'right', spare: 1 },
    { title: 'errors', align: 'right', spare: 2 },
    { title: 'verdict', align: 'left' },
  ]
  const rows = [['GET /a/very/long/path/of/a/route', '1 ms', '0', 'steady']]

  it('fit the width: what can be spared goes first, then the middle of names', () => {
    assert.deepEqual(
      alignedTable(columns, rows, 80)[0],
      `${'route'.padEnd(32)}   p50  errors  verdict`,
    )
    assert.deepEqual(alignedTable(columns, rows, 36), [
      'route           p50  errors  verdict',
      'GET …/a/route  1 ms       0  steady',
    ])
    assert.deepEqual(alignedTable(columns, rows, 34), [
      'route              errors  verdict',
      'GET /a…of/a/route       0  steady',
    ])
    for (const width of [21, 25, 30, 36, 40, 60]) {
      for (const line of alignedTable(columns, rows, width)) {
        assert.ok(Array.from(line).length <= width, `${width}: ${line}`)
      }
    }
  })

  it('stay in their columns where names are Chinese or hold emoji', () => {
    const lines = alignedTable(
      columns,
      [
        ['GET /用户/列表', '1 ms', '0', 'steady'],
        ['GET /👍🏽', '20 ms', '3', 'steady'],
        ['GET /a', '300 ms', '12', 'steady'],
      ],
      80,
    )
    assert.deepEqual(lines, [
      'route              p50  errors  verdict',
      'GET /用户/列表    1 ms       0  steady',
      'GET /👍🏽          20 ms       3  steady',
      'GET /a          300 ms      12  steady',
    ])
  })

  it('for a pipe have all cells, with one tab between', () => {
    assert.deepEqual(tabbedTable(columns, rows), [
      'route\tp50\terrors\tverdict',
      'GET /a/very/long/path/of/a/route\t1 ms\t0\tsteady',
    ])
  })

  it('leave out columns that say nothing in any row', () => {
    const [left, cells] = withoutEmpty(columns, rows)
    assert.deepEqual(
      left.map(({ title }) => title),
      ['route', 'p50', 'verdict'],
    )
    assert.deepEqual(cells, [['GET /a/very/long/path/of/a/route', '1 ms', 'steady']])
  })
})

describe('printable', () => {
  it('leaves nothing that drives a terminal, hides or turns, in 200 characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        const shown = printable(text)
        assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
        if (Array.from(text).length <= 200 && /^[\x20-\x7e]*$/.test(text)) assert.equal(shown, text)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the output', () => {
  const terminal = { isTTY: true, columns: 120 }

  it('is as wide as COLUMNS says, else the terminal, else 80; from 40 to 500', () => {
    const width = (stream: object, COLUMNS?: string): number =>
      describeOutput(stream, COLUMNS === undefined ? {} : { COLUMNS }).columns
    assert.deepEqual(
      [width(terminal), width({}), width(terminal, '90'), width({}, '90'), width({}, 'x')],
      [120, 80, 90, 90, 80],
    )
    assert.deepEqual([width({}, '39'), width({}, '501'), width({}, '-3')], [40, 500, 80])
  })

  it('is coloured in a terminal, unless it or somebody says no; elsewhere only on demand', () => {
    const color = (stream: object, env: NodeJS.ProcessEnv): boolean =>
      describeOutput(stream, env).color
    assert.equal(color(terminal, {}), true)
    assert.equal(color(terminal, { NO_COLOR: '1' }), false)
    assert.equal(color(terminal, { NO_COLOR: '' }), true)
    assert.equal(color(terminal, { TERM: 'dumb' }), false)
    assert.equal(color({}, {}), false)
    assert.equal(color({}, { FORCE_COLOR: '1' }), true)
    assert.equal(color({}, { FORCE_COLOR: '0' }), false)
    assert.equal(color({}, { FORCE_COLOR: '1', NO_COLOR: '1' }), false)
  })
})
