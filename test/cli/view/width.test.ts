import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { cutEnd, cutMiddle, padTo, widthOf, wrap } from '../../../lib/cli/view/width'

describe('the width of a text', () => {
  it('is two columns for a Chinese character and an emoji, none for an accent that combines', () => {
    assert.equal(widthOf('GET /users'), 10)
    assert.equal(widthOf('GET /用户'), 9)
    assert.equal(widthOf('한글'), 4)
    assert.equal(widthOf('😀👍🏽'), 4)
    assert.equal(widthOf('e\u0301'), 1)
  })

  it('is filled with blanks on either side', () => {
    assert.equal(padTo('用户', 6), '用户  ')
    assert.equal(padTo('用户', 6, 'right'), '  用户')
    assert.equal(padTo('用户', 3), '用户')
  })

  it('is kept by cutting the end, or the middle, between whole characters', () => {
    assert.equal(cutEnd('GET /用户', 9), 'GET /用户')
    assert.equal(cutEnd('GET /用户', 8), 'GET /用…')
    assert.equal(cutEnd('GET /用户', 7), 'GET /…')
    assert.equal(cutMiddle('GET /用户/列表/搜索', 19), 'GET /用户/列表/搜索')
    assert.equal(cutMiddle('GET /用户/列表/搜索', 13), 'GET …表/搜索')
    assert.equal(cutMiddle('👍🏽'.repeat(5), 7), '👍🏽…👍🏽👍🏽')
  })

  it('is never passed, whatever is cut', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '用', '😀', '👍🏽', 'e\u0301', ' '),
      maxLength: 40,
    })
    fc.assert(
      fc.property(text, fc.integer({ min: 3, max: 30 }), (given, width) => {
        assert.ok(widthOf(cutEnd(given, width)) <= width)
        assert.ok(widthOf(cutMiddle(given, width)) <= width)
      }),
      { numRuns: 300 },
    )
  })

  it('breaks lines at blanks, and indents those after the first', () => {
    assert.deepEqual(wrap('用户 keeps 1 kB', 10, '  '), ['用户 keeps', '  1 kB'])
    assert.deepEqual(wrap('用户 keeps 1 kB', 9, '  '), ['用户', '  keeps 1', '  kB'])
  })
})
