/**
 * From sampled growth to true growth. docs/method.md, "How many bytes".
 *
 * Sampled sizes are biased per site, by up to a factor of two either way (allocations that V8 folds
 * into one are recorded as one). The live heap itself is exact, but does not say whose it is. So
 * the heap's series is explained by the counts of those that were found to leak, each starting from its
 * sampled rate as a prior. What else was seen to grow is taken off at its sampled size: fitting a factor
 * for it too would pull that towards zero, by the noise of its samples, and its growth onto the leaks:
 *
 *   heap[j] - 0.8 background[j] - 0.9 own[j] = start + sum_u rate_u * counts_u[j] + steps[j] + noise
 *
 * A search for holders leaves tables, compiled code and V8's tables of lines behind, a megabyte or so,
 * and gives some of it back. Its samples tell how much, but for a tenth or two: between readings with such
 * work between them there is a step, small beside what was sampled. Between readings with V8's debugger on,
 * where that makes promises keep requests, the step may be of any size.
 */
import { fitLinear } from '../stats/least-squares'
import { Z95 } from '../stats/normal'
import type { Thresholds } from './thresholds'

export interface Claim {
  /** Cumulative, per reading. */
  readonly exposure: readonly number[]
  /** Bytes per count, by the samples. */
  readonly sampledRate: number
  /** An earlier claim, by its index, that is a part of what the same functions allocate: biased as this one. */
  readonly sharedWith?: number | undefined
}

/** What memprof itself keeps, and the pieces of its own work so far; shape [n] each. */
export interface OwnSeries {
  readonly bytes: readonly number[]
  readonly work: readonly number[]
  /** Readings before which V8's debugger made the app keep more. */
  readonly debugged: readonly number[]
}

export interface Calibrated {
  readonly rate: number
  readonly sd: number
  /** Together, and beyond doubt, the claims make the heap grow: the rest is how much of it is whose. */
  readonly isSure: boolean
}

/**
 * @param heapBytes - live heap over the span; shape [n]
 * @param background - bytes of everything else that was sampled and had lived at the reading before; shape [n]
 * @param own - what memprof itself keeps; null where nothing of it is in the series
 * @returns one per claim
 */
export function calibrate(
  heapBytes: readonly number[],
  background: readonly number[],
  claims: readonly Claim[],
  own: OwnSeries | null,
  thresholds: Thresholds,
): Calibrated[] {
  const { biasSd, backgroundFactor, backgroundBiasSd, ownFactor, minNoiseBytes } =
    thresholds.calibration
  const { modelSd, stepSdShare, stepSdBytes, correlation, partSd } = thresholds.calibration
  const n = heapBytes.length
  const steps = own ? stepsOf(own) : []
  const rest = heapBytes.map(
    (bytes, at) =>
      bytes - backgroundFactor * background[at]! - (own ? ownFactor * own.bytes[at]! : 0),
  )
  const rows = rest.map((_, at) => [
    ...claims.map(({ exposure }) => exposure[at]! - exposure[0]!),
    ...steps.map((step) => (at >= step.at ? 1 : 0)),
    1,
  ])
  const values = rest.map((bytes) => bytes - rest[0]!)
  const priors = [
    ...claims.map(({ sampledRate }, at) => ({
      mean: sampledRate,
      // Of each of n parts that are biased alike: together that says as much as one.
      sd: biasSd * sampledRate * Math.sqrt(partsWith(claims, at)),
    })),
    ...steps.map(({ bytes, isFree }) => ({
      mean: 0,
      sd: isFree ? Number.POSITIVE_INFINITY : stepSdBytes + stepSdShare * Math.abs(bytes),
    })),
    { mean: 0, sd: Number.POSITIVE_INFINITY },
  ]
  const ties = claims.flatMap(({ sharedWith: to }, of) =>
    to === undefined ? [] : [{ of, to, sd: partSd }],
  )
  let noise = minNoiseBytes
  let fit = fitLinear(rows, values, noise, priors, ties)
  if (!fit)
    return claims.map(({ sampledRate: rate }) => ({ rate, sd: biasSd * rate, isSure: false }))
  // The noise is what the first fit could not explain.
  const free = Math.max(1, n - claims.length - steps.length - 1)
  const rms = Math.sqrt(fit.residuals.reduce((sum, of) => sum + of * of, 0) / free)
  // What is correlated tells less; of the priors, whose doubt is the bias of a site, that is not so.
  noise = Math.max(minNoiseBytes, rms) * correlation
  fit = fitLinear(rows, values, noise, priors, ties) ?? fit
  const { coefficients, covariance } = fit
  const backgroundDoubt = backgroundBiasSd * Math.abs(background[n - 1]! - background[0]!)
  const grown = claims.map(({ exposure }) => exposure[n - 1]! - exposure[0]!)
  const sum = (of: (at: number) => number): number => grown.reduce((all, _, at) => all + of(at), 0)
  const bytes = sum((at) => coefficients[at]! * grown[at]!)
  const variance = sum((i) => sum((k) => covariance[i]![k]! * grown[i]! * grown[k]!))
  const isSure = bytes > Z95 * Math.hypot(Math.sqrt(variance), backgroundDoubt, modelSd * bytes)
  return claims.map((_, at) => {
    const rate = coefficients[at]!
    const spread = Math.sqrt(covariance[at]![at]!)
    const doubt = backgroundDoubt / claims.length / grown[at]!
    return { rate, sd: Math.hypot(spread, doubt, modelSd * rate), isSure }
  })
}

/** Claims that are parts of the same as this one, itself among them. */
function partsWith(claims: readonly Claim[], at: number): number {
  const first = claims[at]!.sharedWith ?? at
  return claims.filter(({ sharedWith }, index) => (sharedWith ?? index) === first).length
}

/** Readings before which memprof worked, and what that left by its samples. */
function stepsOf({
  bytes,
  work,
  debugged,
}: OwnSeries): Array<{ at: number; bytes: number; isFree: boolean }> {
  return work.flatMap((done, at) => {
    const isFree = at > 0 && debugged[at] !== debugged[at - 1]
    const isStep = at > 0 && (isFree || done !== work[at - 1])
    return isStep ? [{ at, bytes: bytes[at]! - bytes[at - 1]!, isFree }] : []
  })
}
