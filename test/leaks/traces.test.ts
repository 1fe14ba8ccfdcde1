import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { positionKey } from '../../lib/inspector/stack-frame'
import { Traces } from '../../lib/leaks/traces'
import type { Shares } from '../../lib/verdict/observation'
import { THRESHOLDS } from '../../lib/verdict/thresholds'
import { frame } from '../support/profiles'

const { minSeen } = THRESHOLDS.trace
const STACK = ['copy@a.js:1', 'find@a.js:2', 'get@a.js:3'].map(frame)

/** Seen to be run by so many routes in equal parts. */
function runBy(routes: number, seen = minSeen): Shares {
  const each = Array.from({ length: routes }, (_, index) => ({ index, share: 1 / routes }))
  return { seen, routes: each, idle: 0, lost: 0 }
}

/** What is told of the stack, of whose functions so much was seen, the nearest first. */
function told(...of: ReadonlyArray<Shares | null>): Shares | null | undefined {
  const traces = new Traces()
  of.forEach((shares, at) => shares && traces.noteRuns(positionKey(STACK[at]!), shares))
  return traces.of(STACK)?.runs
}

describe('who runs a stack', () => {
  it('is who runs that function of it which the fewest run', () => {
    assert.equal(told(null, null, null), undefined)
    const [one, two, three] = [runBy(1), runBy(2), runBy(3)]
    assert.equal(told(three, one, two), one)
    assert.equal(told(three, null, two), two)
  })

  it('is not told by a function that was hardly seen, where another was', () => {
    const [hardly, often] = [runBy(1, minSeen - 1), runBy(3)]
    assert.equal(told(hardly, often), often)
    assert.equal(told(hardly), hardly)
  })
})
