import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_SAVED_MS, PauseBudget } from '../../lib/leaks/pause-budget'

/** One hundredth of the time. */
const RATIO = 0.01

/** Rounded: sums of hundredths are no whole numbers in binary. */
function waitMs(budget: PauseBudget, nowMs: number): number {
  return Math.round(budget.waitMs(nowMs) * 1e6) / 1e6
}

describe('PauseBudget', () => {
  it('asks for a distance of the pause over its share', () => {
    const budget = new PauseBudget(RATIO, 0)
    budget.spend(25, 0)
    assert.equal(waitMs(budget, 0), 2500)
    assert.equal(waitMs(budget, 2400), 100)
    assert.equal(waitMs(budget, 2500), 0)
  })

  it('adds up pauses that follow one another', () => {
    const budget = new PauseBudget(RATIO, 0)
    budget.spend(10, 0)
    budget.spend(10, 0)
    assert.equal(waitMs(budget, 0), 2000)
  })

  it('takes a slow pause from what fast ones left over', () => {
    const budget = new PauseBudget(RATIO, 0)
    // Every 3 s 20 ms of the 30 that were earned.
    for (let at = 1; at <= 10; at++) budget.spend(20, at * 3000)
    budget.spend(100, 30_000)
    assert.equal(waitMs(budget, 30_000), 0)
    budget.spend(1, 30_000)
    assert.equal(waitMs(budget, 30_000), 100)
  })

  it('saves up no more than its limit, however long nothing was spent', () => {
    const budget = new PauseBudget(RATIO, 0)
    budget.spend(MAX_SAVED_MS, 3_600_000)
    assert.equal(waitMs(budget, 3_600_000), 0)
    budget.spend(1, 3_600_000)
    assert.equal(waitMs(budget, 3_600_000), 100)
  })
})
