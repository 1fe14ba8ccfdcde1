import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emptyReading, openMemoryReader } from '../../lib/record/reading'

const MB = 1 << 20

describe('openMemoryReader', () => {
  it('reads what process.memoryUsage reads', () => {
    const reader = openMemoryReader()
    const reading = emptyReading()
    reader.read(reading)
    const usage = process.memoryUsage()
    // The two are read one after the other: what a few calls may change, no more.
    const near = (a: number, b: number, name: string): void =>
      assert.ok(Math.abs(a - b) < 16 * MB, `${name}: ${a}, ${b}`)
    near(reading.rssBytes, usage.rss, 'rss')
    near(reading.heapUsedBytes, usage.heapUsed, 'heapUsed')
    near(reading.heapTotalBytes, usage.heapTotal, 'heapTotal')
    near(reading.externalBytes, usage.external, 'external')
    reader.close()
  })

  it('sees 64 MB that are held, in external and rss', () => {
    const reader = openMemoryReader()
    const before = emptyReading()
    const after = emptyReading()
    reader.read(before)
    const held = Buffer.alloc(64 * MB, 1)
    reader.read(after)
    assert.equal(held.length, 64 * MB)
    assert.ok(after.externalBytes - before.externalBytes >= 64 * MB)
    assert.ok(after.rssBytes - before.rssBytes > 32 * MB)
    reader.close()
  })

  it('knows the address space where the platform tells it, and says NaN elsewhere', () => {
    const reader = openMemoryReader()
    const reading = emptyReading()
    reader.read(reading)
    if (process.platform === 'linux') assert.ok(reading.vsizeBytes > reading.rssBytes)
    else assert.equal(reading.vsizeBytes, Number.NaN)
    reader.close()
  })

  it('still reads after it was closed', () => {
    const reader = openMemoryReader()
    const reading = emptyReading()
    reader.close()
    reader.close()
    reader.read(reading)
    assert.ok(reading.rssBytes > MB)
    assert.ok(reading.heapUsedBytes > MB / 4)
  })
})
