/**
 * GCs as Node reports them, and major GCs on demand.
 */
import { constants, PerformanceObserver } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { performance } from '../clock'

/** GCs remembered for the join with requests; at 100 per second, 40 s worth. */
const GC_LOG_CAPACITY = 4096

export interface GcCounts {
  minor: number
  major: number
  pauseMs: number
}

/**
 * The start times of recent minor and major GCs, ascending, in a ring.
 * Node delivers them a turn of the event loop after the GC: ask at a drain, not in a request.
 */
export class GcLog {
  readonly #startMs = new Float64Array(GC_LOG_CAPACITY)
  #written = 0
  /** Between two GCs, where no other began: requests drained in a row nearly all lie in one. */
  #gapFromMs = Number.POSITIVE_INFINITY
  #gapToMs = Number.NEGATIVE_INFINITY
  #counts: GcCounts = { minor: 0, major: 0, pauseMs: 0 }

  add(startMs: number, durationMs: number, major: boolean): void {
    this.#startMs[this.#written++ % GC_LOG_CAPACITY] = startMs
    this.#gapToMs = Number.NEGATIVE_INFINITY
    if (major) this.#counts.major++
    else this.#counts.minor++
    this.#counts.pauseMs += durationMs
  }

  /** GCs that started within the span. Counts what is still remembered: there may have been more. */
  countBetween(fromMs: number, toMs: number): number {
    if (fromMs > this.#gapFromMs && toMs <= this.#gapToMs) return 0
    const after = this.#firstAfter(toMs)
    this.#gapFromMs = this.#at(after - 1, Number.NEGATIVE_INFINITY)
    this.#gapToMs = this.#at(after, Number.POSITIVE_INFINITY)
    return after - this.#firstAfter(fromMs)
  }

  #at(number: number, outside: number): number {
    const isKept = number >= this.#written - GC_LOG_CAPACITY && number < this.#written
    return number >= 0 && isKept ? this.#startMs[number % GC_LOG_CAPACITY]! : outside
  }

  /** Counts since the last call. */
  takeCounts(): GcCounts {
    const counts = this.#counts
    this.#counts = { minor: 0, major: 0, pauseMs: 0 }
    return counts
  }

  /** Number of the first GC at or after that time; binary search over the ring. */
  #firstAfter(timeMs: number): number {
    let low = Math.max(0, this.#written - GC_LOG_CAPACITY)
    let high = this.#written
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (this.#startMs[middle % GC_LOG_CAPACITY]! < timeMs) low = middle + 1
      else high = middle
    }
    return low
  }
}

export interface GcWatch {
  readonly log: GcLog
  /** Takes in what Node has queued; call a turn of the event loop after the span of interest. */
  takeQueued(): void
  stop(): void
}

/**
 * @param onMajor - called a turn after each major GC: the heap is then close to its live set
 * @param run - runs what nobody guards, so that its errors never reach the app
 */
export function watchGc(
  onMajor: () => void,
  run: (work: () => void) => void = (work) => work(),
): GcWatch {
  const log = new GcLog()
  const take = (entries: readonly { startTime: number; duration: number }[]): void => {
    let major = false
    for (const entry of entries) {
      const kind = (entry as { detail?: { kind?: number } }).detail?.kind
      // Incremental marking and weak callbacks are steps of a GC, not GCs.
      if (kind === constants.NODE_PERFORMANCE_GC_MAJOR) {
        log.add(entry.startTime, entry.duration, true)
        major = true
      } else if (kind === constants.NODE_PERFORMANCE_GC_MINOR) {
        log.add(entry.startTime, entry.duration, false)
      }
    }
    if (major) onMajor()
  }
  const observer = new PerformanceObserver((list) => run(() => take(list.getEntries())))
  observer.observe({ entryTypes: ['gc'] })
  return {
    log,
    takeQueued: () => take(observer.takeRecords()),
    stop: () => observer.disconnect(),
  }
}

let runGc: (() => void) | null = null

/**
 * Forces a major, synchronous GC; with or without --expose-gc on the command line.
 * Costs about 1 ms per MB of live heap.
 *
 * @returns its duration in ms
 */
export function forceFullGc(): number {
  if (!runGc) {
    if (typeof globalThis.gc === 'function') {
      runGc = globalThis.gc as () => void
    } else {
      // The flag decides only what new contexts get; the app's own global stays without `gc`.
      setFlagsFromString('--expose-gc')
      runGc = runInNewContext('gc') as () => void
      setFlagsFromString('--no-expose-gc')
    }
  }
  const startMs = performance.now()
  runGc()
  return performance.now() - startMs
}
