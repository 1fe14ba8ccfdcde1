import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { OwnCost } from '../../lib/recording/own-cost'

/** A clock that the work itself moves. */
function open(): { cost: OwnCost; work: (ms: number) => void; errors: unknown[] } {
  let nowMs = 0
  const errors: unknown[] = []
  const cost = new OwnCost(
    (error) => errors.push(error),
    () => nowMs,
  )
  return { cost, errors, work: (ms) => cost.timed(() => (nowMs += ms)) }
}

describe('the cost of memprof itself', () => {
  it('is told interval by interval, and in the end since the start', () => {
    const { cost, work } = open()
    work(3)
    work(4)
    assert.deepEqual(cost.ofInterval({ pauseMs: 20, heapBytes: 100 }), {
      cpuMs: 7,
      pauseMs: 20,
      heapBytes: 100,
    })
    work(5)
    assert.deepEqual(cost.ofInterval({ pauseMs: 50, heapBytes: 90 }), {
      cpuMs: 5,
      pauseMs: 30,
      heapBytes: 90,
    })
    assert.deepEqual(cost.total({ pauseMs: 50, heapBytes: 90 }), {
      cpuMs: 12,
      pauseMs: 50,
      heapBytes: 90,
    })
  })

  it('is counted where the work fails, whose errors go no further', () => {
    const { cost, errors } = open()
    const error = new Error('on purpose')
    cost.timed(() => {
      throw error
    })
    assert.deepEqual(errors, [error])
  })
})
