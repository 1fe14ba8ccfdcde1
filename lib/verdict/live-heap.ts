/**
 * True bytes for what was found to grow on the heap: the live heap sets the total, the samples the
 * shares. docs/method.md, "How many bytes".
 */
import { calibrate } from './calibrate'
import { sumSeries } from './growth'
import { leakOf, type MeasuredLeak } from './leak'
import type { PlaceSeries } from './observation'
import type { PayerGrowth } from './payer-growth'
import { type Evidence, survivedExposure, within } from './span'

/** @param found - the payers whose growth goes on */
export function measureHeap(found: readonly PayerGrowth[], evidence: Evidence): MeasuredLeak[] {
  const { observation, span, thresholds } = evidence
  const { liveHeapBytes, ownWork, places, timeMs } = observation
  const readings = timeMs.length
  const claimed = new Set(found.flatMap(({ lasting }) => lasting))
  const others = places.filter((place) => !claimed.has(place))
  // Large objects are sampled for sure and at their size: taken out of the heap as they are.
  const largeBytes = sumSeries(
    others.filter(({ isLarge }) => isLarge),
    readings,
    'liveBytes',
  )
  const small = others.filter((place) => !place.isLarge && !isOfNoFunction(place))
  const own = small.filter(({ origin }) => origin === 'memprof')
  const background = small.filter(({ origin }) => origin !== 'memprof')
  const claims = found.map(({ payer, growth }) => ({
    exposure: within(payer.exposure, span),
    sampledRate: growth.bytes / survivedExposure(payer.exposure, span),
  }))
  const calibrated = calibrate(
    within(
      liveHeapBytes.map((bytes, at) => bytes - largeBytes[at]!),
      span,
    ),
    // Younger objects belong to requests in flight, and scatter more than those do. What memprof itself
    // allocates comes at its searches, and stays.
    within(sumSeries(background, readings, 'survivedBytes'), span),
    claims,
    {
      bytes: within(sumSeries(own, readings, 'liveBytes'), span),
      work: within(ownWork, span),
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
    const sampled = { places: lasting, bytes: growth.bytes }
    const leak = leakOf(payer, 'heap', { rate, sd, least }, sampled, evidence)
    return leak ? [{ payer, leak }] : []
  })
}

/**
 * Made by native code with no function above it: above all the strings of a request's URL and headers,
 * by the parser. Those are no site of a leak, but grow only where one keeps them: they are part of it.
 */
function isOfNoFunction({ origin, frames }: PlaceSeries): boolean {
  return origin === 'runtime' && frames.length === 0
}
