import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Emitter } from '../lib/emit/emitter'
import { LeakReport } from '../lib/leak-report'
import type { Line } from '../lib/schema'
import type { Leak } from '../lib/verdict/judge'
import type { Observation } from '../lib/verdict/observation'

const NOTHING_SEEN = { timeMs: [0, 10_000], routes: [] } as unknown as Observation

function leak(more: Partial<Leak>): Leak {
  return {
    key: 'shared heap',
    scope: 'shared',
    kind: 'heap',
    route: null,
    mount: '',
    rate: 1000,
    ci95: [980, 1020],
    floor: 24,
    counts: 100,
    retainedBytes: 100_000,
    attribution: 'direct',
    directShare: 1,
    places: [],
    ...more,
  }
}

function openReport(): { report: LeakReport; take: (...leaks: Leak[]) => void; told: Line[] } {
  const told: Line[] = []
  const emitter = { write: (line: Line) => void told.push(line) } as unknown as Emitter
  const report = new LeakReport(emitter, 4e9, () => {})
  const take = (...leaks: Leak[]): void => void report.take({ routes: [], leaks }, NOTHING_SEEN)
  return { report, take, told }
}

describe('leaks that no route is blamed for', () => {
  it('are said to go on, once they were told, until a judgement is without them', () => {
    const { report, take, told } = openReport()
    assert.equal(report.unroutedLeaks(), undefined)
    take(leak({ mount: '/api' }), leak({ key: 'process heap', scope: 'process' }))
    assert.equal(told.length, 2)
    assert.deepEqual(report.unroutedLeaks(), [
      { scope: 'shared', kind: 'heap', route: '/api' },
      { scope: 'process', kind: 'heap' },
    ])
    take(leak({ mount: '/api' }))
    assert.deepEqual(report.unroutedLeaks(), [{ scope: 'shared', kind: 'heap', route: '/api' }])
    take()
    assert.deepEqual(report.unroutedLeaks(), [])
  })

  it('are not those of routes, nor what was not told yet', () => {
    const { report, take, told } = openReport()
    take(leak({ ci95: [400, 1600] }))
    assert.deepEqual([told, report.unroutedLeaks()], [[], undefined])
  })

  it('go on for ever where the heap is too large to be read again', () => {
    const { report, told } = openReport()
    report.takeHeapGrowth({ bytesPerRequest: 1000, ci95: [900, 1100], bytes: 5e6, requests: 5000 })
    assert.equal(told.length, 1)
    assert.deepEqual(report.unroutedLeaks(), [{ scope: 'process', kind: 'heap' }])
  })
})
