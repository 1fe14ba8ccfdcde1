import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bufferRates, nativeRate } from '../../lib/verdict/off-heap'
import type { Observation } from '../../lib/verdict/observation'
import type { Evidence } from '../../lib/verdict/span'
import { THRESHOLDS } from '../../lib/verdict/thresholds'
import { cumulative, forever, handmade, SyntheticApp } from '../support/observations'
import { integer, seeded } from '../support/random'

const MB = 1 << 20

function steps(readings: number, each: number): number[] {
  return cumulative(new Array<number>(readings).fill(each))
}

function over(observation: Observation, first: number, last: number): Evidence {
  return { observation, span: { first, last }, thresholds: THRESHOLDS }
}

describe('bufferRates', () => {
  it('finds the bytes of two routes, each by its rhythm, within 10 % in 49 of 50 apps', () => {
    let near = 0
    let covered = 0
    for (let seed = 1; seed <= 100; seed++) {
      const random = seeded(seed)
      const bytes = [integer(random, 4000, 40_000), integer(random, 4000, 40_000)]
      const app = new SyntheticApp({
        seed,
        routes: [
          { route: '/a', perSecond: 150 },
          { route: '/b', perSecond: 90 },
          { route: '/c', perSecond: 300 },
        ],
        objects: bytes.map((bufferBytes, index) => ({
          site: `wrap ${index}`,
          by: { kind: 'route', index },
          bytes: 180,
          bufferBytes,
          life: forever,
        })),
      })
      const observation = app.observe()
      const claims = [0, 1].map((index) => {
        const wrappers = observation.places.filter(
          ({ isBuffer, owner }) => isBuffer && owner?.index === index,
        )
        return {
          exposure: observation.routes[index]!.ended,
          wrapperBytes: wrappers.reduce((sum, { survivedBytes }) => sum + survivedBytes.at(-1)!, 0),
        }
      })
      const rates = bufferRates(claims, over(observation, 3, 19))
      for (const [at, truth] of bytes.entries()) {
        if (!rates) continue
        const { rate, sd } = rates[at]!
        if (Math.abs(rate / truth - 1) < 0.1) near++
        if (Math.abs(rate - truth) <= 1.96 * sd) covered++
      }
    }
    assert.ok(near >= 0.98 * 200, `near ${near} of 200`)
    assert.ok(covered >= 0.95 * 200, `covered ${covered} of 200`)
  })

  const exposure = steps(12, 100)
  const claim = { exposure, wrapperBytes: 1000 }
  const ofBuffers = (arrayBuffersBytes: readonly number[]): ReturnType<typeof bufferRates> =>
    bufferRates(
      [claim],
      over(handmade([{ route: '/a', ended: exposure }], [], { arrayBuffersBytes }), 2, 11),
    )

  it('speaks from 256 KiB of growth on', () => {
    const grown = (bytes: number): number[] => exposure.map((_, at) => (bytes * (at - 2)) / 9)
    assert.ok(ofBuffers(grown(256 << 10)))
    assert.equal(ofBuffers(grown((256 << 10) - 1)), null)
  })

  it('is null where a third of the requests brought less than half its share', () => {
    const thirds = (a: number, b: number, c: number): number[] =>
      cumulative([0, 0, 0, a, a, a, b, b, b, c, c, c].map((share) => share * MB))
    assert.ok(ofBuffers(thirds(1, 1, 1)))
    assert.ok(ofBuffers(thirds(5, 5, 2.01)))
    assert.equal(ofBuffers(thirds(5, 5, 1.99)), null)
    assert.equal(ofBuffers(thirds(1.99, 5, 5)), null)
    assert.equal(ofBuffers(thirds(5, 1.99, 5)), null)
  })

  it('is null where nobody keeps wrappers', () => {
    const arrayBuffersBytes = steps(12, MB)
    const observation = handmade([{ route: '/a', ended: exposure }], [], { arrayBuffersBytes })
    assert.equal(bufferRates([], over(observation, 2, 11)), null)
  })
})

describe('nativeRate', () => {
  /** rss of so many readings, beginning at 100 MiB and growing by so many bytes over a span from 2. */
  const native = (
    readings: number,
    bytes: number,
    rss = 100 * MB,
  ): ReturnType<typeof nativeRate> => {
    const ended = steps(readings, 100)
    const rssBytes = ended.map((_, at) => rss + (bytes * (at - 2)) / (readings - 3))
    return nativeRate(over(handmade([{ route: '/a', ended }], [], { rssBytes }), 2, readings - 1))
  }

  it('says nothing of 19 readings in the span, and the rate of 20', () => {
    assert.equal(native(21, 60 * MB), null)
    const found = native(22, 57 * MB)
    assert.equal(found?.bytes, 57 * MB)
    // 19 windows of 3 s.
    assert.equal(found?.rate, MB)
  })

  it('speaks from 48 MiB on, and from a fifth of rss', () => {
    assert.ok(native(22, 48 * MB))
    assert.equal(native(22, 48 * MB - 100), null)
    assert.ok(native(22, 80 * MB, 400 * MB))
    assert.equal(native(22, 80 * MB - 100, 400 * MB), null)
  })

  it('leaves out what the heap and buffers account for', () => {
    const ended = steps(22, 100)
    const growth = ended.map((_, at) => 4 * MB * at)
    const rssBytes = growth.map((bytes) => 100 * MB + 2 * bytes)
    const accounted = handmade([{ route: '/a', ended }], [], {
      rssBytes,
      heapTotalBytes: growth.map((bytes) => 40 * MB + bytes),
      arrayBuffersBytes: growth,
    })
    assert.equal(nativeRate(over(accounted, 2, 21)), null)
  })

  it('is null for rss that rose once and stayed', () => {
    const ended = steps(22, 100)
    const rssBytes = ended.map((_, at) => (at < 8 ? 100 : 180) * MB)
    const stepped = handmade([{ route: '/a', ended }], [], { rssBytes })
    assert.equal(nativeRate(over(stepped, 2, 21)), null)
  })
})
