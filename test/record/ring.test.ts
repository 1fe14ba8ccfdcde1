import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emptyReading } from '../../lib/record/reading'
import { type FinishedRequest, RequestRing } from '../../lib/record/ring'

function finished(startMs: number): FinishedRequest {
  return {
    routeId: 1,
    status: 200,
    outcome: 0,
    startMs,
    endMs: startMs + 1,
    concurrency: 1,
    before: { ...emptyReading(), heapUsedBytes: startMs },
    after: { ...emptyReading(), heapUsedBytes: startMs - 5 },
    method: 'GET',
    path: `/${startMs}`,
  }
}

function filled(capacity: number, rows: number): RequestRing {
  const ring = new RequestRing(capacity, true)
  for (let row = 0; row < rows; row++) ring.push(finished(row))
  return ring
}

function drained(ring: RequestRing): number[] {
  const rows: number[] = []
  ring.drain((at) => rows.push(ring.startMs[at]!))
  return rows
}

function read(ring: RequestRing): number[] {
  const rows: number[] = []
  ring.forEachRead((at) => rows.push(ring.startMs[at]!))
  return rows
}

describe('RequestRing', () => {
  it('drains what was pushed, oldest first, and each row once', () => {
    const ring = filled(4, 3)
    assert.equal(ring.unread, 3)
    assert.deepEqual(drained(ring), [0, 1, 2])
    assert.deepEqual(drained(ring), [])
    assert.equal(ring.unread, 0)
  })

  it('holds exactly its capacity before it drops anything', () => {
    const ring = filled(4, 4)
    assert.equal(ring.dropped, 0)
    assert.deepEqual(drained(ring), [0, 1, 2, 3])
  })

  it('overwrites the oldest row once full, and counts each that nobody had read', () => {
    const ring = filled(4, 5)
    assert.equal(ring.dropped, 1)
    assert.deepEqual(drained(ring), [1, 2, 3, 4])
    for (let row = 5; row < 15; row++) ring.push(finished(row))
    assert.equal(ring.dropped, 1 + 6)
    assert.deepEqual(drained(ring), [11, 12, 13, 14])
  })

  it('does not count a row as dropped that was read before it was overwritten', () => {
    const ring = filled(4, 4)
    drained(ring)
    for (let row = 4; row < 8; row++) ring.push(finished(row))
    assert.equal(ring.dropped, 0)
  })

  it('shows the rows that were read and are still there, oldest first', () => {
    const ring = filled(4, 3)
    assert.deepEqual(read(ring), [])
    drained(ring)
    assert.deepEqual(read(ring), [0, 1, 2])
    ring.push(finished(3))
    ring.push(finished(4))
    assert.deepEqual(read(ring), [1, 2])
    drained(ring)
    assert.deepEqual(read(ring), [1, 2, 3, 4])
  })

  it('keeps a delta that is negative', () => {
    const ring = filled(4, 1)
    assert.equal(ring.heapUsedAfterBytes[0]! - ring.heapUsedBeforeBytes[0]!, -5)
  })

  it('keeps paths only where they are wanted', () => {
    assert.equal(filled(4, 1).path?.[0], '/0')
    const ring = new RequestRing(4, false)
    ring.push(finished(0))
    assert.equal(ring.path, null)
  })

  it('counts the bytes of its columns as they are', () => {
    const ring = new RequestRing(64, false)
    const columns = Object.values(ring).filter((value) => ArrayBuffer.isView(value))
    const bytes = columns.reduce((sum, column) => sum + column.byteLength, 0)
    assert.equal(ring.footprintBytes, bytes)
  })
})
