import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import { Guard } from '../../lib/hooks/guard'
import { handlerLayer } from '../../lib/hooks/layers'
import { fakeListener } from '../support/fake-listener'

const PLANTED = new Error('planted')
function fail(): never {
  throw PLANTED
}

describe('guarded work', () => {
  it('is called with its arguments, and its result comes back', () => {
    const guard = new Guard(fakeListener())
    const sum = guard.guarded(
      'adding',
      (a: number, b: number, c: number, d: number) => a + b + c + d,
    )
    assert.equal(sum(1, 2, 3, 4), 10)
    assert.equal(guard.guarded('nothing', () => 'result')(), 'result')
  })

  it('is told of where it throws, and the caller goes on', () => {
    const listener = fakeListener()
    const guard = new Guard(listener)
    assert.equal(guard.guarded('planting', fail)(), null)
    assert.deepEqual(listener.failures, [['planting', PLANTED]])
  })

  it('is left out once memprof is off', () => {
    const listener = fakeListener({ active: false })
    const guard = new Guard(listener)
    assert.equal(guard.guarded('planting', fail)(), null)
    assert.equal(guard.enterLayer({}, handlerLayer(fail)), null)
    guard.nothingMatched({})
    assert.deepEqual([listener.failures, listener.entered, listener.unmatched], [[], [], []])
  })

  it('is all that frameworks tell', () => {
    const guard = new Guard({ ...fakeListener(), layerEntered: fail, nothingMatched: fail })
    assert.equal(guard.enterLayer({}, handlerLayer(fail)), null)
    guard.nothingMatched({})
  })
})

describe('the end of a response', () => {
  it('is told to each that observes it, until it no longer does', () => {
    const guard = new Guard(fakeListener())
    const res = {} as ServerResponse
    const seen: string[] = []
    const leave = guard.onResponseEnding((ending) => seen.push(`first ${ending === res}`))
    guard.onResponseEnding(() => seen.push('second'))
    guard.responseEnding(res)
    leave()
    leave()
    guard.responseEnding(res)
    assert.deepEqual(seen, ['first true', 'second', 'second'])
  })
})
