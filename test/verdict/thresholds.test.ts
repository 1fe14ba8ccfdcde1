import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judge } from '../../lib/verdict/judge'
import { heapGrowth } from '../../lib/verdict/heap-only'
import { THRESHOLDS, type Thresholds } from '../../lib/verdict/thresholds'
import { bornPlace, cumulative, handmade } from '../support/observations'
import { drawInnocent, drawPlanted, drawSteady } from '../support/synthetic-apps'

function names(of: Thresholds): string[] {
  return Object.entries(of).flatMap(([group, table]) =>
    Object.keys(table).map((name) => `${group}.${name}`),
  )
}

/** The table, and the names of those that were read. */
function watched(): { table: Thresholds; read: Set<string> } {
  const read = new Set<string>()
  const groups = Object.entries(THRESHOLDS).map(([group, table]) => [
    group,
    new Proxy(table, {
      get(target, name: string) {
        read.add(`${group}.${name}`)
        return Reflect.get(target, name) as number
      },
    }),
  ])
  return { table: Object.fromEntries(groups) as Thresholds, read }
}

describe('the thresholds', () => {
  it('are read from the table that the verdict is given: each of them, in 27 drawn apps', () => {
    const { table, read } = watched()
    for (let seed = 1; seed <= 13; seed++) {
      judge(drawPlanted(seed).app.observe(), new Set(), table)
      judge(drawInnocent(seed).app.observe(), new Set(), table)
      judge(drawPlanted(seed).app.observe(12), new Set(), table)
    }
    judge(drawSteady(1, 'growth').app.observe(), new Set(), table)
    const ended = cumulative(new Array<number>(24).fill(100))
    const rssBytes = cumulative(new Array<number>(24).fill(6 << 20))
    judge(handmade([{ route: '/a', ended }], [], { rssBytes }), new Set(), table)
    heapGrowth([], table)
    assert.deepEqual(
      names(THRESHOLDS).filter((name) => !read.has(name)),
      [],
    )
  })

  it('decide: a leak of seven samples is none where eight are asked', () => {
    const samples = [0, 0, 1, 2, 1, 1, 2, 0]
    const place = bornPlace(samples, { sampleBytes: 512 << 10, owner: { kind: 'route', index: 0 } })
    const ended = cumulative(samples.map(() => 100))
    const seven = handmade([{ route: '/a', ended }], [place])
    const asking = (minSamples: number): Thresholds => ({
      ...THRESHOLDS,
      leak: { ...THRESHOLDS.leak, minSamples },
    })
    const verdictBy = (thresholds: Thresholds): string =>
      judge(seven, new Set(), thresholds).routes[0]!.verdict
    assert.equal(verdictBy(asking(7)), 'leaking')
    assert.equal(verdictBy(asking(8)), 'steady')
  })
})
