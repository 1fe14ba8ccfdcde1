/**
 * True bytes for what was found to grow on the heap: the live heap sets the total, the samples the
 * shares. docs/method.md, "How many bytes".
 */
import { calibrate } from './calibrate'
import { sumOf, sumSeries } from './growth'
import { leakOf, type MeasuredLeak } from './leak'
import type { PlaceSeries } from './observation'
import type { PayerGrowth } from './payer-growth'
import { isOfNoFunction } from './payers'
import { type Evidence, grownBy, survivedExposure, within } from './span'

/** @param found - the payers whose growth goes on */
export function measureHeap(found: readonly PayerGrowth[], evidence: Evidence): MeasuredLeak[] {
  const { observation, span, thresholds } = evidence
  const { liveHeapBytes, ownWork, debugged, places, timeMs } = observation
  const readings = timeMs.length
  // A place may be claimed in parts: what is left of it is what nobody claimed.
  const claimed = found.flatMap(({ lasting }) => lasting)
  const left = (
    series: 'liveBytes' | 'survivedBytes',
    is: (place: PlaceSeries) => boolean,
  ): number[] => {
    const ofClaims = sumSeries(claimed.filter(is), readings, series)
    return sumSeries(places.filter(is), readings, series).map((bytes, at) => bytes - ofClaims[at]!)
  }
  // Large objects are sampled for sure and at their size: taken out of the heap as they are.
  const largeBytes = left('liveBytes', ({ isLarge }) => isLarge)
  const isSmall = (place: PlaceSeries): boolean => !place.isLarge && !isOfNoFunction(place)
  const own = left('liveBytes', (place) => isSmall(place) && place.origin === 'memprof')
  const background = left('survivedBytes', (place) => isSmall(place) && place.origin !== 'memprof')
  const claims = found.map(({ payer, growth }, at) => ({
    exposure: within(payer.exposure, span),
    sampledRate: growth.bytes / survivedExposure(payer.exposure, span),
    sharedWith: partOf(found, at, evidence),
  }))
  const calibrated = calibrate(
    within(
      liveHeapBytes.map((bytes, at) => bytes - largeBytes[at]!),
      span,
    ),
    // Younger objects belong to requests in flight, and scatter more than those do. What memprof itself
    // allocates comes at its searches, and stays.
    within(background, span),
    claims,
    {
      bytes: within(own, span),
      work: within(ownWork, span),
      debugged: within(debugged, span),
    },
    thresholds,
  )
  return found.flatMap(({ payer, growth, lasting, tables }, at) => {
    const { rate: entryRate, sd, isSure } = calibrated[at]!
    // A table is sized for all entries ever added: divide its whole size by all the exposure there was,
    // not its growth by that of the span.
    const tableBytes = sumSeries(tables, readings, 'liveBytes')[span.last]!
    const rate = entryRate + tableBytes / payer.exposure[span.last]!
    // Of two leaks with one rhythm the heap tells the sum: that each is there, their samples do.
    const realRate = thresholds.calibration.minRealShare * claims[at]!.sampledRate
    const least = isSure && entryRate > realRate ? realRate : 0
    const sampled = { places: lasting, tables, bytes: growth.bytes }
    const leak = leakOf(payer, 'heap', { rate, sd, least }, sampled, evidence)
    return leak ? [{ payer, leak }] : []
  })
}

/** The first of those before it with which it shares most of what it has: parts of the same places, by a trace. */
function partOf(found: readonly PayerGrowth[], at: number, { span }: Evidence): number | undefined {
  const { payer, lasting, growth } = found[at]!
  const parts = lasting.filter((place) => payer.traced.includes(place))
  const before = found.slice(0, at).findIndex((other) => {
    const shared = parts.filter(({ frames }) =>
      other.payer.traced.some((place) => place.frames === frames),
    )
    const bytes = sumOf(shared.map(({ survivedBytes }) => grownBy(survivedBytes, span)))
    return bytes > growth.bytes / 2
  })
  return before < 0 ? undefined : before
}
