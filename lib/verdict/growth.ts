/**
 * How the live bytes of some places grew over a span of readings, and whether they still do.
 */
import type { PlaceSeries } from './observation'

/** Readings over which a verdict is drawn: `first` is where the warm-up ends. */
export interface Span {
  readonly first: number
  readonly last: number
}

export interface Growth {
  /** Net, over the span, by the samples. */
  readonly bytes: number
  /** Standard deviation of `bytes` by sampling alone. */
  readonly sd: number
  /** Samples that `bytes` stands for. */
  readonly samples: number
  /** Readings over which it came, as an effective number: 1 where all came at once. */
  readonly readings: number
  /** Net growth per count (of requests, or seconds) in each third of the counts. */
  readonly rates: readonly [number, number, number]
  readonly rateSds: readonly [number, number, number]
  /** What the places held when the span began. */
  readonly heldBytes: number
}

/** Sums of several places, reading by reading. */
export interface Pool {
  readonly liveBytes: readonly number[]
  readonly survivedBytes: readonly number[]
  readonly bornBytes: readonly number[]
  readonly bornBytesSquared: readonly number[]
}

export function poolOf(places: readonly PlaceSeries[], readings: number): Pool {
  const sum = (of: (place: PlaceSeries) => readonly number[]): number[] =>
    Array.from({ length: readings }, (_, at) =>
      places.reduce((total, place) => total + of(place)[at]!, 0),
    )
  return {
    liveBytes: sum((place) => place.liveBytes),
    survivedBytes: sum((place) => place.survivedBytes),
    bornBytes: sum((place) => place.bornBytes),
    bornBytesSquared: sum((place) => place.bornBytesSquared),
  }
}

/** Large objects from which they are what is kept, and not a few tables of it. */
const MIN_KEPT_LARGE = 7
/** Readings over which they came: of tables, those that live were made at the last doublings. */
const MIN_KEPT_READINGS = 4

/**
 * What the samples of a group tell of its entries: without its large objects, where those are tables. A
 * table that grows comes as one, of the size of all entries since the start.
 *
 * @param span - what was born in it decides; else all that was born
 * @returns `places` itself, where large objects are what is kept
 */
export function withoutTables(places: readonly PlaceSeries[], span?: Span): readonly PlaceSeries[] {
  const large = places.filter(({ isLarge }) => isLarge)
  const pool = poolOf(large, places[0]?.bornBytes.length ?? 0)
  const bornBytes = pool.bornBytes.slice(span?.first, span?.last)
  const squares = pool.bornBytesSquared.slice(span?.first, span?.last)
  const objects = sumOf(bornBytes) ** 2 / sumOf(squares)
  const areKept = objects >= MIN_KEPT_LARGE && spreadOf(bornBytes) >= MIN_KEPT_READINGS
  return areKept ? places : places.filter(({ isLarge }) => !isLarge)
}

/** How many of the values make up the sum, if all were alike: 1 to n (the effective number of Kish). */
function spreadOf(values: readonly number[]): number {
  const sum = sumOf(values)
  return sum > 0 ? sum ** 2 / sumOf(values.map((value) => value * value)) : 0
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

/** Ends of the cohorts whose survival is asked, as shares of the span: what is oldest dies first. */
const COHORTS = [1 / 4, 1 / 3, 1 / 2, 2 / 3]

/**
 * Of what was born in the first part of the span and lived at its end, the share that lives still; the
 * least over several such parts. A leak loses nothing: 1. A cache that evicts, expires or is rebuilt
 * loses most, but where requests grow in number its first half may be too young to show it.
 *
 * @returns NaN where too little was born to tell
 */
export function survival(pool: Pool, exposure: readonly number[], span: Span): number {
  const shares = COHORTS.map((part) => survivalAt(pool, span, readingAt(exposure, span, part)))
  const told = shares.filter((share) => !Number.isNaN(share))
  return told.length === 0 ? Number.NaN : Math.min(...told)
}

function survivalAt(pool: Pool, span: Span, middle: number): number {
  const grown = pool.survivedBytes[middle]! - pool.survivedBytes[span.first]!
  // Born in the readings whose bytes are aged at `middle`, and not yet at `first`.
  let liveBytes = 0
  let squares = 0
  for (let at = span.first; at < middle; at++) {
    liveBytes += pool.bornBytes[at]!
    squares += pool.bornBytesSquared[at]!
  }
  const meanSample = liveBytes > 0 ? squares / liveBytes : Number.POSITIVE_INFINITY
  // What has died since is missing from `alive`; at least this many samples were there.
  const samples = Math.max(liveBytes, grown) / (liveBytes > 0 ? meanSample : Math.max(grown, 1))
  if (grown <= 0) return liveBytes > 0 && samples >= MIN_COHORT_SAMPLES ? 0 : Number.NaN
  if (liveBytes > 0 && grown / meanSample < MIN_COHORT_SAMPLES) return Number.NaN
  return Math.min(1, liveBytes / grown)
}

/** Samples of a cohort from which its survival is told. */
const MIN_COHORT_SAMPLES = 4

/**
 * @param counts - cumulative, of what the growth is measured against; aged bytes of reading j go
 *   with the counts of reading j - 1
 */
export function growthOf(
  pool: Pool,
  exposure: readonly number[],
  span: Span,
  samplingBytes: number,
): Growth {
  const part = (from: number, to: number): { bytes: number; variance: number } => {
    const bytes = pool.survivedBytes[to]! - pool.survivedBytes[from]!
    let liveBytes = 0
    let variance = 0
    for (let at = from; at < to; at++) {
      liveBytes += pool.bornBytes[at]!
      variance += pool.bornBytesSquared[at]!
    }
    // What died in the meantime was sampled too: about `samplingBytes` a sample.
    const died = Math.max(0, liveBytes - bytes)
    return { bytes, variance: variance + died * samplingBytes }
  }
  const whole = part(span.first, span.last)
  const cuts = [
    span.first,
    readingAt(exposure, span, 1 / 3),
    readingAt(exposure, span, 2 / 3),
    span.last,
  ]
  const thirds = [0, 1, 2].map((third) => {
    const from = cuts[third]!
    const to = cuts[third + 1]!
    const { bytes, variance } = part(from, to)
    const count = Math.max(1e-9, exposure[to - 1]! - exposure[from - 1]!)
    // Nothing seen is not nothing there: at least one sample's worth of doubt.
    const sd = Math.sqrt(Math.max(variance, samplingBytes ** 2))
    return { rate: bytes / count, sd: sd / count }
  })
  return {
    bytes: whole.bytes,
    sd: Math.sqrt(Math.max(whole.variance, samplingBytes ** 2)),
    samples: whole.variance > 0 ? (whole.bytes * Math.max(whole.bytes, 0)) / whole.variance : 0,
    readings: spreadOf(pool.bornBytes.slice(span.first, span.last)),
    rates: thirds.map(({ rate }) => rate) as [number, number, number],
    rateSds: thirds.map(({ sd }) => sd) as [number, number, number],
    heldBytes: pool.survivedBytes[span.first]!,
  }
}

/** The reading by which that share of the span's counts had come, and before the last. */
function readingAt(exposure: readonly number[], { first, last }: Span, share: number): number {
  const from = exposure[first - 1]!
  const wanted = from + (exposure[last - 1]! - from) * share
  for (let at = first + 1; at < last; at++) if (exposure[at - 1]! >= wanted) return at
  return last - 1
}
