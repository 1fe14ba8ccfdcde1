/** A leak as it was found, and the smallest that would have been. */
import type { Attribution, Interval, LeakKind, LeakScope } from '../schema/lines'
import { Z95 } from '../stats/normal'
import { sumOf } from './growth'
import type { PlaceSeries, Shares } from './observation'
import type { Outcome } from './outcome'
import { OPEN, type Payer } from './payers'
import { type Evidence, grownBy } from './span'
import { tracedTogether } from './traced'

/** What a place has of a leak's bytes. */
export interface PlaceGrowth {
  readonly place: PlaceSeries
  readonly bytes: number
}

export interface Leak {
  /** The same from one judgement to the next. */
  readonly key: string
  readonly scope: LeakScope
  readonly kind: LeakKind
  /** Index of the route, for scope `route`. */
  readonly route: number | null
  /** Where the middleware is mounted, for scope `shared`; '' for every path. */
  readonly mount: string
  /** Bytes per request, or per second. */
  readonly rate: number
  readonly per: Payer['per']
  readonly ci95: Interval
  /** Smallest rate that would have been seen. */
  readonly floor: number
  /** Requests in the observation, or seconds. */
  readonly exposure: number
  readonly retainedBytes: number
  readonly attribution: Attribution
  /** Share of the bytes that was attributed by labels. */
  readonly directShare: number
  /** The live heap shows it beside all that is known. False only in scope `open`, which is not told then. */
  readonly isProven: boolean
  /** Of the route's requests those that pay for all of it; null where that is not known. */
  readonly outcome: Outcome | null
  /** What a trace saw of it; null without one. */
  readonly trace: Shares | null
  /** Largest first. */
  readonly places: readonly PlaceGrowth[]
  /** Tables of containers, in the stacks of whoever made them grow. */
  readonly tables: readonly PlaceSeries[]
}

/** A leak and whose it is. */
export interface MeasuredLeak {
  readonly payer: Payer
  readonly leak: Leak
}

/** What the heap, or the buffers, say of a payer. */
export interface MeasuredRate {
  readonly rate: number
  readonly sd: number
  /** The rate is above this beyond doubt, whatever its interval says. */
  readonly least?: number
}

export function leakKey({ key, scope }: Payer, kind: LeakKind): string {
  return `${scope === 'open' ? OPEN : key} ${kind}`
}

/**
 * @param sampled - the payer's places, and the bytes by which they grew by their samples: those give
 *   each its share of the measured bytes
 * @returns null where the interval reaches zero, and no `least` is known
 */
export function leakOf(
  payer: Payer,
  kind: LeakKind,
  { rate, sd, least = 0 }: MeasuredRate,
  sampled: {
    readonly places: readonly PlaceSeries[]
    readonly tables: readonly PlaceSeries[]
    readonly bytes: number
  },
  evidence: Evidence,
): Leak | null {
  const { span, thresholds } = evidence
  const ci95: Interval = [Math.max(least, rate - Z95 * sd), rate + Z95 * sd]
  if (ci95[0] <= 0) return null
  const exposure = grownBy(payer.exposure, span)
  const scale = (rate * exposure) / sampled.bytes
  const places = sampled.places
    .map((place) => ({ place, bytes: grownBy(place.survivedBytes, span) * scale }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes)
  const bytesOf = (some: readonly PlaceGrowth[]): number => sumOf(some.map(({ bytes }) => bytes))
  const shareOf = (known: readonly PlaceSeries[]): number =>
    bytesOf(places.filter(({ place }) => known.includes(place))) / Math.max(1, bytesOf(places))
  const directShare = shareOf(payer.direct)
  const tracedShare = directShare + shareOf(payer.traced)
  return {
    key: leakKey(payer, kind),
    scope: payer.scope,
    kind,
    route: payer.route,
    mount: payer.mount,
    rate,
    per: payer.per,
    ci95,
    floor: floorOf(exposure, evidence),
    exposure,
    retainedBytes: rate * exposure,
    attribution:
      directShare >= thresholds.leak.minDirectShare
        ? 'direct'
        : tracedShare >= thresholds.trace.minTracedShare
          ? 'traced'
          : 'estimated',
    directShare,
    isProven: true,
    outcome: null,
    trace: tracedTogether(places.map(({ place }) => place)),
    places,
    tables: sampled.tables,
  }
}

/** The rate that would have given the samples a leak needs, over that exposure. */
export function floorOf(exposure: number, { observation, thresholds }: Evidence): number {
  const { minSamples, minBytesPerRequest } = thresholds.leak
  const bytes = minSamples * observation.samplingBytes
  return Math.max(minBytesPerRequest, bytes / Math.max(1, exposure))
}
