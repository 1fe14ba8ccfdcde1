/**
 * What is asked of the live process about a leak, beyond the samples: who keeps it, and whatever else
 * they do not tell. Each goes in steps; a step is a pause of the app, paid from the one budget.
 */
import type { LeakLife } from './leak-life'

export interface Inquiry {
  /** When its next step may tell more, ms; Infinity while there is nothing to ask. */
  readonly dueMs: number
  /** Steps, and whatever else of it changes what memprof keeps on the heap, so far. */
  readonly work: number
  /** A leak was found, or told: begins with it, unless it is under way or knows all that it can. */
  pursue(life: LeakLife): void
  /**
   * Goes on by one pause; what is known in the end is noted in the lives.
   *
   * @param readingMs - pause of the last reading of the heap, had V8 not marked before, by which others are foreseen
   */
  step(readingMs: number): void
  /** Time of the app's that was taken between the steps, and not yet told; ms. */
  takeAsideMs(): number
  close(): void
}
