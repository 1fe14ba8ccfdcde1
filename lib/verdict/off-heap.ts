/**
 * What grows where heap profiles do not look: buffers, whose bytes the process counts but whose routes
 * only their small wrappers on the heap tell; and memory that neither accounts for.
 * docs/method.md, "How many bytes": buffers, native.
 */
import { calibrate } from './calibrate'
import { addedUp, growthOf, sumOf } from './growth'
import { type Leak, leakOf, type MeasuredLeak, type MeasuredRate } from './leak'
import type { PlaceSeries } from './observation'
import type { PayerGrowth } from './payer-growth'
import { siteOf } from './payers'
import { type Evidence, grownBy, type Span, within } from './span'

export interface BufferClaim {
  /** Cumulative, per reading. */
  readonly exposure: readonly number[]
  /** Bytes of wrappers that were kept, by the samples: who kept more of them probably kept more. */
  readonly wrapperBytes: number
}

/** The buffers of every payer whose wrappers stay, and still come. */
export function measureBuffers(grown: readonly PayerGrowth[], evidence: Evidence): MeasuredLeak[] {
  const { observation, span, thresholds } = evidence
  const { timeMs, samplingBytes } = observation
  const keepers = grown.flatMap(({ payer, lasting }) => {
    const wrappers = wrappersOf(lasting)
    const births = addedUp(wrappers, timeMs.length)
    const { samples, rates, bytes } = growthOf(births, payer.exposure, span, samplingBytes)
    const isKeeper = samples >= thresholds.offHeap.minWrapperSamples && rates[2] > 0
    return isKeeper ? [{ payer, wrappers, bytes }] : []
  })
  const claims = keepers.map(({ payer, bytes }) => ({
    exposure: payer.exposure,
    wrapperBytes: bytes,
  }))
  const rates = bufferRates(claims, evidence)
  if (!rates) return []
  return keepers.flatMap(({ payer, wrappers, bytes }, at) => {
    const sampled = { places: wrappers, tables: [], bytes }
    const leak = leakOf(payer, 'buffers', rates[at]!, sampled, evidence)
    return leak ? [{ payer, leak }] : []
  })
}

/**
 * Places that make buffers: those in whose stack Node's buffer code was seen, and others of the same
 * function, since V8 inlines that code sooner or later.
 */
function wrappersOf(places: readonly PlaceSeries[]): PlaceSeries[] {
  const sites = new Set(places.filter(({ isBuffer }) => isBuffer).map(siteOf))
  return places.filter((place) => sites.has(siteOf(place)))
}

/**
 * Bytes off the heap per exposure, for each claim.
 *
 * @returns null where buffers do not grow, or no longer
 */
export function bufferRates(
  claims: readonly BufferClaim[],
  { observation: { arrayBuffersBytes }, span, thresholds }: Evidence,
): MeasuredRate[] | null {
  const total = grownBy(arrayBuffersBytes, span)
  if (claims.length === 0 || total < thresholds.offHeap.minBufferBytes) return null
  const allWrapperBytes = sumOf(claims.map(({ wrapperBytes }) => wrapperBytes))
  // Steady against all that keep buffers, each by its share: one of two may pause.
  const due = arrayBuffersBytes.map((_, at) =>
    sumOf(
      claims.map(
        ({ exposure, wrapperBytes }) =>
          (wrapperBytes * (exposure[at]! - exposure[span.first]!)) / grownBy(exposure, span),
      ),
    ),
  )
  if (!isSteady(arrayBuffersBytes, due, span, thresholds.offHeap.minThirdShare)) return null
  const buffers = within(arrayBuffersBytes, span)
  return calibrate(
    buffers,
    buffers.map(() => 0),
    claims.map(({ exposure, wrapperBytes }) => ({
      exposure: within(exposure, span),
      sampledRate: (total * wrapperBytes) / allWrapperBytes / grownBy(exposure, span),
    })),
    null,
    thresholds,
  )
}

/** Memory that neither the heap nor buffers account for, as a leak of nobody's. */
export function measureNative(evidence: Evidence): Leak[] {
  const found = nativeRate(evidence)
  if (!found) return []
  const { rate, bytes } = found
  const { nativeDoubt } = evidence.thresholds.offHeap
  return [
    {
      key: 'native',
      scope: 'process',
      kind: 'native',
      route: null,
      mount: '',
      rate,
      per: 'second',
      // Fragmentation comes and goes: no interval from noise alone would be honest.
      ci95: [rate / nativeDoubt, rate * nativeDoubt],
      floor: 0,
      exposure: grownBy(evidence.observation.timeMs, evidence.span) / 1000,
      retainedBytes: bytes,
      attribution: 'estimated',
      directShare: 0,
      isProven: true,
      outcome: null,
      trace: null,
      places: [],
      tables: [],
    },
  ]
}

/** @returns bytes per second that neither the heap nor buffers account for; null: none to speak of */
export function nativeRate({
  observation,
  span,
  thresholds,
}: Evidence): { rate: number; bytes: number } | null {
  const { rssBytes, heapTotalBytes, arrayBuffersBytes, timeMs } = observation
  const { minNativeReadings, minNativeBytes, minNativeShare } = thresholds.offHeap
  const { first, last } = span
  if (last - first + 1 < minNativeReadings) return null
  const native = rssBytes.map((rss, at) => rss - heapTotalBytes[at]! - arrayBuffersBytes[at]!)
  const bytes = grownBy(native, span)
  if (bytes < Math.max(minNativeBytes, minNativeShare * rssBytes[first]!)) return null
  if (!isSteady(native, timeMs, span, thresholds.offHeap.minThirdShare)) return null
  return { rate: (bytes * 1000) / grownBy(timeMs, span), bytes }
}

/** Whether each third of the exposure brought its share of the growth. */
function isSteady(
  series: readonly number[],
  exposure: readonly number[],
  span: Span,
  minThirdShare: number,
): boolean {
  const { first, last } = span
  const paid = grownBy(exposure, span)
  const total = grownBy(series, span)
  if (paid <= 0 || total <= 0) return false
  let from = first
  for (const third of [1, 2, 3]) {
    let to = from
    while (to < last && exposure[to]! < exposure[first]! + (paid * third) / 3) to++
    const share = (series[to]! - series[from]!) / total
    const due = (exposure[to]! - exposure[from]!) / paid
    if (share < minThirdShare * due) return false
    from = to
  }
  return true
}
