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
 * Milliseconds of marking per MB before a reading, at first. Node 20 and 24, two cores: V8 is done after 0.5
* to 0.75 (`node dist/benchmarks/overhead/marking.js`).
 */
const FIRST_LEAD_MS_PER_MB = 0.25
/** Of the lead, once V8 was done before it was over; and where it was not, before that happened and since. */
const AFTER_MISS = 0.6
const UNTIL_MISS = 1.5
const SINCE_MISS = 1.1
/** What a GC takes for which nothing was marked, ms per MB of live heap, on a slow machine. */
const UNMARKED_MS_PER_MB = 1
/** Of marking for one reading: then it is made without. */
const MAX_TRIES = 3

export class MarkingAhead {
  readonly #session: Pick<HeapSession, 'beginMarking' | 'endMarking'>
  #leadMsPerMb = FIRST_LEAD_MS_PER_MB
  #hasMissed = false
  /** Of the reading that is due. */
  #tries = 0

  constructor(session: Pick<HeapSession, 'beginMarking' | 'endMarking'>) {
    this.#session = session
  }

  /**
   * Called when a reading is due, and after each wait, until there is nothing to wait for.
   *
   * @param heapBytes - live, or with garbage as long as nobody knows
   * @returns how long V8 may mark, ms; 0: read
   */
  next(heapBytes: number): number {
    if (this.#tries > 0 && this.#hasMarkedInTime()) return this.#read()
    if (heapBytes < LARGE_HEAP_BYTES || this.#tries === MAX_TRIES) return this.#read()
    if (!this.#session.beginMarking()) return this.#read()
    this.#tries++
    return Math.ceil((this.#leadMsPerMb * heapBytes) / 2 ** 20)
  }

  /** What a GC would have taken for which nothing was marked, where this one was the pause of a reading, ms. */
  unmarkedMs(pauseMs: number, heapBytes: number): number {
    const isMarked = heapBytes >= LARGE_HEAP_BYTES
    return Math.max(pauseMs, isMarked ? (UNMARKED_MS_PER_MB * heapBytes) / 2 ** 20 : 0)
  }

  #hasMarkedInTime(): boolean {
    const isInTime = this.#session.endMarking()
    if (!isInTime) this.#hasMissed = true
    const later = this.#hasMissed ? SINCE_MISS : UNTIL_MISS
    this.#leadMsPerMb *= isInTime ? later : AFTER_MISS
    return isInTime
  }

  #read(): number {
    this.#tries = 0
    return 0
  }
}
