/**
 * How long memprof's pauses may be: a share of wall time, earned as it passes and saved up to a limit,
 * so that one slow reading among fast ones does not put off the next.
 */

/** Saved up at most, ms: what comes in one go after a quiet time. */
export const MAX_SAVED_MS = 500

export class PauseBudget {
  readonly #ratio: number
  #balanceMs = 0
  #sinceMs: number

  /** @param ratio - ms of pause earned per ms; above 0 */
  constructor(ratio: number, nowMs: number) {
    this.#ratio = ratio
    this.#sinceMs = nowMs
  }

  /** A pause was made; how long it would be was not known before, so the balance may fall below 0. */
  spend(pauseMs: number, nowMs: number): void {
    this.#earn(nowMs)
    this.#balanceMs -= pauseMs
  }

  /** Until the next pause may begin, ms; 0 where it may at once. */
  waitMs(nowMs: number): number {
    this.#earn(nowMs)
    return Math.max(0, -this.#balanceMs / this.#ratio)
  }

  #earn(nowMs: number): void {
    const earned = (nowMs - this.#sinceMs) * this.#ratio
    this.#balanceMs = Math.min(MAX_SAVED_MS, this.#balanceMs + earned)
    this.#sinceMs = nowMs
  }
}
