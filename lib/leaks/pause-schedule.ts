/**
 * Which pause of memprof's comes next, and when: a reading of the heap, or a step of an inquiry about a
 * leak. Both are paid from one budget. Reads no clock and sets no timer: it is told the time.
 */
import type { Config } from '../config/settings'
import { PauseBudget } from './pause-budget'

/** Until a reading is kept, they come after this share of the interval: they choose the sampling's. */
const CHOOSING_SHARE = 0.5
/** Without requests, one reading in this many is made: a heap that nobody uses seldom grows. */
const IDLE_READINGS = 10

type ScheduleOptions = Pick<Config, 'leakIntervalMs' | 'maxPauseMs' | 'pauseBudgetRatio'>

export interface ScheduleFacts {
  /** Requests so far, of any route. */
  readonly requests: number
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
  #requestsAtReading = 0
  #idleReadings = 0
  #pauseMs = 0

  constructor(options: ScheduleOptions, nowMs: number) {
    this.#options = options
    this.#budget = new PauseBudget(options.pauseBudgetRatio, nowMs)
    this.#readingDueMs = nowMs + CHOOSING_SHARE * options.leakIntervalMs
  }

  /** All pauses since the start, ms. */
  get pauseMs(): number {
    return this.#pauseMs
  }

  next(nowMs: number, facts: ScheduleFacts): NextPause {
    const { requests, inquiryDueMs } = facts
    const dueMs = Math.min(this.#readingDueMs, inquiryDueMs)
    if (dueMs === Number.POSITIVE_INFINITY) return 'stop'
    const waitMs = Math.max(dueMs - nowMs, this.#budget.waitMs(nowMs))
    if (waitMs > 0) return { waitMs: Math.ceil(waitMs) }
    // Before the reading: what an inquiry finds out is in the line of a leak that is told then.
    if (inquiryDueMs <= nowMs) return 'inquire'
    if (requests === this.#requestsAtReading && ++this.#idleReadings < IDLE_READINGS) {
      this.#readingDueMs = nowMs + this.#options.leakIntervalMs
      return this.next(nowMs, facts)
    }
    this.#idleReadings = 0
    this.#requestsAtReading = requests
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
