/**
 * When V8 begins to mark a large heap before a reading of it. A reading forces a major GC, which marks all that
 * lives while the app stands still; what V8 has marked beforehand, beside the running app, it need not. So
 * the pause is the shorter the later the reading comes, until V8 is done: then that was a GC of its own, and
 * the reading would mark everything once more. How long V8 takes is found out from one reading to the next.
 */
import type { HeapSession } from '../inspector/session'

/** A reading of less pauses for about 100 ms. */
const LARGE_HEAP_BYTES = 192 << 20
/**
 * Milliseconds of marking per MB before a reading, at first. On two cores V8 is done after 0.5 to 0.75, and on
 * Node 20 after more than 1 for 1.2 GB (`node dist/benchmarks/overhead/marking.js`): to be too late costs a
 * short pause, to be too early most of a long one.
 */
const FIRST_LEAD_MS_PER_MB = 1
/** Of the lead, once V8 was done before it was over; and where it was not. */
const AFTER_MISS = 0.6
const IN_TIME = 1.1
/** In less V8 marks next to nothing; more than seconds are not worth while for one reading. */
const MIN_LEAD_MS_PER_MB = 0.1
const MAX_LEAD_MS_PER_MB = 4
/** What a GC takes for which nothing was marked, ms per MB of live heap, about: 0.6 on Node 24, 1.2 on Node 20. */
const UNMARKED_MS_PER_MB = 1
/** Of marking for one reading: then it is made without, or put off. */
const MAX_TRIES = 3
/** Readings put off in a row, which would take too long: then one is made all the same. */
const MAX_PUT_OFF = 8

export class MarkingAhead {
  readonly #session: Pick<HeapSession, 'beginMarking' | 'endMarking'>
  #leadMsPerMb = FIRST_LEAD_MS_PER_MB
  /** Of the reading that is due. */
  #tries = 0
  #putOff = 0
  #pauseMs = 0

  constructor(session: Pick<HeapSession, 'beginMarking' | 'endMarking'>) {
    this.#session = session
  }

  /**
   * Called when a reading is due, and after each wait, until there is nothing to wait for.
   *
   * @param heapBytes - live, or with garbage as long as nobody knows
   * @param maxPauseMs - of a reading
   * @returns how long V8 may mark, ms; 0: read; null: not now, it would take too long
   */
  next(heapBytes: number, maxPauseMs: number): number | null {
    if (this.#tries > 0 && this.#hasMarkedInTime()) return this.#read()
    if (heapBytes < LARGE_HEAP_BYTES) return this.#read()
    if (this.#tries === MAX_TRIES) {
      const isLong = this.unmarkedMs(0, heapBytes) > maxPauseMs
      if (!isLong || this.#putOff === MAX_PUT_OFF) return this.#read()
      this.#putOff++
      this.#tries = 0
      return null
    }
    if (!this.#session.beginMarking()) return this.#read()
    this.#tries++
    return Math.ceil((this.#leadMsPerMb * heapBytes) / 2 ** 20)
  }

  /** What a GC would have taken for which nothing was marked, where this one was the pause of a reading, ms. */
  unmarkedMs(pauseMs: number, heapBytes: number): number {
    const isMarked = heapBytes >= LARGE_HEAP_BYTES
    return Math.max(pauseMs, isMarked ? (UNMARKED_MS_PER_MB * heapBytes) / 2 ** 20 : 0)
  }

  /** GCs that were over before their reading, since the last call, ms. */
  takePauseMs(): number {
    const ms = this.#pauseMs
    this.#pauseMs = 0
    return ms
  }

  #hasMarkedInTime(): boolean {
    const overMs = this.#session.endMarking()
    const isInTime = overMs === null
    this.#pauseMs += overMs ?? 0
    const lead = this.#leadMsPerMb * (isInTime ? IN_TIME : AFTER_MISS)
    this.#leadMsPerMb = Math.min(MAX_LEAD_MS_PER_MB, Math.max(MIN_LEAD_MS_PER_MB, lead))
    return isInTime
  }

  #read(): number {
    this.#tries = 0
    this.#putOff = 0
    return 0
  }
}
