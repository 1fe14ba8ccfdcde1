import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Limit } from '../../../lib/cli/summary/limit'

describe('Limit', () => {
  it('admits the last that fits, and counts the lines of those that do not', () => {
    const limit = new Limit(2, 'leaks')
    assert.ok(limit.admits(1))
    assert.deepEqual(limit.leftOut(), [])
    assert.ok(!limit.admits(2))
    assert.ok(!limit.admits(2))
    assert.deepEqual(limit.leftOut(), ['2 lines of more than 2 leaks'])
  })
})
