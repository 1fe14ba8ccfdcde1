import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { connectReport } from '../../lib/emit/connect-report'
import { emptyReading } from '../../lib/record/reading'

const MB = 1 << 20
const BEFORE = {
  rssBytes: 60 * MB,
  vsizeBytes: 1000 * MB,
  heapUsedBytes: 28.63 * MB,
  heapTotalBytes: 65.99 * MB,
  externalBytes: 0,
}
const AFTER = { ...BEFORE, rssBytes: 60 * MB + 806_912, heapUsedBytes: 29.71 * MB }

describe('connectReport', () => {
  it('has the six lines and an empty one', () => {
    assert.equal(
      connectReport('GET', '/', 38.6, BEFORE, { ...AFTER, vsizeBytes: 2000 * MB }),
      [
        'GET /',
        'response time: 39ms',
        'memory rss: 788.00kb',
        'memory vsize: 1000.00mb',
        'heap before: 28.63mb / 65.99mb',
        'heap after: 29.71mb / 65.99mb',
        '',
        '',
      ].join('\n'),
    )
  })

  it('says so where the platform does not tell the address space', () => {
    const unknown = { ...emptyReading(), vsizeBytes: Number.NaN }
    assert.match(connectReport('GET', '/', 0, unknown, unknown), /^memory vsize: unknown here$/m)
  })

  it('lets no control character of a path through, nor a line of its own', () => {
    const report = connectReport('GET', '/a\nb\u001b[2Jc\u007f\u009b\r\u0000d', 0, BEFORE, AFTER)
    assert.equal(report.split('\n')[0], 'GET /a?b?[2Jc????d')
    assert.equal(report.split('\n').length, 8)
  })
})
