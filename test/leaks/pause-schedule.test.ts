import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PauseSchedule } from '../../lib/leaks/pause-schedule'

const INTERVAL_MS = 10_000
const MB = 2 ** 20
const NEVER = Number.POSITIVE_INFINITY

/** Ten seconds between readings, of 100 ms at most, and one hundredth of the time for pauses. */
class Trial {
  readonly schedule: PauseSchedule
  nowMs = 0
  requests = 0
  usedBytes: (nowMs: number) => number = () => 50 * MB
  inquiryDueMs: number = NEVER
  /** What a pause takes, ms. */
  pauseMs = 20
  /** `read at 5000`, and so on. */
  readonly made: string[] = []

  constructor(leakIntervalMs = INTERVAL_MS) {
    const options = { leakIntervalMs, maxPauseMs: 100, pauseBudgetRatio: 0.01 }
    this.schedule = new PauseSchedule(options, 0)
  }

  /** As the watch does: one pause, and where none is due, the wait before it. */
  step(): boolean {
    const { nowMs, requests, inquiryDueMs } = this
    const usedBytes = this.usedBytes(nowMs)
    const next = this.schedule.next(nowMs, { requests, usedBytes, inquiryDueMs })
    if (next === 'stop') return false
    if (typeof next === 'object') {
      this.nowMs += next.waitMs
      return true
    }
    this.made.push(`${next} at ${nowMs}`)
    this.schedule.spend(this.pauseMs, nowMs)
    if (next === 'read') this.schedule.planReading(this.pauseMs, nowMs, false)
    else this.inquiryDueMs = NEVER
    return true
  }

  /** Until that time, with so many requests per step. */
  run(untilMs: number, requests = 1): this {
    while (this.nowMs <= untilMs && this.step()) this.requests += requests
    return this
  }
}

describe('readings', () => {
  it('come every interval, the first after half of one', () => {
    assert.deepEqual(new Trial().run(30_000).made, [
      'read at 5000',
      'read at 15000',
      'read at 25000',
    ])
  })

  it('come every half an interval until one is kept', () => {
    const { schedule } = new Trial()
    schedule.planReading(20, 5000, true)
    const facts = { requests: 1, usedBytes: 0, inquiryDueMs: NEVER }
    assert.deepEqual(schedule.next(5000, facts), { waitMs: 5000 })
    schedule.planReading(20, 10_000, false)
    assert.deepEqual(schedule.next(10_000, facts), { waitMs: 10_000 })
  })

  it('come once in ten intervals without requests', () => {
    const idle = new Trial()
    idle.requests = 1
    assert.deepEqual(idle.run(206_000, 0).made, [
      'read at 5000',
      'read at 105000',
      'read at 205000',
    ])
  })

  it('come every interval without requests where memory grows by 128 bytes per ms, or by 2 MB', () => {
    const growing = (intervalMs: number, bytesPerInterval: number): readonly string[] => {
      const trial = new Trial(intervalMs)
      trial.requests = 1
      trial.usedBytes = (nowMs) => (nowMs / intervalMs) * bytesPerInterval
      return trial.run(4 * intervalMs, 0).made.slice(1)
    }
    assert.deepEqual(growing(10_000, 1_280_000), [
      'read at 15000',
      'read at 25000',
      'read at 35000',
    ])
    // What is less adds up until it is as much.
    assert.deepEqual(growing(10_000, 1_279_999), ['read at 25000'])
    assert.deepEqual(growing(60_000, 2 * MB), ['read at 90000', 'read at 150000', 'read at 210000'])
    assert.deepEqual(growing(60_000, 2 * MB - 1), ['read at 150000'])
  })

  it('count from the least there was: what a GC frees was no growth, and hides none', () => {
    const trial = new Trial()
    trial.requests = 1
    // What the reading at 5 s leaves behind is freed by 20 s; what has grown by 30 s is seen at 35 s.
    trial.usedBytes = (nowMs) => (nowMs < 20_000 ? 6 * MB : nowMs < 30_000 ? MB : 3 * MB)
    assert.deepEqual(trial.run(40_000, 0).made, ['read at 5000', 'read at 35000'])
  })

  it('come at once with the next interval, when there are requests again', () => {
    const trial = new Trial().run(6000)
    trial.run(36_000, 0)
    trial.requests++
    assert.deepEqual(trial.run(50_000).made.slice(1), ['read at 15000', 'read at 45000'])
  })

  it('end with the first that takes longer than MEMPROF_MAX_PAUSE', () => {
    const { schedule } = new Trial()
    assert.equal(schedule.planReading(100, 0, false), true)
    assert.equal(schedule.planReading(101, 0, false), false)
    const facts = { requests: 1, usedBytes: 0, inquiryDueMs: NEVER }
    assert.equal(schedule.next(INTERVAL_MS, facts), 'stop')
  })
})

describe('the pause budget', () => {
  it('puts a reading off until the pauses before are a hundredth of the time', () => {
    const trial = new Trial()
    trial.schedule.spend(150, 0)
    assert.deepEqual(trial.run(16_000).made, ['read at 15000'])
  })

  it('is one for readings and inquiries', () => {
    const trial = new Trial()
    trial.inquiryDueMs = 0
    trial.pauseMs = 100
    // Due at 5 s, and the 100 ms of the inquiry are earned by 10 s.
    assert.deepEqual(trial.run(11_000).made, ['inquire at 0', 'read at 10000'])
    assert.equal(trial.schedule.pauseMs, 200)
  })

  it('lets an inquiry wait too', () => {
    const trial = new Trial()
    trial.schedule.spend(80, 0)
    trial.inquiryDueMs = 1000
    assert.deepEqual(trial.run(8000).made, ['inquire at 8000'])
  })
})

describe('an inquiry', () => {
  it('goes first where both are due', () => {
    const trial = new Trial()
    trial.inquiryDueMs = 5000
    assert.deepEqual(trial.run(7000).made, ['inquire at 5000', 'read at 5000'])
  })

  it('goes on after the last reading', () => {
    const trial = new Trial()
    trial.schedule.endReadings()
    assert.equal(trial.step(), false)
    trial.inquiryDueMs = 2000
    assert.deepEqual(trial.run(3000).made, ['inquire at 2000'])
  })
})
