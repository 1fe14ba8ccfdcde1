import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LogLineOf } from '../../../lib/cli/log/log-line'
import {
  addMemoryPoint,
  addRoutePoint,
  emptyMemoryPoint,
  emptyRoutePoint,
  mergeMemoryPoints,
  mergeRoutePoints,
} from '../../../lib/cli/summary/series'
import { processLine, readAll, routeLine } from '../../support/log-lines'

function processOf(fields: object): LogLineOf<'process'> {
  return readAll([processLine({ ...fields })]).lines[0] as LogLineOf<'process'>
}

function routeOf(fields: object): LogLineOf<'route'> {
  return readAll([routeLine({ ...fields })]).lines[0] as LogLineOf<'route'>
}

describe('two points of one series', () => {
  it('of memory are one: the highest of a level, the sum of a count, the newest live heap', () => {
    const lines = [
      processOf({ rssBytes: 9, liveHeapBytes: 7, requests: 2, inFlight: 1 }),
      processOf({ rssBytes: 5, liveHeapBytes: 6, requests: 3, inFlight: 4 }),
      processOf({ rssBytes: 8, liveHeapBytes: undefined, requests: 1, inFlight: 0 }),
    ] as const
    const inOne = emptyMemoryPoint(1000)
    for (const line of lines) addMemoryPoint(inOne, line)
    const { rssBytes, liveHeapBytes, requests, inFlight, gcMinor } = inOne
    assert.deepEqual([rssBytes, liveHeapBytes, requests, inFlight, gcMinor], [9, 6, 6, 4, 9])

    const earlier = emptyMemoryPoint(1000)
    addMemoryPoint(earlier, lines[0])
    const later = emptyMemoryPoint(2000)
    addMemoryPoint(later, lines[1])
    addMemoryPoint(later, lines[2])
    mergeMemoryPoints(earlier, later)
    assert.deepEqual(earlier, inOne)
  })

  it('of a route are one: counts add up, a mean is that of all requests', () => {
    const durationMs = { mean: 4, p50: 1, p90: 1, p99: 9, max: 9 }
    const earlier = emptyRoutePoint(1000)
    addRoutePoint(earlier, routeOf({ requests: 1, durationMs, retainedBytesPerRequest: 5 }))
    const later = emptyRoutePoint(2000)
    addRoutePoint(later, routeOf({ requests: 3, durationMs: { ...durationMs, mean: 8, p99: 7 } }))
    mergeRoutePoints(earlier, later)
    assert.deepEqual([earlier.requests, earlier.meanMs, earlier.p99Ms], [4, 7, 9])
    assert.deepEqual([earlier.cleanRequests, earlier.cleanHeapDeltaBytes], [4, -512])
  })
})
