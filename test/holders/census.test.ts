import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Census, type CensusBounds } from '../../lib/holders/census'
import { newMemory } from '../../lib/holders/walk-memory'
import { InspectorSession } from '../../lib/inspector/session'

const session = new InspectorSession()

function take(bounds?: CensusBounds): Census {
  const census = new Census(bounds)
  while (census.isOpen) census.follow(session.inspect((inspection) => census.ask(inspection))!)
  return census
}

/** In no variable that lasts: only the census leads there. */
function* keepOffers(): Generator<void> {
  const offers = Array.from({ length: 7001 }, (_, at) => ({ offer: at, score: at / 3 }))
  for (;;) {
    yield
    assert.equal(offers.length, 7001)
  }
}

describe('a census of all containers', () => {
  it('tells those no variable leads to by what they hold, at their present size', () => {
    const keeper = keepOffers()
    keeper.next()
    const census = take()
    const told = census.containers(newMemory()).map(({ path, size }) => `${path} ${size}`)
    assert.ok(told.includes('Array of {offer, score} 7001'), told.slice(0, 20).join('\n'))
    assert.equal(census.cut, '')
    keeper.next()
  })

  it('stops after so many of each kind, and says so', () => {
    assert.equal(take({ asked: 10, ms: 60_000 }).cut, 'after 10 containers')
  })

  it('stops after so long, and says so', () => {
    assert.equal(take({ asked: 1_000_000, ms: -1 }).cut, 'after -1 ms')
  })
})
