/**
 * The only thing loaded into an app while its truth is measured: answers `read` over IPC with the
 * memory that is left after forced GCs, `own` with what V8's own major GCs left so far.
 *
 * A collection forced by `gc()` leaves the age of bytecode as it is: functions that ran once would be
 * counted with code that V8's own GCs, which age it, soon give back. Those that the sampling
 * profiler forces age it too.
 */
import { subscribe } from 'node:diagnostics_channel'
import { Session } from 'node:inspector'
import { PerformanceObserver } from 'node:perf_hooks'
import { GCProfiler } from 'node:v8'
import { answerQuestions } from '../../test/support/answers'

export interface MemoryReading {
  readonly timeMs: number
  readonly heapUsedBytes: number
  readonly arrayBuffersBytes: number
}

/** The live heap after one of V8's own major GCs. */
export interface OwnGc {
  readonly requests: number
  readonly heapUsedBytes: number
}

/** Several collections with a turn of the event loop between them: finalizers, weak callbacks and
 * the sweeping of array buffers run in the turns and free more for the next collection. */
const COLLECTIONS = 4
/** Nothing is sampled. */
const SAMPLING_BYTES = 2 ** 30

const session = new Session()

async function readMemory(): Promise<MemoryReading> {
  for (let i = 0; i < COLLECTIONS; i++) {
    session.post('HeapProfiler.getSamplingProfile')
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return { timeMs: performance.now(), heapUsedBytes: heapUsed, arrayBuffersBytes: arrayBuffers }
}

function watchCollections(): OwnGc[] {
  const own: OwnGc[] = []
  let requests = 0
  subscribe('http.server.request.start', () => requests++)
  let profiler = new GCProfiler()
  profiler.start()
  new PerformanceObserver(() => {
    const full = profiler.stop()?.statistics.findLast(({ gcType }) => gcType === 'MarkSweepCompact')
    if (full) own.push({ requests, heapUsedBytes: full.afterGC.heapStatistics.usedHeapSize })
    profiler = new GCProfiler()
    profiler.start()
  }).observe({ entryTypes: ['gc'] })
  return own
}

session.connect()
session.post('HeapProfiler.startSampling', { samplingInterval: SAMPLING_BYTES })
let own: OwnGc[] | null = null
answerQuestions((question: 'read' | 'own') =>
  question === 'read' ? readMemory() : (own ??= watchCollections()),
)
