/**
 * Chooses the sampling interval by the rate at which the app allocates: what samples cost and what they
 * tell is then the same at every rate (docs/method.md, "What is read"). `defaults` against `leaks off` in
 * docs/cost.md is the cost.
 *
 *     no reading kept          up to three choices, coarser or finer
 *     readings kept            late choices, coarser by a factor of four or more
 *     after the first of them  one choice more, finer too: a single burst may have asked for it
 *     after the others         none: bursts come again and again, and the interval suits them
 *
 * The factors and counts were tuned on the leak corpus, so that its verdicts come early: each choice
 * costs the readings before it.
 */

/** Samples wanted between two readings: tuned on the leak corpus against the cost of sampling. */
const SAMPLES_PER_READING = 6000
/** An app that allocates less than 6,000 times this between two readings gives fewer samples. */
const MIN_BYTES = 8 << 10
/** The default of pprof for Go and Node: cheap enough for any app. */
const MAX_BYTES = 512 << 10
/** The first choice is made where the rate asks for an interval so many times larger or smaller. */
const FIRST_FACTOR = 1.5
/** The next two only at this factor: the first reading may have seen half of the traffic. */
const NEXT_FACTOR = 2
/** A late choice loses the readings that were kept, and is made where sampling costs so many times more. */
const LATE_FACTOR = 4
/** Choices before a reading is kept, at most: an app whose rate goes up and down is read all the same. */
const MAX_CHOICES = 3
/** Late choices after which one more choice is allowed. */
const MAX_CORRECTED = 1

export class SamplingInterval {
  /** The interval: the coarsest until the app's own rate is known. */
  bytes: number
  readonly #isSet: boolean
  readonly #betweenReadingsMs: number
  #choices = 0
  #lateChoices = 0
  /** Samples since sampling began and the time, at the last reading. */
  #samplesBefore = 0
  #beforeMs: number

  /** @param set - bytes, where the user has set an interval; it is never changed */
  constructor(set: number | null, betweenReadingsMs: number, nowMs: number) {
    this.bytes = set ?? MAX_BYTES
    this.#isSet = set !== null
    this.#betweenReadingsMs = betweenReadingsMs
    this.#beforeMs = nowMs
  }

  /**
   * At each reading. Where `bytes` changes the caller begins everything anew: samples at two intervals
   * do not add up.
   *
   * @param samples - since sampling began, those of dead objects too
   * @param isKept - whether a reading at this interval was kept
   * @returns whether sampling is to begin anew, at `bytes`
   */
  retune(samples: number, nowMs: number, isKept: boolean): boolean {
    const bytesPerMs = ((samples - this.#samplesBefore) * this.bytes) / (nowMs - this.#beforeMs)
    this.#samplesBefore = samples
    this.#beforeMs = nowMs
    if (this.#isSet) return false
    const wanted = (bytesPerMs * this.#betweenReadingsMs) / SAMPLES_PER_READING
    const next = Math.round(Math.min(MAX_BYTES, Math.max(MIN_BYTES, wanted)))
    if (!isKept && this.#choices >= MAX_CHOICES) return false
    const factor = isKept ? LATE_FACTOR : this.#choices === 0 ? FIRST_FACTOR : NEXT_FACTOR
    const isCoarser = next >= this.bytes * factor
    const isFiner = !isKept && next <= this.bytes / factor
    if (!isCoarser && !isFiner) return false
    if (isKept) this.#choices = MAX_CHOICES - (this.#lateChoices++ < MAX_CORRECTED ? 1 : 0)
    else this.#choices++
    this.#samplesBefore = 0
    this.bytes = next
    return true
  }
}
