import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Concurrency } from '../../lib/record/concurrency'
import { integer, seeded } from '../support/random'

describe('Concurrency', () => {
  it('is 1 for a request that was alone', () => {
    const concurrency = new Concurrency()
    const arrival = concurrency.arrive()
    assert.equal(concurrency.peakSince(arrival), 1)
    concurrency.leave()
    assert.equal(concurrency.inFlight, 0)
  })

  it('does not count what left before a request arrived', () => {
    const concurrency = new Concurrency()
    const first = concurrency.arrive()
    concurrency.arrive()
    concurrency.leave()
    concurrency.leave()
    const later = concurrency.arrive()
    assert.equal(concurrency.peakSince(later), 1)
    assert.ok(first < later)
  })

  it('agrees with a brute-force count on 300 random traffics', () => {
    const random = seeded(1)
    for (let traffic = 0; traffic < 300; traffic++) {
      const concurrency = new Concurrency()
      /** Arrival -> the most in flight since, counted at every arrival. */
      const inFlight = new Map<number, number>()
      const share = random()
      for (let step = 0; step < 200; step++) {
        if (inFlight.size === 0 || random() < share) {
          inFlight.set(concurrency.arrive(), 0)
          for (const [arrival, most] of inFlight) {
            inFlight.set(arrival, Math.max(most, inFlight.size))
          }
        } else {
          const [arrival, most] = [...inFlight][integer(random, 0, inFlight.size - 1)]!
          assert.equal(concurrency.peakSince(arrival), most)
          concurrency.leave()
          inFlight.delete(arrival)
        }
        assert.equal(concurrency.inFlight, inFlight.size)
      }
    }
  })
})
