import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GcLog } from '../../lib/record/gc'
import { openMemoryReader } from '../../lib/record/reading'
import { processMsg, ProcessMeter } from '../../lib/recording/process-meter'

const SELF = { cpuMs: 1, pauseMs: 2, heapBytes: 3 }
const NOTHING = {
  self: SELF,
  liveHeapBytes: undefined,
  secondsToLimit: undefined,
  leaks: undefined,
  growth: undefined,
}

describe('the process line', () => {
  it('counts requests, dropped rows and GCs of its interval alone', (t) => {
    const reader = openMemoryReader()
    const gcLog = new GcLog()
    const recorder = { requests: 0, inFlight: 3, ring: { dropped: 0 } }
    const meter = new ProcessMeter({ reader, gcLog, recorder })
    t.after(() => {
      meter.close()
      reader.close()
    })
    const counts = [1, 2].map((at) => {
      recorder.requests += 10 * at
      recorder.ring.dropped += at
      for (let gcs = 0; gcs < at; gcs++) gcLog.add(gcs, 5, true)
      const { requests, inFlight, dropped, gc } = meter.line(NOTHING)
      return { requests, inFlight, dropped, gc }
    })
    assert.deepEqual(counts, [
      { requests: 10, inFlight: 3, dropped: 1, gc: { minor: 0, major: 1, pauseMs: 5 } },
      { requests: 20, inFlight: 3, dropped: 2, gc: { minor: 0, major: 2, pauseMs: 10 } },
    ])
  })

  it('leaves out what is not known', (t) => {
    const reader = openMemoryReader()
    const recorder = { requests: 0, inFlight: 0, ring: { dropped: 0 } }
    const meter = new ProcessMeter({ reader, gcLog: new GcLog(), recorder })
    t.after(() => {
      meter.close()
      reader.close()
    })
    const unknown = ['liveHeapBytes', 'secondsToLimit', 'leaks']
    const fields = Object.keys(meter.line(NOTHING))
    assert.deepEqual(
      unknown.filter((name) => fields.includes(name)),
      [],
    )
    const { liveHeapBytes, secondsToLimit, leaks, self } = meter.line({
      self: SELF,
      liveHeapBytes: 5,
      secondsToLimit: 6,
      leaks: [],
      growth: undefined,
    })
    assert.deepEqual([liveHeapBytes, secondsToLimit, leaks, self], [5, 6, [], SELF])
  })

  it('says in words how many rows were dropped, if any', () => {
    const line = {
      rssBytes: 1e6,
      heapUsedBytes: 2e6,
      heapLimitBytes: 3e6,
      requests: 1,
      inFlight: 2,
    }
    const msg = (dropped: number): string => processMsg({ ...line, dropped } as never)
    assert.equal(msg(0), 'rss 1.0 MB, heap 2.0 MB of at most 3.0 MB, 1 request, 2 in flight')
    assert.equal(msg(4), `${msg(0)}, 4 dropped`)
  })
})
