/**
 * The most requests in flight at once during a request, for every request, in constant time each.
 *
 * `#peaks` holds, newest last, the levels no later level has reached since: a falling staircase.
 *
 *   in flight   3 |        x
 *               2 |     x     x   x          stack: (arrival 3, level 3) (arrival 5, level 2)
 *               1 |  x
 *                 +------------------> arrivals
 *                    1  2  3  4   5
 *
 * The peak since an arrival is the first entry at or after it. An arrival drops the entries it
 * reaches, so there are never more entries than requests in flight at the peak.
 */
export class Concurrency {
  #inFlight = 0
  #arrivals = 0
  #peaks: Array<{ arrival: number; level: number }> = []

  get inFlight(): number {
    return this.#inFlight
  }

  /** @returns the arrival's number, to ask and to leave with */
  arrive(): number {
    this.#inFlight++
    this.#arrivals++
    const peaks = this.#peaks
    while (peaks.length > 0 && peaks[peaks.length - 1]!.level <= this.#inFlight) peaks.pop()
    peaks.push({ arrival: this.#arrivals, level: this.#inFlight })
    return this.#arrivals
  }

  /** Most requests in flight since that arrival, itself included: at least 1. */
  peakSince(arrival: number): number {
    const peaks = this.#peaks
    let low = 0
    let high = peaks.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (peaks[middle]!.arrival >= arrival) high = middle
      else low = middle + 1
    }
    return peaks[low]?.level ?? 1
  }

  leave(): void {
    this.#inFlight--
    if (this.#inFlight === 0) this.#peaks.length = 0
  }
}
