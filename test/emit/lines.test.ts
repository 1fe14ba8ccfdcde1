import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  memoryFields,
  requestLine,
  requestMsg,
  roundMs,
  routeLine,
  routeMsg,
} from '../../lib/emit/lines'
import type { Reading } from '../../lib/record/reading'
import { OUTCOMES } from '../../lib/record/outcome'
import { type FinishedRequest, RequestRing } from '../../lib/record/ring'
import { RouteStats } from '../../lib/record/route-stats'
import { RouteTable } from '../../lib/record/routes'

const route = new RouteTable(8, () => null).named('GET', '/users/:id')

function reading(bytes: number): Reading {
  return {
    rssBytes: bytes,
    vsizeBytes: bytes + 1,
    heapUsedBytes: bytes + 2,
    heapTotalBytes: bytes + 3,
    externalBytes: bytes + 4,
  }
}

function row(changes: Partial<FinishedRequest> = {}): RequestRing {
  const ring = new RequestRing(1, true)
  ring.push({
    routeId: route.id,
    status: 200,
    outcome: OUTCOMES.indexOf('finished'),
    startMs: 10,
    endMs: 12.34567,
    concurrency: 1,
    before: reading(1000),
    after: reading(900),
    method: 'GET',
    path: '/users/7',
    ...changes,
  })
  return ring
}

describe('memoryFields', () => {
  it('has before, after and their signed difference of each', () => {
    const fields = memoryFields(reading(1000), reading(900))
    assert.equal(Object.keys(fields).length, 15)
    for (const name of ['rss', 'vsize', 'heapUsed', 'heapTotal', 'external'] as const) {
      assert.equal(fields[`${name}DeltaBytes`], -100)
      assert.equal(fields[`${name}AfterBytes`]! - fields[`${name}BeforeBytes`]!, -100)
    }
  })

  it('leaves out what the platform does not tell, instead of a guess', () => {
    const fields = memoryFields({ ...reading(1), vsizeBytes: Number.NaN }, reading(2))
    assert.equal(Object.keys(fields).length, 12)
    assert.ok(!Object.keys(fields).some((name) => name.startsWith('vsize')))
  })
})

describe('requestLine', () => {
  it('names route, path and outcome, times to a thousandth of a ms', () => {
    const line = requestLine(row(), 0, route)
    assert.equal(line.durationMs, 2.346)
    assert.equal(`${line.method} ${line.route} ${line.path}`, 'GET /users/:id /users/7')
    assert.equal(`${line.status} ${line.outcome} ${line.clean}`, '200 finished true')
    assert.equal(requestMsg(line), 'GET /users/7 200 in 2.346 ms')
  })

  it('is clean alone and without a GC, not otherwise', () => {
    assert.equal(requestLine(row({ concurrency: 2 }), 0, route).clean, false)
    const ring = row()
    ring.gcs[0] = 1
    assert.equal(requestLine(ring, 0, route).clean, false)
  })

  it('says the outcome where there was no answer', () => {
    const ring = row({ outcome: OUTCOMES.indexOf('aborted'), status: 0 })
    assert.match(requestMsg(requestLine(ring, 0, route)), / aborted in /)
  })
})

describe('routeLine', () => {
  it('sums the interval, and its totals outlive it', () => {
    const stats = new RouteStats(route)
    stats.countEnded(false, 200)
    stats.countEnded(false, 503)
    stats.countEnded(true, 0)
    for (const us of [1000, 2000, 3000]) stats.durationUs.add(us)
    stats.cleanHeapDeltaBytes.add(-50)
    const line = routeLine(stats, {})
    assert.equal(line.requests, 2)
    assert.equal(line.errors, 1)
    assert.equal(line.aborted, 1)
    assert.equal(line.durationMs.mean, 2)
    assert.equal(line.durationMs.max, 3)
    assert.deepEqual(line.heapDeltaBytes, { clean: 1, mean: -50, p50: -50, max: -50 })
    assert.deepEqual(line.rssDeltaBytes, { clean: 0 })
    assert.equal('verdict' in line, false)
    stats.nextInterval()
    const next = routeLine(stats, {})
    assert.equal(`${next.requests} ${next.requestsTotal} ${next.abortedTotal}`, '0 2 1')
  })

  it('has a sentence that names what matters', () => {
    const stats = new RouteStats(route)
    stats.countEnded(false, 200)
    stats.durationUs.add(1000)
    const known = { verdict: 'leaking', retainedBytesPerRequest: 1328 } as const
    assert.match(
      routeMsg(routeLine(stats, known)),
      /^GET \/users\/:id: 1 request, p50 1 ms, p99 1 ms, keeps 1\.3 kB per request$/,
    )
    stats.countEnded(true, 0)
    assert.match(routeMsg(routeLine(stats, { verdict: 'steady' })), /, 1 aborted, steady$/)
  })

  it('holds only numbers that JSON can carry, also with nothing to sum', () => {
    const line = routeLine(new RouteStats(route), {})
    assert.deepEqual(JSON.parse(JSON.stringify(line)), line)
  })
})

describe('roundMs', () => {
  it('keeps three decimals', () => {
    assert.equal(roundMs(1.23456), 1.235)
    assert.equal(roundMs(0), 0)
  })
})
