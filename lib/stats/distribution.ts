/**
 * Counts of values in log-linear buckets: quantiles within 1.6 %, in bounded memory, without keeping
 * the values.
 *
 * Magnitudes below 64 have a bucket each; above, every power of two is cut in 32 equal buckets, so a
 * bucket is at most 1/32 of its value wide, and its middle is off by at most half of that:
 *
 *   value    0 1 2 ... 63 | 64 66 68 ... 126 | 128 132 ... 252 | ...
 *   bucket   0 1 2 ... 63 | 64 65 66 ...  95 |  96  97 ... 127 | ...
 *
 * Source: the scheme of HdrHistogram (G. Tene), with five significant bits.
 */
const SUB_BUCKET_BITS = 5
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS
/** Magnitudes below 2^6 have a bucket each. */
const LINEAR_BITS = SUB_BUCKET_BITS + 1
const LINEAR = 1 << LINEAR_BITS
/** Magnitudes up to 2^46: 19 hours in us, 64 TiB in bytes. Larger ones share the last bucket. */
const MAX_EXPONENT = 46
const BUCKETS = LINEAR + (MAX_EXPONENT - LINEAR_BITS) * SUB_BUCKETS
/** Of a magnitude in a signed 32-bit integer. */
const INTEGER_BITS = 31
/** Low bits that a magnitude with more bits loses first: far fewer than a bucket is wide. */
const LARGE_SHIFT = 16

function bucketOf(magnitude: number): number {
  if (magnitude < LINEAR) return Math.min(LINEAR - 1, Math.round(magnitude))
  // In integers of 32 bits, once per request: logarithms and powers were a third of a drain.
  const shift = magnitude < 2 ** INTEGER_BITS ? 0 : LARGE_SHIFT
  const integer = Math.min(2 ** INTEGER_BITS - 1, magnitude / (1 << shift)) >>> 0
  const topBit = INTEGER_BITS - Math.clz32(integer)
  const subBucket = (integer >>> (topBit - SUB_BUCKET_BITS)) - SUB_BUCKETS
  return Math.min(BUCKETS - 1, LINEAR + (topBit + shift - LINEAR_BITS) * SUB_BUCKETS + subBucket)
}

/** Middle of the values that share the bucket. */
function middleOf(bucket: number): number {
  if (bucket < LINEAR) return bucket
  const topBit = LINEAR_BITS + Math.floor((bucket - LINEAR) / SUB_BUCKETS)
  const subBucket = (bucket - LINEAR) % SUB_BUCKETS
  const width = 2 ** (topBit - SUB_BUCKET_BITS)
  return (SUB_BUCKETS + subBucket) * width + width / 2
}

function sumOf(into: Uint32Array | null, of: Uint32Array | null): Uint32Array | null {
  if (!into || !of) return into ?? of?.slice() ?? null
  for (let bucket = 0; bucket < BUCKETS; bucket++) into[bucket]! += of[bucket]!
  return into
}

/** Signed values with their count, mean, extremes and quantiles. */
export class Distribution {
  // Made at the first value of that sign: most distributions have only one.
  #positive: Uint32Array | null = null
  #negative: Uint32Array | null = null
  #count = 0
  #sum = 0
  #max = Number.NEGATIVE_INFINITY

  get count(): number {
    return this.#count
  }

  /** NaN when empty. */
  get mean(): number {
    return this.#sum / this.#count
  }

  /** Exact; -Infinity when empty. */
  get max(): number {
    return this.#max
  }

  add(value: number): void {
    if (!Number.isFinite(value)) return
    this.#count++
    this.#sum += value
    if (value > this.#max) this.#max = value
    if (value >= 0) {
      this.#positive ??= new Uint32Array(BUCKETS)
      this.#positive[bucketOf(value)]!++
    } else {
      this.#negative ??= new Uint32Array(BUCKETS)
      this.#negative[bucketOf(-value)]!++
    }
  }

  /** As if each value of the other had been added here. */
  takeOver(of: Distribution): void {
    this.#count += of.#count
    this.#sum += of.#sum
    if (of.#max > this.#max) this.#max = of.#max
    this.#positive = sumOf(this.#positive, of.#positive)
    this.#negative = sumOf(this.#negative, of.#negative)
  }

  /**
   * The value below which a share `p` of all values lies, within 1.6 % (0.5 below 64).
   *
   * @param p - 0 to 1
   * @returns NaN when empty; never above `max`
   */
  quantile(p: number): number {
    if (this.#count === 0) return Number.NaN
    let rank = Math.max(1, Math.ceil(p * this.#count))
    if (this.#negative) {
      for (let bucket = BUCKETS - 1; bucket >= 0; bucket--) {
        rank -= this.#negative[bucket]!
        if (rank <= 0) return Math.min(-middleOf(bucket), this.#max)
      }
    }
    for (let bucket = 0; this.#positive && bucket < BUCKETS; bucket++) {
      rank -= this.#positive[bucket]!
      if (rank <= 0) return Math.min(middleOf(bucket), this.#max)
    }
    return this.#max
  }

  clear(): void {
    this.#positive?.fill(0)
    this.#negative?.fill(0)
    this.#count = 0
    this.#sum = 0
    this.#max = Number.NEGATIVE_INFINITY
  }

  /** Bytes of the buckets in use. */
  get footprintBytes(): number {
    return ((this.#positive ? 1 : 0) + (this.#negative ? 1 : 0)) * BUCKETS * 4
  }
}
