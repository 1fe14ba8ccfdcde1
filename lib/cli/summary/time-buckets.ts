/**
 * A series over time in a bounded number of points, whatever comes and in whatever order: the points
 * are buckets of equal width, and where there would be too many, two become one.
 *
 *   width 1 s   | | | | |#|#|#|#|        at most 8
 *   width 2 s   |   |   | ##| ##| # |
 */
const FIRST_WIDTH_MS = 1000

export interface Point {
  /** Begin of the bucket, ms since 1970. */
  time: number
}

export class TimeBuckets<P extends Point> {
  readonly #points: Map<number, P> = new Map()
  readonly #make: (time: number) => P
  readonly #merge: (into: P, later: P) => void
  #maxPoints: number
  #widthMs = FIRST_WIDTH_MS

  /** @param merge - puts the later of two neighbours into the earlier */
  constructor(maxPoints: number, make: (time: number) => P, merge: (into: P, later: P) => void) {
    this.#maxPoints = maxPoints
    this.#make = make
    this.#merge = merge
  }

  get widthMs(): number {
    return this.#widthMs
  }

  /** The point that `time` belongs to, made where it is new. */
  at(time: number): P {
    let point = this.#points.get(Math.floor(time / this.#widthMs))
    if (point) return point
    if (this.#points.size >= this.#maxPoints) this.#widen(this.#maxPoints - 1)
    const bucket = Math.floor(time / this.#widthMs)
    point = this.#points.get(bucket)
    if (!point) {
      point = this.#make(bucket * this.#widthMs)
      this.#points.set(bucket, point)
    }
    return point
  }

  /** From now on at most so many points. */
  limit(maxPoints: number): void {
    this.#maxPoints = Math.max(2, maxPoints)
    this.#widen(this.#maxPoints)
  }

  /** In the order of time. */
  toSorted(): P[] {
    return [...this.#points.values()].sort((a, b) => a.time - b.time)
  }

  #widen(most: number): void {
    while (this.#points.size > most) {
      this.#widthMs *= 2
      const old = this.toSorted()
      this.#points.clear()
      for (const point of old) {
        const bucket = Math.floor(point.time / this.#widthMs)
        const into = this.#points.get(bucket)
        if (into) this.#merge(into, point)
        else {
          point.time = bucket * this.#widthMs
          this.#points.set(bucket, point)
        }
      }
    }
  }
}

/** No series of a pool has fewer points. */
const MIN_POINTS = 8

/** Series that share a budget of points: each has fewer, the more there are. */
export class SeriesPool<P extends Point> {
  readonly #series: Array<TimeBuckets<P>> = []
  readonly #budget: number
  readonly #maxPoints: number
  readonly #make: (maxPoints: number) => TimeBuckets<P>

  /**
   * @param budget - points of all series together
   * @param maxPoints - of one
   */
  constructor(budget: number, maxPoints: number, make: (maxPoints: number) => TimeBuckets<P>) {
    this.#budget = budget
    this.#maxPoints = maxPoints
    this.#make = make
  }

  open(): TimeBuckets<P> {
    const count = this.#series.length + 1
    const series = this.#make(this.#pointsEach(count))
    this.#series.push(series)
    // At each power of two, for all that come until the next.
    if ((count & (count - 1)) === 0) {
      for (const one of this.#series) one.limit(this.#pointsEach(2 * count))
    }
    return series
  }

  #pointsEach(count: number): number {
    return Math.max(MIN_POINTS, Math.min(this.#maxPoints, Math.floor(this.#budget / count)))
  }
}
