/**
 * Which pause of memprof's comes next, and when: a reading of the heap, or a step of an inquiry about a
 * leak. Both are paid from one budget. Reads no clock and sets no timer: it is told the time.
 */
import type { Config } from '../config/settings'
import { PauseBudget } from './pause-budget'

/** Until a reading is kept, they come after this share of the interval: they choose the sampling's. */
const CHOOSING_SHARE = 0.5
/** Of a process that idles, one reading in this many is made: a heap that nobody uses seldom grows. */
const IDLE_READINGS = 10
/**
 * A process idles that gets no request and whose memory has grown by less than this per ms of an interval
 * since the last reading. An Express app that nobody asked, memprof's own lines among what it did, grew by
 * 2 to 5 bytes per ms over 200 s, on Node 20, 22, 24 and 26, and by 11 at the intervals of `memprof run`:
 * in ten intervals by less than this is in one. A leak that is as fast is read at every interval, a slower
 * one whenever it has come to as much.
 */
const IDLE_BYTES_PER_MS = 128
/** And by less than this: where intervals are minutes, readings cost next to nothing. */
const MAX_IDLE_BYTES = 2 << 20

type ScheduleOptions = Pick<Config, 'leakIntervalMs' | 'maxPauseMs' | 'pauseBudgetRatio'>

export interface ScheduleFacts {
  /** Requests so far, of any route. */
  readonly requests: number
  /** Of the heap and external memory, garbage included. */
  readonly usedBytes: number
  /** When the next step of an inquiry may tell more, ms; Infinity while nothing is inquired into. */
  readonly inquiryDueMs: number
}

/** `stop`: nothing is to come, until somebody inquires. */
export type NextPause = 'read' | 'inquire' | 'stop' | { readonly waitMs: number }

export class PauseSchedule {
  readonly #options: ScheduleOptions
  readonly #budget: PauseBudget
  /** When the next reading is due, ms; Infinity once the last one was made. */
  #readingDueMs: number
  readonly #idleBytes: number
  #requestsAtReading = 0
  /** The least used since the last reading: garbage goes, the reading's own too, and what leaks stays. */
  #leastUsedBytes = Number.POSITIVE_INFINITY
  #idleReadings = 0
  #pauseMs = 0

  constructor(options: ScheduleOptions, nowMs: number) {
    this.#options = options
    this.#idleBytes = Math.min(MAX_IDLE_BYTES, IDLE_BYTES_PER_MS * options.leakIntervalMs)
    this.#budget = new PauseBudget(options.pauseBudgetRatio, nowMs)
    this.#readingDueMs = nowMs + CHOOSING_SHARE * options.leakIntervalMs
  }

  /** All pauses since the start, ms. */
  get pauseMs(): number {
    return this.#pauseMs
  }

  next(nowMs: number, facts: ScheduleFacts): NextPause {
    const { requests, usedBytes, inquiryDueMs } = facts
    this.#leastUsedBytes = Math.min(this.#leastUsedBytes, usedBytes)
    const dueMs = Math.min(this.#readingDueMs, inquiryDueMs)
    if (dueMs === Number.POSITIVE_INFINITY) return 'stop'
    const waitMs = Math.max(dueMs - nowMs, this.#budget.waitMs(nowMs))
    if (waitMs > 0) return { waitMs: Math.ceil(waitMs) }
    // Before the reading: what an inquiry finds out is in the line of a leak that is told then.
    if (inquiryDueMs <= nowMs) return 'inquire'
    const isIdle =
      requests === this.#requestsAtReading && usedBytes - this.#leastUsedBytes < this.#idleBytes
    if (isIdle && ++this.#idleReadings < IDLE_READINGS) {
      this.#readingDueMs = nowMs + this.#options.leakIntervalMs
      return this.next(nowMs, facts)
    }
    this.#idleReadings = 0
    this.#requestsAtReading = requests
    this.#leastUsedBytes = Number.POSITIVE_INFINITY
    return 'read'
  }

  /** A pause was made. */
  spend(pauseMs: number, nowMs: number): void {
    this.#pauseMs += pauseMs
    this.#budget.spend(pauseMs, nowMs)
  }

  /**
   * After a reading: the next one is due an interval later.
   *
   * @param isChoosing - no reading was kept yet
   * @returns false where it took too long: it was the last
   */
  planReading(pauseMs: number, nowMs: number, isChoosing: boolean): boolean {
    const { leakIntervalMs, maxPauseMs } = this.#options
    const mayGoOn = pauseMs <= maxPauseMs
    if (mayGoOn) this.#readingDueMs = nowMs + leakIntervalMs * (isChoosing ? CHOOSING_SHARE : 1)
    else this.endReadings()
    return mayGoOn
  }

  endReadings(): void {
    this.#readingDueMs = Number.POSITIVE_INFINITY
  }
}
