/**
 * Readings -> a verdict per route, and the leaks. Pure; docs/method.md tells the method and its error
 * rates.
 *
 *   observation -> who pays for which places    payers     "Whose bytes"
 *               -> how that grew, per payer     growth     "What counts as a leak"
 *               -> true bytes of what goes on   leaks      "How many bytes"
 *               -> a verdict for every route
 */
import type { Interval, Verdict } from '../schema/lines'
import { floorOf, type Leak, type MeasuredLeak } from './leak'
import { measureHeap } from './live-heap'
import type { Observation } from './observation'
import { measureBuffers, measureNative } from './off-heap'
import { type PayerGrowth, payerGrowth } from './payer-growth'
import { gather } from './payers'
import { type Evidence, grownBy, spanOf } from './span'
import { THRESHOLDS, type Thresholds } from './thresholds'

export interface RouteJudgement {
  readonly verdict: Verdict
  readonly bytesPerRequest?: number
  readonly ci95?: Interval
  readonly floorBytesPerRequest?: number
}

export interface Judgement {
  /** One per route of the observation. */
  readonly routes: readonly RouteJudgement[]
  readonly leaks: readonly Leak[]
}

/**
 * @param standing - keys of leaks that were told and found ever since: those go on until they clearly
 *   stopped, while a new one has to show that it goes on
 */
export function judge(
  observation: Observation,
  standing: ReadonlySet<string> = new Set(),
  thresholds: Thresholds = THRESHOLDS,
): Judgement {
  const { routes } = observation
  const span = spanOf(observation, thresholds)
  if (!span) return { routes: routes.map(() => ({ verdict: 'insufficient-data' })), leaks: [] }
  const evidence = { observation, span, thresholds }
  const grown = gather(evidence).map((payer) => payerGrowth(payer, evidence, standing))
  const found = grown.filter(({ goesOn, cameAtOnce }) => goesOn && !cameAtOnce)
  const buffers = measureBuffers(grown, evidence)
  const heap = measureHeap(found, evidence).filter(
    (measured) => !isOfWrappers(measured, buffers, thresholds),
  )
  const leaks = [...buffers, ...heap]
  return {
    routes: routes.map((_, index) => judgeRoute(index, grown, leaks, evidence)),
    leaks: [...leaks.map(({ leak }) => leak), ...measureNative(evidence)],
  }
}

/** Whether the heap's part of a leak is little more than the wrappers of its buffers. */
function isOfWrappers(
  { payer, leak: { rate } }: MeasuredLeak,
  buffers: readonly MeasuredLeak[],
  { offHeap: { maxWrapperShare } }: Thresholds,
): boolean {
  const ofPayer = buffers.find((one) => one.payer === payer)
  return ofPayer !== undefined && rate < maxWrapperShare * ofPayer.leak.rate
}

/** docs/method.md, "What counts as a leak", the paragraph on the verdicts. */
function judgeRoute(
  index: number,
  grown: readonly PayerGrowth[],
  leaks: readonly MeasuredLeak[],
  evidence: Evidence,
): RouteJudgement {
  const { observation, span, thresholds } = evidence
  const requests = grownBy(observation.routes[index]!.ended, span)
  const ofRoute = grown.find(({ payer }) => payer.route === index)
  if (!ofRoute || requests < thresholds.leak.minRequests) return { verdict: 'insufficient-data' }
  const floorBytesPerRequest = floorOf(requests, evidence)
  const leak = leaks.find(({ payer }) => payer === ofRoute.payer)?.leak
  if (leak) {
    return { verdict: 'leaking', bytesPerRequest: leak.rate, ci95: leak.ci95, floorBytesPerRequest }
  }
  // It goes on by its samples, and the heap does not show it, or it came at once: who knows.
  if (ofRoute.goesOn) return { verdict: 'insufficient-data', floorBytesPerRequest }
  const heldBytes = ofRoute.growth.heldBytes + ofRoute.growth.bytes
  const grew = heldBytes >= thresholds.leak.minSamples * observation.samplingBytes
  return { verdict: grew ? 'plateaued' : 'steady', floorBytesPerRequest }
}
