/**
 * When a leak is told, and what holds it back. docs/method.md, "What counts as a leak", its last
 * paragraphs. "Derived" and "tuned" as in lib/verdict/thresholds.ts.
 */

/** How sure a leak is before people are told of it, and again. */
export const TELLING = {
  /** Judgements in a row that find it. Derived: one may be a whim. */
  judgements: 2,
  /** The same of a leak whose payer is not known. Tuned: what many routes fill for a while looks like one. */
  openJudgements: 6,
  /** So sure that one judgement is enough: the low end of the interval over its width. Tuned. */
  sureRatio: 2,
  /** A figure outside of the interval that was told is news, and so is one this much surer. Tuned. */
  narrower: 0.6,
  /** At the end, what was told may differ by this share from what is known. Tuned. */
  lastChangeShare: 0.05,
} as const

/** How long a leak is held back whose holders are caches. */
export const CACHES = {
  /** Until the search says whether they are, at most, ms. Tuned. */
  maxWaitMs: 180_000,
  /**
   * A full cache is judged by what came after it was full: with this many times the requests until then,
   * the last third of the observation, which decides whether a leak goes on, lies behind that. Derived.
   */
  fullFactor: 1.5,
  /** Exposure below this share of what it was: sampling began anew, and with it the observation. Derived. */
  restartShare: 0.5,
  /** A leak is held back so often, at most: a cache that is cleared before it is full never is. Tuned. */
  maxHolds: 3,
} as const

/** How long a leak is held back for whose payer is to be traced, and how often it is. */
export const TRACES = {
  /** Until a trace has told, at most, ms. Tuned: a search for holders and a trace take a third of it. */
  maxWaitMs: 60_000,
  /** A leak is traced so often, at most. Tuned. */
  max: 6,
  /** Again so long after the first that told nothing, ms, and twice as long after each that follows. Tuned. */
  againMs: 30_000,
  /** Between two of them, at least, ms: the next reading has to be judged. Tuned. */
  restMs: 5000,
} as const
