import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { median } from './median'
import { markdownTable, textTable } from './table'

const ROWS = [
  ['GET /a|b', '1,200', '4 of 5'],
  ['GET /', '-', '12 of 12'],
]

describe('a table', () => {
  it('has columns of numbers at the right, as text and as Markdown', () => {
    assert.equal(
      textTable(['route', 'bytes', 'found'], ROWS),
      [
        'route     bytes  found',
        '--------  -----  --------',
        'GET /a|b  1,200  4 of 5',
        'GET /         -  12 of 12',
      ].join('\n'),
    )
    assert.equal(
      markdownTable(['route', 'bytes', 'found'], ROWS),
      '| route | bytes | found |\n| --- | ---: | --- |\n| GET /a\\|b | 1,200 | 4 of 5 |\n| GET / | - | 12 of 12 |',
    )
  })

  it('takes a number with its unit and its sign for one, and several numbers for none', () => {
    const [, rule] = markdownTable(['', 'a', 'b'], [['x', '+3 %', '1..2']]).split('\n')
    assert.equal(rule, '| --- | ---: | --- |')
  })
})

describe('the median', () => {
  it('is the one in the middle, or the mean of the two', () => {
    assert.equal(median([9, 1, 2]), 2)
    assert.equal(median([9, 1, 2, 4]), 3)
    assert.equal(median([]), Number.NaN)
  })
})
