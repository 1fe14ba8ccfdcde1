import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pageData } from '../../../lib/cli/view/html-data'
import { ratesOf } from '../../../lib/cli/view/request-rates'
import { MADE_AT, MadeLog } from '../../support/made-log'

describe('requests per second', () => {
  /** Every process has so many requests in each interval. */
  function rates(
    processes: number,
    intervalMs: number,
    intervals: number,
    stepMs: number,
  ): number[] {
    const points = new Map<number, number>()
    for (let process = 0; process < processes; process++) {
      const phase = (process / processes) * intervalMs
      for (let line = 1; line <= intervals; line++) {
        const bucket = Math.floor((phase + line * intervalMs) / stepMs) * stepMs
        points.set(bucket, (points.get(bucket) ?? 0) + (intervalMs / 1000) * 5)
      }
    }
    const { summary } = new MadeLog().start({ intervalMs }, 0).read()
    const instances = Array.from({ length: processes }, () => summary.instances[0]!)
    return ratesOf(
      [...points]
        .sort(([a], [b]) => a - b)
        .map(([time, requests]) => ({ ...EMPTY_POINT, time: MADE_AT + time, requests })),
      stepMs,
      { instances, from: MADE_AT, to: MADE_AT + (intervals + 1 - 1 / processes) * intervalMs },
    )
  }
  const EMPTY_POINT = {
    errors: 0,
    aborted: 0,
    meanMs: 0,
    p99Ms: 0,
    cleanHeapDeltaBytes: null,
    cleanRequests: 0,
    retainedBytesPerRequest: null,
  }

  it('of one process in few points are those of each interval', () => {
    assert.deepEqual(rates(1, 10_000, 12, 1000), new Array(12).fill(5))
  })

  it('of the interval that the process ended in are over its part of it', () => {
    const log = new MadeLog().start({}, 0)
    for (const [at, requests] of [
      [10_000, 50],
      [20_000, 50],
      [22_000, 10],
    ] as const) {
      log.process({}, at).route({}, at, { requests })
    }
    const { summary, counts } = log.read()
    const [route] = pageData(summary, counts).routes
    assert.deepEqual(route!.curve!.requestsPerSecond, [5, 5, 5])
  })

  for (const [processes, stepMs] of [
    [1, 16_000],
    [1, 128_000],
    [4, 1000],
    [4, 16_000],
    [3, 64_000],
  ] as const) {
    it(`of ${processes} in points of ${stepMs / 1000} s stay near the truth, whatever falls together`, () => {
      const truth = 5 * processes
      const found = rates(processes, 10_000, 400, stepMs)
      const inner = found.slice(2, -2)
      assert.ok(
        inner.every((rate) => Math.abs(rate - truth) <= truth / 4),
        inner.map((rate) => rate.toFixed(2)).join(' '),
      )
      const mean = inner.reduce((sum, rate) => sum + rate, 0) / inner.length
      assert.ok(Math.abs(mean - truth) < truth / 20, `${mean}`)
      for (const edge of [...found.slice(0, 2), ...found.slice(-2)]) {
        assert.ok(edge > truth / 2 && edge < truth * 1.5, `${edge} at an end`)
      }
    })
  }
})
