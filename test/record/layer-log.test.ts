import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LayerInfo } from '../../lib/hooks/listener'
import { LayerLog } from '../../lib/record/layer-log'
import { RequestState } from '../../lib/record/request-state'

function timed(routeId: number, startMs: number, layers: Array<[string, number]>): RequestState {
  const state = new RequestState()
  state.routeId = routeId
  state.startMs = startMs
  state.endMs = startMs + 1
  state.timedCount = layers.length
  for (const [at, [name, heapBytes]] of layers.entries()) {
    state.timedLayers[at] = { name } as LayerInfo
    state.timedHeapBytes[at] = heapBytes
  }
  return state
}

type Row = [routeId: number, name: string, heapBytes: number]

function drained(log: LayerLog, isClean: (startMs: number, endMs: number) => boolean): Row[] {
  const rows: Row[] = []
  log.drain(isClean, (...row) => rows.push(row))
  return rows
}

describe('LayerLog', () => {
  it('tells each layer of each request, once, but of none in which a GC ran', () => {
    const log = new LayerLog()
    log.push(
      timed(3, 10, [
        ['query', 100],
        ['list', -50],
      ]),
    )
    log.push(timed(4, 20, [['query', 200]]))
    log.push(timed(3, 30, [['list', 300]]))
    const asked: number[][] = []
    const rows = drained(log, (startMs, endMs) => {
      asked.push([startMs, endMs])
      return startMs !== 20
    })
    assert.deepEqual(asked, [
      [10, 11],
      [20, 21],
      [30, 31],
    ])
    assert.deepEqual(rows, [
      [3, 'query', 100],
      [3, 'list', -50],
      [3, 'list', 300],
    ])
    assert.deepEqual(
      drained(log, () => true),
      [],
    )
  })

  it('keeps what it was told, whatever the request is used for next', () => {
    const log = new LayerLog()
    const state = timed(1, 0, [['first', 1]])
    log.push(state)
    state.routeId = 2
    state.timedLayers[0] = { name: 'second' } as LayerInfo
    state.timedHeapBytes[0] = 2
    assert.deepEqual(
      drained(log, () => true),
      [[1, 'first', 1]],
    )
  })

  it('leaves out, whole, what finds no room: of 1,024 requests, or 4,096 layers', () => {
    const ofOne = new LayerLog()
    for (let sent = 0; sent < 2000; sent++) ofOne.push(timed(sent, sent, [['a', 1]]))
    assert.equal(drained(ofOne, () => true).length, 1024)
    const ofFive = new LayerLog()
    const five: Array<[string, number]> = ['a', 'b', 'c', 'd', 'e'].map((name) => [name, 1])
    for (let sent = 0; sent < 1000; sent++) ofFive.push(timed(sent, sent, five))
    assert.equal(drained(ofFive, () => true).length, 5 * Math.floor(4096 / 5))
  })

  it('has room again after a drain', () => {
    const log = new LayerLog()
    for (let sent = 0; sent < 2000; sent++) log.push(timed(sent, sent, [['a', 1]]))
    drained(log, () => false)
    log.push(timed(7, 0, [['b', 9]]))
    assert.deepEqual(
      drained(log, () => true),
      [[7, 'b', 9]],
    )
  })
})
