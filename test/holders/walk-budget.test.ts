import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { WalkBudget } from '../../lib/holders/walk-budget'

const BOUNDS = { ms: 100, objects: 40, functions: 2 }

/** A clock that is set by hand, and counts how often it is read. */
class Clock {
  nowMs = 5000
  readings = 0
  readonly read = (): number => {
    this.readings++
    return this.nowMs
  }
}

describe('WalkBudget', () => {
  it('is spent with the last object it allows, not before', () => {
    const budget = new WalkBudget(BOUNDS, new Clock().read)
    budget.objects = 39
    assert.equal(budget.isSpent(), false)
    budget.objects = 40
    assert.equal(budget.isSpent(), true)
    assert.equal(budget.cut, 'objects')
  })

  it('is spent once more time has passed than it allows, and stays so', () => {
    const clock = new Clock()
    const budget = new WalkBudget(BOUNDS, clock.read)
    clock.nowMs += 100
    assert.equal(budget.isSpent(), false)
    clock.nowMs += 1
    assert.equal(budget.isSpent(), true)
    clock.nowMs -= 50
    budget.objects = 1
    assert.equal(budget.isSpent(), true)
    assert.equal(budget.cut, 'time')
  })

  it('reads the clock at every sixteenth object', () => {
    const clock = new Clock()
    const budget = new WalkBudget({ ...BOUNDS, objects: 1000 }, clock.read)
    const before = clock.readings
    for (; budget.objects < 160; budget.objects++) budget.isSpent()
    assert.equal(clock.readings - before, 10)
  })

  it('says that it is late whatever the number of objects', () => {
    const clock = new Clock()
    const budget = new WalkBudget(BOUNDS, clock.read)
    budget.objects = 7
    clock.nowMs += 101
    assert.equal(budget.isSpent(), false)
    assert.equal(budget.isLate(), true)
    assert.equal(budget.cut, 'time')
  })

  it('allows so many functions, and is not spent by them', () => {
    const budget = new WalkBudget(BOUNDS, new Clock().read)
    assert.deepEqual(
      [1, 2, 3].map(() => budget.takeFunction()),
      [true, true, false],
    )
    assert.equal(budget.functions, 2)
    assert.equal(budget.cut, 'functions')
    assert.equal(budget.isSpent(), false)
  })

  it('names the bound that ended the walk before the one that only left functions out', () => {
    const budget = new WalkBudget({ ...BOUNDS, functions: 0 }, new Clock().read)
    budget.takeFunction()
    budget.objects = 40
    budget.isSpent()
    budget.takeFunction()
    assert.equal(budget.cut, 'objects')
  })
})
