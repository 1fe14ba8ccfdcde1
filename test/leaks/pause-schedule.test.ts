import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PauseSchedule } from '../../lib/leaks/pause-schedule'

const INTERVAL_MS = 10_000
const NEVER = Number.POSITIVE_INFINITY

/** Ten seconds between readings, of 100 ms at most, and one hundredth of the time for pauses. */
class Trial {
  readonly schedule = new PauseSchedule(
    { leakIntervalMs: INTERVAL_MS, maxPauseMs: 100, pauseBudgetRatio: 0.01 },
    0,
  )
  nowMs = 0
  requests = 0
  inquiryDueMs: number = NEVER
  /** What a pause takes, ms. */
  pauseMs = 20
  /** `read at 5000`, and so on. */
  readonly made: string[] = []

  /** As the watch does: one pause, and where none is due, the wait before it. */
  step(): boolean {
    const { nowMs, requests, inquiryDueMs } = this
    const next = this.schedule.next(nowMs, { requests, inquiryDueMs })
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
    const facts = { requests: 1, inquiryDueMs: NEVER }
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
    assert.equal(schedule.next(INTERVAL_MS, { requests: 1, inquiryDueMs: NEVER }), 'stop')
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
