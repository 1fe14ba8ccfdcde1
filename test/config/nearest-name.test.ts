import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nearestName } from '../../lib/config/nearest-name'

describe('nearestName', () => {
  it('accepts a third of the letters changed and no more', () => {
    assert.equal(nearestName('abcdxx', ['abcdef']), 'abcdef')
    assert.equal(nearestName('abcxxx', ['abcdef']), null)
  })

  it('counts swapped neighbours once', () => {
    assert.equal(nearestName('bac', ['abc']), 'abc')
  })

  it('prefers the nearer, and of equals the first', () => {
    assert.equal(nearestName('leaks', ['leak', 'leaks2', 'leaks']), 'leaks')
    assert.equal(nearestName('abcdxf', ['abcdef', 'abcdzf']), 'abcdef')
  })
})
