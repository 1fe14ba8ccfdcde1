/**
 * Chooses the sampling interval by what the app allocates: what samples cost and what they tell is then
 * the same whatever it is (docs/method.md). `defaults` against `leaks off` in docs/cost.md is the cost.
 */

/** Samples wanted between two readings. */
const SAMPLES_PER_READING = 6000
const MIN_BYTES = 8 << 10
const MAX_BYTES = 512 << 10
/** The interval is changed when the rate asks for one this many times larger or smaller. */
const RETUNE_FACTOR = 1.5
/** Once it was chosen: the traffic may have only begun. */
const NEXT_FACTOR = 2
/** Once a reading was kept, which is lost then: only when it asks for one this many times larger. */
const LATE_FACTOR = 4
/** Choices before a reading is kept, at most: an app whose rate goes up and down is read all the same. */
const MAX_CHOICES = 3
/** Late choices that may be corrected: where bursts come again and again, it stays as they ask for. */
const MAX_CORRECTED = 1

export class SamplingInterval {
  /** Until the app's own rate is known as cheap as can be. */
  bytes: number
  readonly #isSet: boolean
  readonly #betweenReadingsMs: number
  #choices = 0
  #lateChoices = 0
  /** Samples taken until the last reading, and when that was. */
  #takenBefore = 0
  #beforeMs: number

  /** @param set - bytes, where the user chose */
  constructor(set: number | null, betweenReadingsMs: number, nowMs: number) {
    this.bytes = set ?? MAX_BYTES
    this.#isSet = set !== null
    this.#betweenReadingsMs = betweenReadingsMs
    this.#beforeMs = nowMs
  }

  /**
   * At each reading. Everything begins anew where `bytes` changes: samples taken at two intervals do
   * not add up.
   *
   * @param taken - samples since sampling began, the dead too
   * @param isKept - whether a reading at this interval was kept
   * @returns whether sampling is to begin anew, at `bytes`
   */
  retune(taken: number, nowMs: number, isKept: boolean): boolean {
    const bytesPerMs = ((taken - this.#takenBefore) * this.bytes) / (nowMs - this.#beforeMs)
    this.#takenBefore = taken
    this.#beforeMs = nowMs
    if (this.#isSet) return false
    const wanted = (bytesPerMs * this.#betweenReadingsMs) / SAMPLES_PER_READING
    const next = Math.round(Math.min(MAX_BYTES, Math.max(MIN_BYTES, wanted)))
    if (!isKept && this.#choices >= MAX_CHOICES) return false
    const factor = isKept ? LATE_FACTOR : this.#choices === 0 ? RETUNE_FACTOR : NEXT_FACTOR
    const isCoarser = next >= this.bytes * factor
    const isFiner = !isKept && next <= this.bytes / factor
    if (!isCoarser && !isFiner) return false
    if (isKept) this.#choices = MAX_CHOICES - (this.#lateChoices++ < MAX_CORRECTED ? 1 : 0)
    else this.#choices++
    this.#takenBefore = 0
    this.bytes = next
    return true
  }
}
