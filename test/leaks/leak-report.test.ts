import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Emitter } from '../../lib/emit/emitter'
import { LeakReport } from '../../lib/leaks/leak-report'
import type { Line } from '../../lib/schema/lines'
import type { Leak } from '../../lib/verdict/leak'
import type { Observation } from '../../lib/verdict/observation'
import { THRESHOLDS } from '../../lib/verdict/thresholds'
import { madeLeak } from '../support/leaks'

function seen(readings: number, routes: readonly object[] = []): Observation {
  const timeMs = Array.from({ length: readings }, (_, at) => 1000 * at)
  return { timeMs, routes } as unknown as Observation
}

const MIN_READINGS = THRESHOLDS.leak.minReadings
const NOTHING_SEEN = seen(MIN_READINGS)

function leak(more: Partial<Leak>): Leak {
  return madeLeak({ key: 'shared heap', scope: 'shared', route: null, ...more })
}

function openReport(): { report: LeakReport; take: (...leaks: Leak[]) => void; told: Line[] } {
  const told: Line[] = []
  const emitter = { write: (line: Line) => void told.push(line) } as unknown as Emitter
  const report = new LeakReport(emitter, 4e9, null)
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

  it('go on while sampling begins anew: too few readings say nothing of them', () => {
    const { report, take } = openReport()
    take(leak({}))
    for (let readings = 1; readings < MIN_READINGS; readings++) {
      report.take({ routes: [], leaks: [] }, seen(readings))
      assert.deepEqual(report.unroutedLeaks(), [{ scope: 'shared', kind: 'heap' }])
    }
    report.take({ routes: [], leaks: [] }, seen(MIN_READINGS))
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

describe('a leak that may be a cache on its way to its capacity', () => {
  const ROUTE_LEAK = leak({ key: 'route 0 heap', scope: 'route', route: 0 })
  const SEEN = seen(MIN_READINGS, [{ method: 'GET', route: '/a', watched: 0, kept: 0 }])
  const HOLDER = { path: 'cache', kind: 'Map', size: 50, growthPerRequest: 1 } as const

  interface Trial {
    readonly report: LeakReport
    readonly told: Line[]
    /** What was asked of the seeker, in order. */
    readonly asked: string[]
    mayBeFilling: boolean
    /** So many requests are in the observation. */
    judge(exposure: number): void
    find(capacity: number): void
  }

  function open(): Trial {
    const told: Line[] = []
    const asked: string[] = []
    const seeker = {
      seek: (leaks: readonly Leak[], areTold: boolean) => {
        for (const { key } of leaks) asked.push(`${areTold ? 'told' : 'found'} ${key}`)
      },
      forget: (key: string) => void asked.push(`forget ${key}`),
      mayBeFilling: () => trial.mayBeFilling,
    }
    const emitter = { write: (line: Line) => void told.push(line) } as unknown as Emitter
    const report = new LeakReport(emitter, 4e9, seeker)
    const trial: Trial = {
      report,
      told,
      asked,
      mayBeFilling: true,
      judge(exposure) {
        const routes = [{ verdict: 'leaking', bytesPerRequest: 1000 } as const]
        report.take({ routes, leaks: [{ ...ROUTE_LEAK, exposure }] }, SEEN)
      },
      find(capacity) {
        const bounds = [{ size: 50, growth: 1, capacity }]
        report.takeHolders(ROUTE_LEAK, { holders: [HOLDER], bounds })
        report.tell()
      },
    }
    return trial
  }

  it('is told as soon as a look has seen no such cache', () => {
    const trial = open()
    trial.judge(100)
    assert.deepEqual(trial.told, [])
    assert.equal(trial.report.retentionOf(0).verdict, 'insufficient-data')
    trial.mayBeFilling = false
    assert.equal(trial.report.tell(), true)
    assert.equal(trial.told.length, 1)
    assert.equal(trial.report.retentionOf(0).verdict, 'leaking')
    assert.deepEqual(trial.asked, ['found route 0 heap', 'told route 0 heap'])
  })

  it('is not told while the cache fills, and sought anew when it should be full', () => {
    const trial = open()
    trial.judge(100)
    trial.find(150)
    trial.mayBeFilling = false
    // Full after 200 requests: its last third is behind that with 300.
    trial.judge(299)
    assert.deepEqual(trial.told, [])
    assert.equal(trial.report.secondsToLimit(), undefined)
    assert.equal(trial.asked.includes('forget route 0 heap'), false)
    trial.mayBeFilling = true
    trial.judge(300)
    assert.deepEqual(trial.asked.slice(-2), ['forget route 0 heap', 'found route 0 heap'])
    assert.deepEqual(trial.told, [])
    trial.find(Number.POSITIVE_INFINITY)
    trial.mayBeFilling = false
    trial.report.tell()
    assert.equal(trial.told.length, 1)
  })

  it('is told at the end, where no look has come to one', () => {
    const trial = open()
    trial.judge(100)
    trial.report.close()
    assert.equal(trial.told.length, 1)
    assert.equal(trial.report.retentionOf(0).verdict, 'leaking')
  })

  it('is not told at the end where the cache still fills', () => {
    const trial = open()
    trial.judge(100)
    trial.find(150)
    trial.report.close()
    assert.deepEqual(trial.told, [])
    assert.equal(trial.report.retentionOf(0).verdict, 'insufficient-data')
  })

  it('is told with its holder where that has no capacity, and then not held back', () => {
    const trial = open()
    trial.judge(100)
    trial.mayBeFilling = false
    trial.find(Number.POSITIVE_INFINITY)
    assert.equal(trial.told.length, 1)
    assert.deepEqual((trial.told[0] as { holders?: unknown }).holders, [HOLDER])
    trial.mayBeFilling = true
    trial.judge(200)
    assert.equal(trial.report.retentionOf(0).verdict, 'leaking')
  })

  it('is taken back where it was told before its cache was found', () => {
    const trial = open()
    trial.mayBeFilling = false
    trial.judge(100)
    assert.equal(trial.told.length, 1)
    trial.find(150)
    assert.equal(trial.told.length, 1)
    assert.equal(trial.report.retentionOf(0).verdict, 'insufficient-data')
  })
})
