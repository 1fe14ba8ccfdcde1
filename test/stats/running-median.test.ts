import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RunningMedian } from '../../lib/stats/running-median'
import { seeded } from '../support/random'

describe('RunningMedian', () => {
  it('has the value given for empty, then the middle one of those added', () => {
    const median = new RunningMedian()
    assert.equal(median.value(-1), -1)
    for (const value of [9, 1, 5]) median.add(value)
    assert.equal(median.value(-1), 5)
  })

  it('agrees with sorting the last 65 values', () => {
    const random = seeded(3)
    const median = new RunningMedian()
    const values: number[] = []
    for (let step = 0; step < 300; step++) {
      values.push(random() - 0.5)
      median.add(values.at(-1)!)
      const last = values.slice(-65).sort((a, b) => a - b)
      assert.equal(median.value(0), last[last.length >> 1])
    }
  })
})
