import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { expandDestination } from '../../lib/emit/destination'

describe('expandDestination', () => {
  it('puts the ids in wherever they are asked for', () => {
    assert.equal(expandDestination('a-%p-%t-%p.log', 41, 2), 'a-41-2-41.log')
  })

  it('leaves every other percent sign alone', () => {
    assert.equal(expandDestination('100%/%d%%x%', 41, 2), '100%/%d%%x%')
    assert.equal(expandDestination('stdout', 41, 2), 'stdout')
  })
})
