import assert from 'node:assert/strict'
import { Session } from 'node:inspector'
import { constants, PerformanceObserver } from 'node:perf_hooks'
import { describe, it } from 'node:test'
import { InspectorSession } from '../../lib/inspector/session'

/** Somebody else's session, as an agent of theirs would have it. */
function agent(): { post: (method: string, parameters?: object) => unknown; close: () => void } {
  const session = new Session()
  session.connect()
  return {
    post(method, parameters = {}) {
      let answer: unknown
      session.post(method, parameters, (error: Error | null, result?: object) => {
        answer = error ?? result
      })
      return answer
    },
    close: () => session.disconnect(),
  }
}

describe('InspectorSession', () => {
  it('is taken while another session samples, and free before and after', () => {
    const session = new InspectorSession()
    const other = agent()
    assert.equal(session.isTaken(), false)
    other.post('HeapProfiler.startSampling')
    assert.equal(session.isTaken(), true)
    other.post('HeapProfiler.stopSampling')
    assert.equal(session.isTaken(), false)
    other.close()
    session.close()
  })

  it('is not taken by itself', () => {
    const session = new InspectorSession()
    assert.equal(session.start(1 << 20), true)
    assert.equal(session.isTaken(), false)
    session.close()
  })

  it('reads the heap after a major GC, and the samples of what still lives', () => {
    const session = new InspectorSession()
    session.start(1024)
    const kept: unknown[] = []
    for (let at = 0; at < 1000; at++) kept.push(new Array(1000).fill(at))
    const full = session.read()!
    assert.ok(full.pauseMs > 0)
    assert.ok(full.profile.samples.every(({ size, ordinal }) => size > 0 && ordinal > 0))
    kept.length = 0
    const empty = session.read()!
    const dropped = full.liveHeapBytes - empty.liveHeapBytes
    assert.ok(dropped > 7e6 && dropped < 9e6, `${dropped}`)
    const bytes = ({ profile }: typeof full): number =>
      profile.samples.reduce((sum, { size }) => sum + size, 0)
    assert.ok(bytes(full) - bytes(empty) > 7e6)
    assert.ok(empty.codeBytes > 0 && empty.codeBytes < empty.liveHeapBytes, `${empty.codeBytes}`)
    session.close()
  })

  it('counts the samples that died, by an object that is no part of what it reads', () => {
    const session = new InspectorSession()
    session.start(512 << 10)
    const garbage: unknown[] = []
    const allocate = (): void => {
      // 400 MB: each of these is sampled, but for one in 3,000.
      for (let at = 0; at < 100; at++) garbage[0] = new Array(1 << 19).fill(at)
    }
    allocate()
    garbage.length = 0
    const counted = session.read(true)!
    const again = session.read()!
    assert.ok(counted.taken >= 95, `${counted.taken}`)
    assert.ok(counted.profile.samples.every(({ size }) => size < 4 << 20))
    assert.ok(Math.abs(counted.liveHeapBytes - again.liveHeapBytes) < 1 << 20)
    session.close()
  })

  it('reads null once somebody else stopped the profiler, and once it has stopped itself', () => {
    const session = new InspectorSession()
    const other = agent()
    session.start(1 << 20)
    assert.ok(session.read())
    other.post('HeapProfiler.stopSampling')
    assert.equal(session.read(), null)
    session.stop()
    session.start(1 << 20)
    assert.ok(session.read())
    session.stop()
    assert.equal(session.read(), null)
    other.close()
    session.close()
  })

  it('ends sampling when it closes', () => {
    const session = new InspectorSession()
    session.start(1 << 20)
    session.close()
    const other = agent()
    assert.ok(other.post('HeapProfiler.getSamplingProfile') instanceof Error)
    other.close()
  })

  it('makes V8 mark the heap beside what runs, and knows when that GC is over', async () => {
    const session = new InspectorSession()
    session.start(1 << 20)
    let begun = 0
    const observer = new PerformanceObserver((list) => {
      const entries = list.getEntries() as Array<{ detail?: { kind?: number } }>
      const { NODE_PERFORMANCE_GC_INCREMENTAL: kind } = constants
      begun += entries.filter(({ detail }) => detail?.kind === kind).length
    })
    observer.observe({ entryTypes: ['gc'] })
    assert.equal(session.beginMarking(), true)
    assert.equal(session.endMarking(), null)
    // Node tells of it some turns later.
    while (begun === 0) await new Promise(setImmediate)
    observer.disconnect()
    assert.equal(session.beginMarking(), true)
    session.read()
    assert.ok(session.endMarking()! > 0)
    session.close()
  })

  it('finds where functions begin, runs none of them, and leaves no trace of the question', () => {
    const session = new InspectorSession()
    let touched = 0
    const fn = (): number => ++touched
    const trap = new Proxy(fn, {
      get: () => ++touched,
      ownKeys: () => {
        touched++
        return []
      },
    })
    const before = Reflect.ownKeys(globalThis)
    const bound = fn.bind(null).bind(null)
    const [found, native, twice, , below] = session.locate([fn, Math.max, fn, trap, bound])
    assert.equal(typeof found?.scriptId, 'string')
    assert.ok(Number.isInteger(found?.lineNumber) && Number.isInteger(found?.columnNumber))
    assert.equal(native, null)
    assert.deepEqual(twice, found)
    assert.deepEqual(below, found)
    assert.equal(touched, 0)
    assert.deepEqual(Reflect.ownKeys(globalThis), before)
    assert.deepEqual(session.locate([]), [])
    session.close()
  })

  it('lets the functions go that it was asked about', async () => {
    const session = new InspectorSession()
    let collected = false
    const registry = new FinalizationRegistry<null>(() => {
      collected = true
    })
    const ask = (): void => {
      const fn = (): void => {}
      registry.register(fn, null)
      session.locate([fn])
    }
    ask()
    session.start(1 << 20)
    for (let tries = 0; tries < 20 && !collected; tries++) {
      await new Promise((resolve) => setImmediate(resolve))
      session.read()
    }
    assert.equal(collected, true)
    session.close()
  })
})
