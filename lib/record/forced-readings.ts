/**
 * Readings behind a forced major GC, for `MEMPROF_GC=request`: what a request keeps, to the byte. Slow,
 * and never meant for production.
 *
 *     request A            | request B
 *     GC, before   runs    | GC, before         runs    closes   a turn later
 *                          |                                     GC, after
 *        own objects of B: |<- heap of "before" less that of A's "after", where nothing ran between
 */
import { setImmediate } from '../clock'
import { RunningMedian } from '../stats/running-median'
import type { Concurrency } from './concurrency'
import { forceFullGc } from './gc'
import type { MemoryReader } from './reading'
import type { RequestState } from './request-state'

export interface ForcedReadingsOptions {
  readonly reader: MemoryReader
  readonly concurrency: Concurrency
  /** Takes a request whose reading after is there. */
  readonly record: (state: RequestState) => void
  /** Runs what no hook guards, so that its errors never reach the app. */
  readonly run: (work: () => void) => void
}

export class ForcedReadings {
  readonly #options: ForcedReadingsOptions
  /** Requests that ended, and whose reading after is yet to come. */
  readonly #unread = new Set<RequestState>()
  /** What a request's own objects weigh before its handler runs. */
  readonly #ownBytes = new RunningMedian()
  /** Of the last reading after a request, where nothing was in flight; NaN where another came since. */
  #idleHeapBytes = Number.NaN
  #pauseMs = 0

  constructor(options: ForcedReadingsOptions) {
    this.#options = options
  }

  /** Time spent in forced GCs. */
  get pauseMs(): number {
    return this.#pauseMs
  }

  /** The reading before the handlers run: less the request's own objects, which were there by then. */
  readBefore(state: RequestState): void {
    this.#read(state.before)
    // Nothing ran since the last forced reading but the arrival of this request. Negative where the
    // request before was still referred to at its reading: what it keeps is measured all the same.
    const ownBytes = state.before.heapUsedBytes - this.#idleHeapBytes
    const isAlone = this.#options.concurrency.inFlight === 1
    if (isAlone && !Number.isNaN(ownBytes)) this.#ownBytes.add(ownBytes)
    this.#idleHeapBytes = Number.NaN
    state.before.heapUsedBytes -= this.#ownBytes.value(0)
  }

  /** Reads and records a request a turn later, when nothing of Node's refers to it any more. */
  readAfter(state: RequestState): void {
    this.#unread.add(state)
    setImmediate(() => {
      if (this.#unread.has(state)) this.#options.run(() => this.#record(state))
    })
  }

  /** Takes the readings that are still to come. */
  readAll(): void {
    for (const state of this.#unread) this.#record(state)
  }

  #record(state: RequestState): void {
    this.#unread.delete(state)
    this.#read(state.after)
    const { heapUsedBytes } = state.after
    this.#options.record(state)
    if (this.#options.concurrency.inFlight === 0) this.#idleHeapBytes = heapUsedBytes
  }

  #read(into: RequestState['before']): void {
    this.#pauseMs += forceFullGc()
    this.#options.reader.read(into)
  }
}
