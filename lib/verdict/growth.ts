/**
 * How the live bytes of some places grew over a span of readings, and whether they still do.
 * docs/method.md, "What counts as a leak".
 */
import type { PlaceSeries } from './observation'
import type { Span } from './span'
import type { Thresholds } from './thresholds'

export interface Growth {
  /** Net, over the span, by the samples. */
  readonly bytes: number
  /** Standard deviation of `bytes` by sampling alone. */
  readonly sd: number
  /** Samples that `bytes` stands for. */
  readonly samples: number
  /** Readings over which it came, as an effective number: 1 where all came at once. */
  readonly readings: number
  /** Net growth per exposure (requests, or seconds) in each third of the exposure. */
  readonly rates: readonly [number, number, number]
  readonly rateSds: readonly [number, number, number]
  /** What the places held when the span began. */
  readonly heldBytes: number
}

/** Of a place, or of several added up reading by reading: what growth is told from. */
export type Births = Pick<PlaceSeries, 'survivedBytes' | 'bornBytes' | 'bornBytesSquared'>

export function addedUp(places: readonly PlaceSeries[], readings: number): Births {
  return {
    survivedBytes: sumSeries(places, readings, 'survivedBytes'),
    bornBytes: sumSeries(places, readings, 'bornBytes'),
    bornBytesSquared: sumSeries(places, readings, 'bornBytesSquared'),
  }
}

/** One series of several places, added up reading by reading; shape [readings]. */
export function sumSeries(
  places: readonly PlaceSeries[],
  readings: number,
  series: 'liveBytes' | keyof Births,
): number[] {
  return Array.from({ length: readings }, (_, at) =>
    places.reduce((total, place) => total + place[series][at]!, 0),
  )
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

/**
 * The places less their large objects, where those are tables. A container's table, its backing store,
 * is one object sized for all entries ever added: when it doubles, one sample comes that says nothing of
 * the entries since. Where large objects themselves are what is kept, there are many of them.
 * docs/method.md, "What counts as a leak", its last paragraph.
 *
 * @param span - what was born in it decides; else all that was born
 * @returns `places` itself, where large objects are what is kept
 */
export function withoutTables(
  places: readonly PlaceSeries[],
  thresholds: Thresholds,
  span?: Span,
): readonly PlaceSeries[] {
  const { minKeptObjects, minKeptReadings } = thresholds.tables
  const large = places.filter(({ isLarge }) => isLarge)
  const births = addedUp(large, places[0]?.bornBytes.length ?? 0)
  const bornBytes = births.bornBytes.slice(span?.first, span?.last)
  const squares = births.bornBytesSquared.slice(span?.first, span?.last)
  const objects = sumOf(bornBytes) ** 2 / sumOf(squares)
  const areKept = objects >= minKeptObjects && spreadOf(bornBytes) >= minKeptReadings
  return areKept ? places : places.filter(({ isLarge }) => !isLarge)
}

/** How many of the values make up the sum, if all were alike: 1 to n (the effective number of Kish). */
function spreadOf(values: readonly number[]): number {
  const sum = sumOf(values)
  return sum > 0 ? sum ** 2 / sumOf(values.map((value) => value * value)) : 0
}

/** Ends of the cohorts whose survival is asked, as shares of the span: what is oldest dies first. */
const COHORTS = [1 / 4, 1 / 3, 1 / 2, 2 / 3]

/**
 * Of what was born in the first part of the span and lived at its end, the share that lives still; the
 * least over several such parts. A leak loses nothing: 1. A cache that evicts, expires or is rebuilt
 * loses most, but where requests grow in number its first half may be too young to show it.
 * docs/method.md, "What counts as a leak": it stays.
 *
 * @returns NaN where too little was born to tell
 */
export function survival(
  births: Births,
  exposure: readonly number[],
  span: Span,
  thresholds: Thresholds,
): number {
  const { minCohortSamples } = thresholds.leak
  const shares = COHORTS.map((part) =>
    survivalAt(births, span, readingAt(exposure, span, part), minCohortSamples),
  )
  const told = shares.filter((share) => !Number.isNaN(share))
  return told.length === 0 ? Number.NaN : Math.min(...told)
}

/** The same for the cohort that had survived by the reading `end`. */
function survivalAt(births: Births, span: Span, end: number, minCohortSamples: number): number {
  const survivedBytes = births.survivedBytes[end]! - births.survivedBytes[span.first]!
  // Births of the readings that are counted as survived at `end`, and were not yet at `first`.
  const { bornBytes: liveBytes, squares } = bornBetween(births, span.first, end)
  const meanSample = liveBytes > 0 ? squares / liveBytes : Number.POSITIVE_INFINITY
  // What has died since is missing from `liveBytes`; at least this many samples were there.
  const samples =
    Math.max(liveBytes, survivedBytes) / (liveBytes > 0 ? meanSample : Math.max(survivedBytes, 1))
  if (survivedBytes <= 0) return liveBytes > 0 && samples >= minCohortSamples ? 0 : Number.NaN
  if (liveBytes > 0 && survivedBytes / meanSample < minCohortSamples) return Number.NaN
  return Math.min(1, liveBytes / survivedBytes)
}

function bornBetween(
  births: Births,
  from: number,
  to: number,
): { bornBytes: number; squares: number } {
  let bornBytes = 0
  let squares = 0
  for (let at = from; at < to; at++) {
    bornBytes += births.bornBytes[at]!
    squares += births.bornBytesSquared[at]!
  }
  return { bornBytes, squares }
}

/**
 * The growth of what survived, over the span and in each of its thirds. docs/method.md, "What counts as
 * a leak": it goes on, and it is more than noise.
 *
 * @param exposure - cumulative, of what pays for the growth; the survived bytes of reading j go with the
 *   exposure of reading j - 1
 */
export function growthOf(
  births: Births,
  exposure: readonly number[],
  span: Span,
  samplingBytes: number,
): Growth {
  const part = (from: number, to: number): { bytes: number; variance: number } => {
    const bytes = births.survivedBytes[to]! - births.survivedBytes[from]!
    const { bornBytes, squares } = bornBetween(births, from, to)
    // What died in the meantime was sampled too: about `samplingBytes` a sample.
    const diedBytes = Math.max(0, bornBytes - bytes)
    return { bytes, variance: squares + diedBytes * samplingBytes }
  }
  // Nothing seen is not nothing there: at least one sample's worth of doubt.
  const sdOf = (variance: number): number => Math.sqrt(Math.max(variance, samplingBytes ** 2))
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
    const paid = Math.max(1e-9, exposure[to - 1]! - exposure[from - 1]!)
    return { rate: bytes / paid, sd: sdOf(variance) / paid }
  })
  return {
    bytes: whole.bytes,
    sd: sdOf(whole.variance),
    samples: whole.variance > 0 ? (whole.bytes * Math.max(whole.bytes, 0)) / whole.variance : 0,
    readings: spreadOf(births.bornBytes.slice(span.first, span.last)),
    rates: thirds.map(({ rate }) => rate) as [number, number, number],
    rateSds: thirds.map(({ sd }) => sd) as [number, number, number],
    heldBytes: births.survivedBytes[span.first]!,
  }
}

/** The reading by which that share of the span's exposure had come, and before the last. */
function readingAt(exposure: readonly number[], { first, last }: Span, share: number): number {
  const from = exposure[first - 1]!
  const wanted = from + (exposure[last - 1]! - from) * share
  for (let at = first + 1; at < last; at++) if (exposure[at - 1]! >= wanted) return at
  return last - 1
}
