import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { Container } from '../../lib/holders/container'
import { HeapSampler } from '../../lib/leaks/heap-sampler'
import { readConfig } from '../../lib/config/read'
import { judge } from '../../lib/verdict/judge'
import { temporaryFolder } from '../support/files'
import { RuntimeByHand, SessionByHand, WatchedHeap } from '../support/watched-heap'

const KEY = 'route 0 heap'

/** Rates in the lines, rounded to hundreds. */
function rates({ told }: WatchedHeap): number[] {
  return told.leaks.map(({ rate }) => Math.round(rate / 100) * 100)
}

function leaking(env: Readonly<Record<string, string>> = {}): WatchedHeap {
  const heap = new WatchedHeap({ MEMPROF_HOLDERS: 'off', ...env })
  heap.bytesPerRequest = 1000
  return heap
}

const CACHE: Container = {
  id: 1,
  pathKey: 'cache',
  path: 'cache',
  kind: 'Map',
  size: 0,
  variable: { name: 'cache', scope: 'Closure', seenFrom: null, url: 'file:///app/app.js' },
  steps: 0,
  within: 0,
  entryBytes: Number.POSITIVE_INFINITY,
  capacity: { entries: Number.POSITIVE_INFINITY, hasTables: false },
}

/** Each request adds an entry to one container, which says that it may come to so many. */
function filling(entries: number): { heap: WatchedHeap; fill: (seconds: number) => WatchedHeap } {
  const heap = new WatchedHeap()
  heap.bytesPerRequest = 1000
  const { session, counts } = heap
  const fill = (seconds: number): WatchedHeap =>
    heap.pass(seconds, () => {
      const size = Math.min(counts.requests, entries)
      session.containers = [{ ...CACHE, size, capacity: { entries, hasTables: false } }]
    })
  return { heap, fill }
}

describe('a life of a leak', () => {
  it('is told after eight readings, with the bytes it keeps per request', () => {
    const heap = leaking()
    assert.deepEqual(heap.pass(74).told.leaks, [])
    assert.deepEqual([heap.asked('read'), heap.verdict], [7, 'insufficient-data'])
    assert.deepEqual(rates(heap.pass(30)), [1000])
    assert.deepEqual([heap.told.leaks[0]!.key, heap.verdict], [KEY, 'leaking'])
  })

  it('is none where nothing is kept', () => {
    const heap = new WatchedHeap({ MEMPROF_HOLDERS: 'off' }).pass(600)
    assert.deepEqual([heap.told.leaks, heap.verdict], [[], 'steady'])
  })

  it('is taken back when it stops, and said to go on when it is found again', () => {
    const heap = leaking().pass(300)
    assert.equal(heap.verdict, 'leaking')
    heap.bytesPerRequest = 0
    heap.pass(300)
    assert.equal(heap.verdict, 'plateaued')
    const life = heap.told.findings!.told[0]!
    assert.deepEqual([life.state, life.goesOn, life.isTold], ['stopped', false, true])
    heap.bytesPerRequest = 1000
    heap.pass(1200)
    assert.deepEqual([heap.verdict, life.state, life.goesOn], ['leaking', 'told', true])
    assert.equal(heap.told.findings!.told.length, 1)
  })

  it('has a second line once what keeps it was found, looked for while it was told', () => {
    const { heap, fill } = filling(Number.POSITIVE_INFINITY)
    fill(120)
    assert.deepEqual(heap.told.lines.slice(0, 2), [`${KEY} 1000`, `${KEY} 1000 by cache`])
    assert.equal(heap.told.findings!.told[0]!.search, 'done')
    const looks = heap.asked('look')
    assert.equal(fill(60).asked('look'), looks)
    // Each look may move the heap, which the judgement allows for: three, and what is forgotten then.
    assert.equal(looks, 3)
    assert.equal(heap.told.findings!.observation.ownWork.at(-1), 4)
  })

  it('goes on, once it is told, until it clearly stopped', () => {
    const heap = leaking().pass(100)
    heap.bytesPerRequest = 400
    heap.pass(40)
    const { observation } = heap.told.findings!
    assert.notEqual(judge(observation).routes[0]!.verdict, 'leaking')
    assert.equal(heap.verdict, 'leaking')
  })

  it('is held back while a cache fills, and told where it outlasts that', () => {
    // Full after 300 s, and outlasted with 450.
    const { heap, fill } = filling(30_000)
    fill(440)
    assert.deepEqual([heap.told.lines, heap.verdict], [[], 'insufficient-data'])
    // It is sought once more: the cache is full, and explains no more than it did.
    fill(60)
    assert.deepEqual([heap.told.lines, heap.verdict], [[`${KEY} 1000 by cache`], 'leaking'])
    assert.equal(heap.told.findings!.told[0]!.isPastCaches, true)
  })

  it('is told all the same where the memory is full before that cache', () => {
    const { heap, fill } = filling(30_000)
    heap.headroomBytes = 10e6
    fill(120)
    assert.equal(heap.told.leaks.at(-1)?.key, KEY)
    assert.equal(heap.verdict, 'leaking')
  })

  it('goes on over more readings than are kept', () => {
    const heap = leaking().pass(1500)
    assert.equal(heap.asked('read'), 150)
    const { timeMs } = heap.told.findings!.observation
    // 128 were halved, and of 22 more every other one was kept, the last not.
    assert.ok(timeMs.length < 80, `${timeMs.length}`)
    assert.equal(heap.verdict, 'leaking')
    const { rate } = heap.told.findings!.judgement.leaks[0]!
    assert.ok(Math.abs(rate - 1000) < 50, `${rate}`)
  })
})

