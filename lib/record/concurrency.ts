/**
 * The most requests in flight at once during a request, for every request, in constant time each.
 *
 * `#peak…` hold, newest last, the levels no later level has reached since: a falling staircase.
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
  // Parallel arrays that keep their length: emptied ones would be allocated anew by each request.
  readonly #peakArrivals: number[] = []
  readonly #peakLevels: number[] = []
  #peaks = 0

  get inFlight(): number {
    return this.#inFlight
  }

  /** @returns the arrival's number, to ask and to leave with */
  arrive(): number {
    this.#inFlight++
    this.#arrivals++
    let peaks = this.#peaks
    while (peaks > 0 && this.#peakLevels[peaks - 1]! <= this.#inFlight) peaks--
    this.#peakArrivals[peaks] = this.#arrivals
    this.#peakLevels[peaks] = this.#inFlight
    this.#peaks = peaks + 1
    return this.#arrivals
  }

  /** Most requests in flight since that arrival, itself included: at least 1. */
  peakSince(arrival: number): number {
    if (this.#peaks === 0) return 1
    let low = 0
    let high = this.#peaks - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#peakArrivals[middle]! >= arrival) high = middle
      else low = middle + 1
    }
    return this.#peakLevels[low]!
  }

  leave(): void {
    this.#inFlight--
    if (this.#inFlight === 0) this.#peaks = 0
  }
}
