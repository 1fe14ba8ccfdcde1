/** What the page computes, without a browser. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { binCounts } from '../../../lib/cli/page/bins'
import { formatElapsed, openClock } from '../../../lib/cli/page/clock'
import type { ProcessCurve, ProcessData } from '../../../lib/cli/view/page-data'
import { extent, layLanes, valueAt } from '../../../lib/cli/page/lanes'
import { formatShare } from '../../../lib/cli/page/share'
import { openTimeView } from '../../../lib/cli/page/time-view'

const SECOND = 1000
const HOUR = 3600 * SECOND
const DAY = 24 * HOUR

/** One value a letter: a digit, or `.` for one that is not known. Points 10 s apart. */
function drawProcess(startMs: number, values: string): ProcessData {
  const numbers = Array.from(values).map((value) => (value === '.' ? null : Number(value)))
  const curve: ProcessCurve = {
    atMs: numbers.map((_, at) => startMs + at * 10),
    rssBytes: numbers,
    heapUsedBytes: numbers,
    liveHeapBytes: numbers,
    buffersBytes: numbers,
    heapLimitBytes: numbers,
    majorGcs: numbers,
    gcPauseMs: numbers,
  }
  return {
    name: '',
    facts: [],
    startMs,
    endMs: curve.atMs.at(-1)!,
    end: 'runs',
    requests: 0,
    maxRssBytes: 0,
    liveHeapBytes: 0,
    curve,
  }
}

/** A lane's values: `_` where the line goes through, `|` where it has ended. */
function drawLane(lanes: ReturnType<typeof layLanes>, lane: number): string {
  return lanes
    .all('rssBytes')
    [lane]!.map((value) => (value === undefined ? '_' : value === null ? '|' : String(value)))
    .join('')
}

describe('lanes', () => {
  it('processes in turn are one line with a gap', () => {
    const lanes = layLanes([drawProcess(0, '123'), drawProcess(40, '45')])
    assert.deepEqual(lanes.atMs, [0, 10, 20, 21, 40, 50, 51])
    assert.equal(lanes.count, 1)
    assert.equal(drawLane(lanes, 0), '123|45|')
    assert.equal(lanes.last, 5)
  })

  it('processes at once are a line each, which goes through the times of the others', () => {
    const lanes = layLanes([drawProcess(5, '78'), drawProcess(0, '123')])
    assert.deepEqual(lanes.atMs, [0, 5, 10, 15, 16, 20, 21])
    assert.equal(drawLane(lanes, 0), '1_2__3|')
    assert.equal(drawLane(lanes, 1), '|7_8|||')
  })

  it('what is not known is a gap within a line', () => {
    assert.equal(drawLane(layLanes([drawProcess(0, '1.3')]), 0), '1|3|')
  })

  it('a value between two points is that of the one before', () => {
    const values = [3, undefined, undefined, null, undefined, 5]
    assert.deepEqual(
      values.map((_, at) => valueAt(values, at)),
      [3, 3, 3, null, null, 5],
    )
    assert.deepEqual(extent(values), { low: 3, high: 5 })
    assert.equal(extent([null, undefined]), null)
  })
})

describe('bins', () => {
  it('add up counts over a round time, and know their middle', () => {
    const counts = [0, 400, 999, 1000, 5000].map((ms) => ({ ms, count: 1 }))
    assert.deepEqual(binCounts(counts, 10_000, 10), {
      widthMs: 1000,
      atMs: [500, 1500, 5500],
      sums: [3, 1, 1],
    })
    assert.equal(binCounts(counts, 7 * DAY, 120).widthMs, 2 * HOUR)
  })
})

describe('clock', () => {
  it('a short run counts from its start, in steps that are round', () => {
    const clock = openClock(0, 90 * SECOND)
    const { labels } = clock.ticks(0, 90 * SECOND, 6)
    assert.deepEqual(labels, ['0 s', '15 s', '30 s', '45 s', '1 min', '1:15 min', '1:30 min'])
  })

  it('a long one has whole hours and days of the reader', () => {
    const start = new Date(2026, 0, 5, 22, 17).getTime()
    const clock = openClock(start, 12 * HOUR)
    const { atMs, labels } = clock.ticks(0, 12 * HOUR, 6)
    for (const ms of atMs) assert.equal(new Date(start + ms).getMinutes(), 0)
    assert.ok(labels.includes('6 Jan') && labels.includes('04:00'), labels.join())
    const days = openClock(start, 7 * DAY).ticks(0, 7 * DAY, 7).labels
    assert.deepEqual(days, ['6 Jan', '7 Jan', '8 Jan', '9 Jan', '10 Jan', '11 Jan', '12 Jan'])
  })

  it('never more ticks than there is room for', () => {
    for (let spanMs = 100; spanMs < 10 * 365 * DAY; spanMs *= 1.7) {
      for (const max of [2, 5, 14]) {
        const { atMs } = openClock(0, spanMs).ticks(0, spanMs, max)
        assert.ok(atMs.length <= max + 1, `${atMs.length} for ${spanMs} ms`)
      }
    }
  })

  it('times since the start are short and have a unit', () => {
    const shown = [0, 1500, 59_000, 90_000, 3600_000, 5400_000, 49 * HOUR].map(formatElapsed)
    assert.deepEqual(shown, ['0 s', '1.5 s', '59 s', '1:30 min', '1 h', '1 h 30 min', '2 d 1 h'])
  })
})

describe('the part of the time that is shown', () => {
  it('stays within the log, and is never shorter than can be seen', () => {
    const view = openTimeView(10_000)
    let told = 0
    view.onShow(() => told++)
    const part = (): number[] => [view.fromMs, view.toMs]
    view.show(-5000, 4000)
    assert.deepEqual(part(), [0, 9000])
    view.show(9900, 9900)
    assert.deepEqual(part(), [9000, 10_000])
    view.show(-1e9, 1e9)
    assert.deepEqual([...part(), told], [0, 10_000, 3])
    assert.equal(openTimeView(0).toMs, 1000)
  })

  it('a moment is told once', () => {
    const view = openTimeView(10_000)
    let told = 0
    view.onPoint(() => told++)
    for (const at of [5, 5, null, null, 6]) view.point(at)
    assert.equal(told, 3)
  })
})

it('shares are written with what counts of them', () => {
  const shares = [0, 0.0002, 0.0212, 0.0994, 0.42, 1].map(formatShare)
  assert.deepEqual(shares, ['0 %', '< 0.1 %', '2.1 %', '9.9 %', '42 %', '100 %'])
})
