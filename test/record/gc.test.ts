import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getHeapStatistics } from 'node:v8'
import { forceFullGc, GcLog, watchGc } from '../../lib/record/gc'
import { gcTimeline } from '../support/gc-timeline'
import { integer, seeded } from '../support/random'

describe('GcLog', () => {
  it('counts the GCs that started within a span', () => {
    const log = gcTimeline('mmm..M..m')
    assert.equal(log.countBetween(0, 9), 5)
    assert.equal(log.countBetween(1, 6), 3)
    assert.equal(log.countBetween(3, 5), 0)
    assert.equal(log.countBetween(9, 100), 0)
  })

  it('counts one at the beginning of a span and not one at its end', () => {
    const log = gcTimeline('..m')
    assert.equal(log.countBetween(2, 3), 1)
    assert.equal(log.countBetween(1, 2), 0)
  })

  it('counts none where there was none yet', () => {
    assert.equal(new GcLog().countBetween(0, 1e9), 0)
  })

  it('agrees with counting by hand on 50 spans of each of 200 drawn timelines', () => {
    const random = seeded(5)
    for (let timeline = 0; timeline < 200; timeline++) {
      const drawing = Array.from({ length: 100 }, () => '...mM'[integer(random, 0, 4)]).join('')
      const log = gcTimeline(drawing)
      const check = (of: string): void => {
        const from = integer(random, 0, of.length)
        const to = integer(random, from, Math.min(of.length, from + 4))
        assert.equal(log.countBetween(from, to), of.slice(from, to).replaceAll('.', '').length)
      }
      for (let span = 0; span < 50; span++) check(drawing)
      // One that is reported late, within what was asked already.
      log.add(99.5, 0.1, false)
      assert.equal(log.countBetween(99.2, 99.7), 1)
    }
  })

  it('remembers the last 4,096 and still finds them in order', () => {
    const log = new GcLog()
    for (let ms = 0; ms < 10_000; ms++) log.add(ms, 0.1, false)
    assert.equal(log.countBetween(0, 10_000), 4096)
    assert.equal(log.countBetween(9990, 10_000), 10)
    assert.equal(log.countBetween(5904, 5905), 1)
    assert.equal(log.countBetween(5903, 5904), 0)
  })

  it('sums kinds and pauses since it was last asked', () => {
    const log = gcTimeline('mmM')
    assert.deepEqual(log.takeCounts(), { minor: 2, major: 1, pauseMs: 1.5 })
    assert.deepEqual(log.takeCounts(), { minor: 0, major: 0, pauseMs: 0 })
  })
})

describe('forceFullGc', () => {
  it('collects what nothing refers to, and gives the app no gc function', () => {
    let garbage: unknown[] | null = Array.from({ length: 200_000 }, (_, at) => ({ at }))
    assert.equal(garbage.length, 200_000)
    const before = getHeapStatistics().used_heap_size
    garbage = null
    assert.ok(forceFullGc() > 0)
    assert.ok(before - getHeapStatistics().used_heap_size > 4_000_000)
    assert.equal(typeof globalThis.gc, 'undefined')
  })
})

describe('watchGc', () => {
  it('hears of a major GC, and of none after it was stopped', async () => {
    let heard: () => void = () => {}
    const major = new Promise<void>((resolve) => {
      heard = resolve
    })
    const watch = watchGc(heard)
    forceFullGc()
    // An observer keeps no process alive.
    const alive = setInterval(() => {}, 1000)
    await major
    clearInterval(alive)
    const counts = watch.log.takeCounts()
    assert.ok(counts.major >= 1)
    assert.ok(counts.pauseMs > 0)
    watch.stop()
    forceFullGc()
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    watch.takeQueued()
    assert.equal(watch.log.takeCounts().major, 0)
  })
})
