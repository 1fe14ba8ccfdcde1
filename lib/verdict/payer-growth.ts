/** How much of what a payer keeps stays, how it grew, and whether it goes on. */
import { compiledBytes } from './compiled'
import { addedUp, type Growth, growthOf, survival, withoutTables } from './growth'
import { leakKey } from './leak'
import type { PlaceSeries } from './observation'
import { allPlacesOf, type Payer } from './payers'
import { type Evidence, grownBy, survivedExposure } from './span'

export interface PayerGrowth {
  readonly payer: Payer
  /** The places whose objects stay, less the tables of containers. */
  readonly lasting: readonly PlaceSeries[]
  /**
   * Tables of containers: each is one large object sized for all entries ever added. One that was
   * replaced by a larger one is dead, and is no less part of what is kept.
   */
  readonly tables: readonly PlaceSeries[]
  /** Of `lasting`. */
  readonly growth: Growth
  readonly goesOn: boolean
  /** It came in too few readings to say that it goes on. */
  readonly cameAtOnce: boolean
  /** It is no more than what V8 compiled. */
  readonly mayBeCode: boolean
}

/** It leaks by its samples. */
export function isFound({ goesOn, cameAtOnce, mayBeCode }: PayerGrowth): boolean {
  return goesOn && !cameAtOnce && !mayBeCode
}

/** @param standing - keys of leaks that were told and found ever since */
export function payerGrowth(
  payer: Payer,
  evidence: Evidence,
  standing: ReadonlySet<string>,
): PayerGrowth {
  const { exposure } = payer
  const { observation, span, thresholds } = evidence
  const isStanding = standing.has(leakKey(payer, 'heap'))
  const places = allPlacesOf(payer)
  const staying = places.filter((place) => stays(place, exposure, evidence))
  const lasting = withoutTables(staying, thresholds, span)
  const births = addedUp(lasting, observation.timeMs.length)
  const growth = growthOf(births, exposure, span, observation.samplingBytes)
  return {
    payer,
    lasting,
    tables: lasting === staying ? [] : places.filter(({ isLarge }) => isLarge),
    growth,
    goesOn: goesOn(growth, payer, evidence, isStanding),
    cameAtOnce: !isStanding && growth.readings < thresholds.leak.minSpreadReadings,
    mayBeCode:
      !isStanding && growth.bytes - compiledBytes(evidence) < thresholds.leak.minScore * growth.sd,
  }
}

/**
 * Whether what is born at a place stays: false for caches that evict, expire or are rebuilt.
 * docs/method.md, "What counts as a leak": it stays.
 */
function stays(
  place: PlaceSeries,
  exposure: readonly number[],
  { span, thresholds }: Evidence,
): boolean {
  const share = survival(place, exposure, span, thresholds)
  return Number.isNaN(share) || share >= thresholds.leak.minSurvival
}

/**
 * docs/method.md, "What counts as a leak": it is more than noise, it is not in flight, it is not held by
 * connections, it goes on; and once told, it stands.
 */
function goesOn(
  { bytes, sd, samples, rates, rateSds }: Growth,
  { scope, route, exposure, per }: Payer,
  { observation, span, thresholds: { leak } }: Evidence,
  isStanding: boolean,
): boolean {
  const { routes, connections, timeMs } = observation
  const paid = survivedExposure(exposure, span)
  if (bytes <= 0 || samples < leak.minSamples || bytes < leak.minScore * sd) return false
  const rate = bytes / paid
  // Of all requests, one in many may pay for what is open.
  const minRate = scope === 'open' ? 0 : leak.minBytesPerRequest
  if (per === 'request' && (paid < leak.minRequests || rate < minRate)) return false
  if (route !== null) {
    if (grownBy(routes[route]!.inFlight, span) > leak.maxInFlightShare * paid) return false
  }
  const [, , lastRate] = rates
  const [, , lastSd] = rateSds
  const showsMean = lastRate + lastSd >= leak.minLastThirdShare * rate
  if (isStanding) return showsMean
  // Opened at a steady rate, connections grow like requests: what they may hold is no leak yet.
  const opened = scope === 'process' ? 0 : grownBy(connections, span)
  if (bytes <= opened * leak.maxBytesPerConnection) return false
  if (lastRate < lastSd) return false
  return timeMs.length < leak.shortReadings
    ? lastRate + leak.lastThirdDoubtShort * lastSd >= leak.minLastThirdShareShort * rate
    : showsMean
}