describe('readings', () => {
  it('follow the interval and the requests', () => {
    const heap = leaking().pass(50)
    assert.equal(heap.asked('read'), 5)
    // The last requests come after the fifth; then it takes ten intervals.
    heap.perSecond = 0
    assert.equal(heap.pass(100).asked('read'), 6)
    assert.equal(heap.pass(10).asked('read'), 7)
  })

  it('follow the interval where no request comes and the heap grows all the same, or buffers do', () => {
    const heap = new WatchedHeap({ MEMPROF_HOLDERS: 'off' })
    heap.perSecond = 0
    assert.equal(heap.pass(50, () => (heap.session.keptBytes += 300_000)).asked('read'), 5)
    assert.equal(heap.pass(50, () => (heap.runtime.externalBytes += 300_000)).asked('read'), 10)
  })

  it('wait for the pause budget', () => {
    const heap = leaking({ MEMPROF_PAUSE_BUDGET: '0.01' })
    heap.session.pauseMs = 300
    // 300 ms are earned in 30 s.
    assert.equal(heap.pass(200).asked('read'), 7)
    assert.equal(heap.watch.pauseMs, 2100)
  })

  it('of a large heap come once V8 has marked it for a while', () => {
    const heap = leaking()
    heap.session.liveHeapBytes = 400 << 20
    heap.pass(50)
    const asked = heap.session.asked.filter((one) => one === 'mark' || one === 'read')
    assert.deepEqual(asked, [
      'mark',
      'read',
      'mark',
      'read',
      'mark',
      'read',
      'mark',
      'read',
      'mark',
      'read',
    ])
    // V8 is done each time: the reading that has to do without comes all the same.
    heap.session.isMarkedInTime = false
    const before = heap.asked('mark')
    assert.equal(heap.pass(10).asked('read'), 6)
    assert.equal(heap.asked('mark'), before + 3)
    assert.equal(heap.watch.pauseMs, 6 * 10 + 3 * 60, 'and its GCs are counted')
  })

  it('begin anew at another sampling interval when the rate of allocation asks for it', () => {
    const heap = new WatchedHeap({ MEMPROF_HOLDERS: 'off', MEMPROF_SAMPLING_BYTES: undefined })
    const [first] = heap.session.asked
    // Ten samples in half an interval are as few as can be: it is as fine as can be from here on.
    heap.session.taken = 10
    heap.pass(6)
    assert.deepEqual(heap.session.asked, [first, 'read', 'stop', 'start 8192'])
    assert.equal(heap.told.findings, null)
  })

  it('are forgotten where that comes late', () => {
    const heap = new WatchedHeap({ MEMPROF_HOLDERS: 'off', MEMPROF_SAMPLING_BYTES: undefined })
    const length = (): number => heap.told.findings!.observation.timeMs.length
    heap.pass(60, () => {
      heap.session.taken += 10
    })
    const before = length()
    heap.pass(20, () => {
      heap.session.taken += 100_000
    })
    assert.ok(before > 2 && length() < before, `${before}, ${length()}`)
    const starts = heap.session.asked.filter((what) => what.startsWith('start'))
    assert.equal(heap.told.findings!.observation.samplingBytes, Number(starts.at(-1)!.slice(6)))
  })

  it('are paid from one budget with looks', () => {
    const { heap, fill } = filling(Number.POSITIVE_INFINITY)
    const { inspect } = heap.session
    heap.session.inspect = function <T>(): T {
      heap.runtime.nowMs += 100
      return inspect.call(heap.session) as T
    }
    fill(200)
    const [reads, looks] = [heap.asked('read'), heap.asked('look')]
    assert.equal(looks, 3)
    assert.equal(heap.watch.pauseMs, 10 * reads + 100 * looks)
  })

  it('end where somebody else stopped the profiler, which is told', () => {
    const heap = leaking().pass(20)
    heap.session.isStopped = true
    const before = heap.pass(20).asked('read')
    assert.deepEqual(heap.warnings, ['heap-profiler-stopped'])
    assert.equal(heap.pass(60).asked('read'), before)
    assert.deepEqual(heap.runtime.timers, [])
  })

  it('end with one that fails', () => {
    const heap = leaking().pass(20)
    heap.session.error = new Error('on purpose')
    heap.pass(60)
    assert.deepEqual(heap.errors, [heap.session.error])
  })

  it('end with one that takes too long; major GCs tell from then on whether the heap grows', () => {
    const heap = leaking({ MEMPROF_MAX_PAUSE: '100ms', MEMPROF_PAUSE_BUDGET: '0.5' }).pass(20)
    heap.session.pauseMs = 101
    heap.watch.noteMajorGc(1)
    assert.notEqual(heap.watch.liveHeapBytes, 1)
    const before = heap.pass(20).asked('read')
    assert.deepEqual(heap.warnings, ['pause-exceeded'])
    for (let gc = 1; gc <= 20; gc++) {
      heap.pass(10)
      heap.watch.noteMajorGc(1e9 + gc * 1e7)
    }
    assert.equal(heap.asked('read'), before)
    assert.equal(heap.told.growths.length, 1)
    assert.equal(heap.watch.liveHeapBytes, 1.2e9)
  })

  it('end with the watch, even where it is closed by whoever is told of a leak', () => {
    const heap = leaking()
    heap.told.told = () => heap.watch.close()
    heap.pass(200)
    assert.equal(heap.session.asked.at(-1), 'close')
    assert.deepEqual(heap.runtime.timers, [])
  })
})

