/** Memory, GCs, event loop and requests of the process, interval by interval: the `process` line. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { performance } from '../clock'
import { formatBytes, countOf } from '../emit/amounts'
import { roundMs } from '../emit/lines'
import type { GcLog } from '../record/gc'
import { emptyReading, type MemoryReader } from '../record/reading'
import type { Recorder } from '../record/recorder'
import type { ProcessLine } from '../schema/lines'

/** Resolution of the event loop's delay, ms: the default of most tools. */
const DELAY_RESOLUTION_MS = 20

export interface ProcessMeterOptions {
  readonly reader: MemoryReader
  readonly gcLog: GcLog
  readonly recorder: Pick<Recorder, 'requests' | 'inFlight'> & {
    readonly ring: Pick<Recorder['ring'], 'dropped'>
  }
}

/** What a line says beside the readings of the process. */
export type ProcessExtras = Pick<ProcessLine, 'self'> & {
  readonly liveHeapBytes: number | undefined
  readonly secondsToLimit: number | undefined
  readonly leaks: ProcessLine['leaks'] | undefined
  readonly growth: ProcessLine['growth'] | undefined
}

export class ProcessMeter {
  readonly #options: ProcessMeterOptions
  readonly #reading = emptyReading()
  readonly #loopDelay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS })
  #loopUse = performance.eventLoopUtilization()
  #requestsWritten = 0
  #droppedWritten = 0

  constructor(options: ProcessMeterOptions) {
    this.#options = options
    this.#loopDelay.enable()
  }

  /** Of the interval that ends now. */
  line({ liveHeapBytes, self, secondsToLimit, leaks, growth }: ProcessExtras): ProcessLine {
    const { reader, gcLog, recorder } = this.#options
    const reading = this.#reading
    reader.read(reading)
    const { arrayBuffers } = process.memoryUsage()
    const use = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(use, this.#loopUse)
    this.#loopUse = use
    const delayP99Ms = roundMs(this.#loopDelay.percentile(99) / 1e6)
    this.#loopDelay.reset()
    const gcCounts = gcLog.takeCounts()
    const line: ProcessLine = {
      event: 'process',
      rssBytes: reading.rssBytes,
      ...(Number.isNaN(reading.vsizeBytes) ? {} : { vsizeBytes: reading.vsizeBytes }),
      heapUsedBytes: reading.heapUsedBytes,
      heapTotalBytes: reading.heapTotalBytes,
      heapLimitBytes: getHeapStatistics().heap_size_limit,
      externalBytes: reading.externalBytes,
      arrayBuffersBytes: arrayBuffers,
      ...(liveHeapBytes === undefined ? {} : { liveHeapBytes }),
      gc: { ...gcCounts, pauseMs: roundMs(gcCounts.pauseMs) },
      eventLoop: { utilization: Math.round(utilization * 1000) / 1000, delayP99Ms },
      requests: recorder.requests - this.#requestsWritten,
      inFlight: recorder.inFlight,
      dropped: recorder.ring.dropped - this.#droppedWritten,
      self,
      ...(secondsToLimit === undefined ? {} : { secondsToLimit }),
      ...(leaks === undefined ? {} : { leaks }),
      ...(growth === undefined ? {} : { growth }),
    }
    this.#requestsWritten = recorder.requests
    this.#droppedWritten = recorder.ring.dropped
    return line
  }

  close(): void {
    this.#loopDelay.disable()
  }
}

export function processMsg(line: ProcessLine): string {
  const parts = [
    `rss ${formatBytes(line.rssBytes)}`,
    `heap ${formatBytes(line.heapUsedBytes)} of at most ${formatBytes(line.heapLimitBytes)}`,
    countOf(line.requests, 'request'),
    `${line.inFlight} in flight`,
  ]
  if (line.dropped > 0) parts.push(`${line.dropped} dropped`)
  return parts.join(', ')
}
