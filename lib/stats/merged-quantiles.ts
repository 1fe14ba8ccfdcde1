/**
 * Quantiles of many groups of values together, where each group is known by its own quantiles alone.
 *
 * A group says: half of its n values lie below p50, 90 % below p90, 99 % below p99, all up to max. Within
 * each of the four parts its values are taken to be spread evenly over the logarithm; the lowest half,
 * whose least value is unknown, as far below p50 as p90 lies above it. The parts of all groups are added
 * up in buckets of a sixteenth of a power of two:
 *
 *   group 1   ....[####p50##p90.p99....max]
 *   group 2            [##p50####p90......p99..max]
 *   together  ....[#####################............]
 *
 * Every group keeps its own quantiles in this, so the result lies between the smallest and the largest
 * value that the groups allow, give or take a bucket (4.5 %). How far those two are apart depends on how
 * much the groups differ.
 */
const SUB_BUCKETS = 16
/** Smallest and largest power of two that have buckets: 2^-10 (1 us in ms) to 2^27 (37 h in ms). */
const MIN_EXPONENT = -10
const MAX_EXPONENT = 27
const BUCKETS = (MAX_EXPONENT - MIN_EXPONENT) * SUB_BUCKETS

export interface GroupQuantiles {
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** Place on the logarithmic axis, in buckets and parts of them. */
function placeOf(value: number): number {
  const place = (Math.log2(value) - MIN_EXPONENT) * SUB_BUCKETS
  return place > 0 ? Math.min(place, BUCKETS - 1) : 0
}

function valueAt(place: number): number {
  return 2 ** (place / SUB_BUCKETS + MIN_EXPONENT)
}

/** Positive values, such as durations in ms; those below 0.001 share a bucket. */
export class MergedQuantiles {
  // Made at the second group: what one group says is exact, and most have only one.
  #counts: Float64Array | null = null
  #only: GroupQuantiles | null = null
  #count = 0
  #sum = 0
  #max = 0

  get count(): number {
    return this.#count
  }

  /** Exact; NaN when empty. */
  get mean(): number {
    return this.#sum / this.#count
  }

  /** Exact; 0 when empty. */
  get max(): number {
    return this.#max
  }

  /** @param count - values in the group; none or less is ignored */
  add(count: number, group: GroupQuantiles): void {
    if (!(count > 0)) return
    if (this.#count === 0) this.#only = group
    else if (this.#only) {
      const first = this.#only
      this.#only = null
      this.#spread(this.#count, first)
    }
    this.#count += count
    this.#sum += count * group.mean
    if (group.max > this.#max) this.#max = group.max
    if (!this.#only) this.#spread(count, group)
  }

  /**
   * @param p - 0 to 1
   * @returns what the group says where there is only one and `p` is 0.5, 0.9 or 0.99; NaN when empty
   */
  quantile(p: number): number {
    if (this.#count === 0) return Number.NaN
    if (this.#only) {
      if (p === 0.5) return this.#only.p50
      if (p === 0.9) return this.#only.p90
      if (p === 0.99) return this.#only.p99
      this.#spread(this.#count, this.#only)
      this.#only = null
    }
    let left = p * this.#count
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const here = this.#counts![bucket]!
      if (here > 0 && left <= here) return Math.min(this.#max, valueAt(bucket + left / here))
      left -= here
    }
    return this.#max
  }

  #spread(count: number, { p50, p90, p99, max }: GroupQuantiles): void {
    this.#counts ??= new Float64Array(BUCKETS)
    const half = placeOf(p50)
    const most = Math.max(half, placeOf(p90))
    const last = Math.max(most, placeOf(p99))
    const end = Math.max(last, placeOf(max))
    this.#fill(Math.max(0, 2 * half - most), half, 0.5 * count)
    this.#fill(half, most, 0.4 * count)
    this.#fill(most, last, 0.09 * count)
    this.#fill(last, end, 0.01 * count)
  }

  /** Spreads `count` evenly from one place to another. */
  #fill(from: number, to: number, count: number): void {
    const counts = this.#counts!
    const first = Math.floor(from)
    const last = Math.floor(to)
    if (first === last) {
      counts[first]! += count
      return
    }
    const each = count / (to - from)
    counts[first]! += each * (first + 1 - from)
    for (let bucket = first + 1; bucket < last; bucket++) counts[bucket]! += each
    counts[last]! += each * (to - last)
  }
}