describe('a profile', () => {
  it('is written with each leak that is told, of the same reading', (t) => {
    const directory = temporaryFolder(t)
    const heap = leaking({ MEMPROF_PROFILE_DIR: directory }).pass(120)
    assert.equal(heap.told.leaks.length, readdirSync(directory).length)
    assert.match(readdirSync(directory)[0]!, /^memprof-test-.*-leak\.heapprofile$/)
    assert.equal(heap.asked('read'), 12)
  })

  it('needs a reading of its own where a look let the leak be told, and is not written of a holder', (t) => {
    const directory = temporaryFolder(t)
    const heap = new WatchedHeap({ MEMPROF_PROFILE_DIR: directory })
    heap.bytesPerRequest = 1000
    heap.pass(120, () => {
      heap.session.containers = [{ ...CACHE, size: heap.counts.requests }]
    })
    assert.deepEqual(heap.told.lines, [`${KEY} 1000`, `${KEY} 1000 by cache`])
    assert.equal(readdirSync(directory).length, 1)
    assert.equal(heap.asked('read'), 13)
  })

  it('needs a reading of its own when asked for', (t) => {
    const directory = temporaryFolder(t)
    const heap = leaking({ MEMPROF_PROFILE_DIR: directory })
    heap.watch.writeProfile('signal')
    assert.equal(heap.asked('read'), 1)
    assert.match(readdirSync(directory).join(), /^memprof-test-.*-signal\.heapprofile$/)
  })

  it('is not read where none is wanted', () => {
    const heap = leaking()
    heap.watch.writeProfile('signal')
    assert.equal(heap.asked('read'), 0)
  })
})

describe('the heap cannot be sampled', () => {
  function warningsOf(session: SessionByHand, open: () => SessionByHand): string[] {
    const warnings: string[] = []
    const runtime = new RuntimeByHand(session)
    runtime.openSession = open
    const warn = (code: string): void => void warnings.push(code)
    const { config } = readConfig({})
    assert.equal(HeapSampler.open({ config, runtime, warn }), null)
    return warnings
  }

  it('where the inspector is closed', () => {
    const open = (): never => {
      throw new Error('denied')
    }
    assert.deepEqual(warningsOf(new SessionByHand(), open), ['heap-profiler-denied'])
  })

  it('where another agent samples it: its session is left alone', () => {
    const session = new SessionByHand()
    session.isTakenByOthers = true
    assert.deepEqual(
      warningsOf(session, () => session),
      ['heap-profiler-taken'],
    )
    assert.deepEqual(session.asked, ['close'])
  })
})
