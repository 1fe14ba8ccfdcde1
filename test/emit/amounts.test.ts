import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { countOf, formatBytes, formatConnectBytes, formatSeconds } from '../../lib/emit/amounts'

describe('units', () => {
  it('bytes in powers of 1,000, two digits below 10', () => {
    const table: Array<[bytes: number, text: string]> = [
      [0, '0 B'],
      [1, '1 B'],
      [999, '999 B'],
      [999.5, '1.0 kB'],
      [1000, '1.0 kB'],
      [1328, '1.3 kB'],
      [9949, '9.9 kB'],
      [9950, '10 kB'],
      [10_240, '10 kB'],
      [999_499, '999 kB'],
      [999_500, '1.0 MB'],
      [4_345_298_944, '4.3 GB'],
      [2e15, '2000 TB'],
      [-1328, '-1.3 kB'],
    ]
    for (const [bytes, text] of table) assert.equal(formatBytes(bytes), text, String(bytes))
  })

  it('counts with a plural where it is one', () => {
    assert.equal(countOf(0, 'request'), '0 requests')
    assert.equal(countOf(1, 'request'), '1 request')
    assert.equal(countOf(2, 'request'), '2 requests')
  })

  it('times as their two largest units that are not zero', () => {
    const table: Array<[seconds: number, text: string]> = [
      [0, '0 s'],
      [0.9, '0 s'],
      [59.9, '59 s'],
      [60, '1 min'],
      [3599, '59 min 59 s'],
      [3600, '1 h'],
      [8040, '2 h 14 min'],
      [86_400, '1 d'],
      [90_061, '1 d 1 h'],
      [86_460, '1 d'],
    ]
    for (const [seconds, text] of table) assert.equal(formatSeconds(seconds), text, String(seconds))
  })

  it('sizes as Connect wrote them: powers of 1,024, two decimals', () => {
    const table: Array<[bytes: number, text: string]> = [
      [0, '0b'],
      [1023, '1023b'],
      [1024, '1.00kb'],
      [806_912, '788.00kb'],
      [1_048_576, '1.00mb'],
      [1_095_216_660, '1.02gb'],
      [-4096, '-4.00kb'],
    ]
    for (const [bytes, text] of table) assert.equal(formatConnectBytes(bytes), text, String(bytes))
  })
})
