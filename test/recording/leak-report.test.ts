import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Lives } from '../../lib/leaks/lives'
import { LeakReport } from '../../lib/recording/leak-report'
import type { LeakLine, Line } from '../../lib/schema/lines'
import type { Leak } from '../../lib/verdict/leak'
import { madeLeak } from '../support/leaks'
import { observed, openLives } from '../support/lives'

interface Opened {
  readonly report: LeakReport
  readonly lives: Lives
  readonly lines: LeakLine[]
  /** Memory that is left. */
  left: { heapBytes: number; rssBytes: number }
  take(...leaks: Leak[]): void
}

function open(): Opened {
  const lines: LeakLine[] = []
  const emitter = { write: (line: Line) => void lines.push(line as LeakLine) }
  const left = { heapBytes: 1e9, rssBytes: Number.POSITIVE_INFINITY }
  const memoryLeft = { heapBytes: () => left.heapBytes, rssBytes: () => left.rssBytes }
  const report = new LeakReport(emitter, memoryLeft)
  const { lives } = openLives({ listener: report })
  const take = (...leaks: Leak[]): void => {
    const routes = [{ verdict: 'leaking', bytesPerRequest: 1000.4, ci95: [979.6, 1020] } as const]
    lives.judged({ routes, leaks, books: null, unsure: [] }, observed(8, { watched: 10, kept: 9 }))
  }
  return { report, lives, lines, left, take }
}

function shared(more: Partial<Leak> = {}): Leak {
  return madeLeak({ key: 'shared heap', scope: 'shared', route: null, ...more })
}

describe('leaks that no route is blamed for', () => {
  it('are said to go on, once they were told, until a judgement is without them', () => {
    const { report, take, lines } = open()
    assert.equal(report.unroutedLeaks(), undefined)
    take(shared({ mount: '/api' }), shared({ key: 'process heap', scope: 'process' }))
    assert.equal(lines.length, 2)
    assert.deepEqual(report.unroutedLeaks(), [
      { scope: 'shared', kind: 'heap', route: '/api' },
      { scope: 'process', kind: 'heap' },
    ])
    take(shared({ mount: '/api' }))
    assert.deepEqual(report.unroutedLeaks(), [{ scope: 'shared', kind: 'heap', route: '/api' }])
    take()
    assert.deepEqual(report.unroutedLeaks(), [])
  })

  it('are in the order of their first lines', () => {
    const { report, take } = open()
    const unsure = shared({ key: 'layer 0 heap', mount: '/api', ci95: [400, 1600] })
    take(unsure)
    take(unsure, shared({ mount: '' }))
    take(unsure, shared({ key: 'process heap', scope: 'process' }), shared({ mount: '' }))
    const scopes = report.unroutedLeaks()?.map(({ scope, route }) => `${scope} ${route ?? ''}`)
    assert.deepEqual(scopes, ['shared /api', 'shared ', 'process '])
  })

  it('are not those of routes, nor what was not told yet', () => {
    const { report, take, lines } = open()
    take(shared({ ci95: [400, 1600] }))
    assert.deepEqual([lines, report.unroutedLeaks()], [[], undefined])
    take(madeLeak())
    assert.deepEqual([lines.length, report.unroutedLeaks()], [1, undefined])
  })

  it('go on for ever where the heap is too large to be read again', () => {
    const { report, lines } = open()
    report.heapGrowth({ bytesPerRequest: 1000, ci95: [900, 1100], bytes: 5e6, requests: 5000 })
    assert.equal(lines.length, 1)
    assert.deepEqual(report.unroutedLeaks(), [{ scope: 'process', kind: 'heap' }])
  })
})

describe('the memory lasts', () => {
  // A million bytes over the 7 s of the observation.
  const SECONDS = 7

  it('by the heap, or by the process, whichever is full first', () => {
    const { report, take, left } = open()
    assert.equal(report.secondsToLimit(), undefined)
    take(madeLeak())
    assert.equal(report.secondsToLimit(), 1000 * SECONDS)
    left.rssBytes = 1e8
    assert.equal(report.secondsToLimit(), 100 * SECONDS)
    left.rssBytes = -1
    assert.equal(report.secondsToLimit(), 0)
  })

  it('by the process alone, where buffers are kept', () => {
    const { report, take, left } = open()
    take(madeLeak({ kind: 'buffers' }))
    assert.equal(report.secondsToLimit(), undefined)
    left.rssBytes = 1e8
    assert.equal(report.secondsToLimit(), 100 * SECONDS)
  })

  it('for no time that is told, where nothing leaks', () => {
    const { report, take } = open()
    take()
    assert.equal(report.secondsToLimit(), undefined)
  })

  it('as the line of a leak says by the judgement that found it', () => {
    const { take, lines } = open()
    take(madeLeak())
    assert.equal(lines[0]!.secondsToLimit, 1000 * SECONDS)
  })
})

describe('the books', () => {
  it('are those of the last judgement, rounded', () => {
    const { report, lives } = open()
    const part = (bytes: number) => ({ bytes, ci95: [bytes - 10, bytes + 10] as const })
    const parts = { told: part(700.4), own: part(200), stopped: part(-50), open: part(149.6) }
    const books = { durationMs: 7000, bytes: 1000, ...parts, isGrowing: true }
    lives.judged({ routes: [], leaks: [], books, unsure: [] }, observed(8))
    assert.deepEqual(report.growth(), {
      seconds: 7,
      bytes: 1000,
      toldBytes: 700,
      toldCi95: [690, 710],
      ownBytes: 200,
      ownCi95: [190, 210],
      stoppedBytes: -50,
      stoppedCi95: [-60, -40],
      openBytes: 150,
      ci95: [140, 160],
    })
  })
})

describe('the fields of a route', () => {
  it('are its verdict and figures, rounded, and the share of its requests that live', () => {
    const { report, take } = open()
    assert.deepEqual(report.retentionOf(0), {})
    take(madeLeak())
    assert.deepEqual(report.retentionOf(0), {
      verdict: 'leaking',
      retainedBytesPerRequest: 1000,
      ci95: [980, 1020],
      keptRequestsShare: 0.9,
    })
    assert.deepEqual(report.retentionOf(1), {})
  })

  it('have no share of fewer than ten watched requests', () => {
    const { report, lives } = open()
    lives.judged(
      { routes: [{ verdict: 'steady' }], leaks: [], books: null, unsure: [] },
      observed(8, { watched: 9 }),
    )
    assert.deepEqual(report.retentionOf(0), { verdict: 'steady' })
  })
})
