/**
 * What may hide in a route though nothing says so: `steady` has to hold all the same. docs/method.md, "What
 * counts as a leak", the paragraph on the verdicts.
 */
import { isUnit, isWithin } from '../schema/work-name'
import type { Books } from './books'
import { sumOf } from './growth'
import type { MeasuredLeak } from './leak'
import { isFound, type PayerGrowth } from './payer-growth'
import { isOfRuntime } from './payers'
import { type Evidence, grownBy } from './span'
import { mayBegin } from './traced'

/** What was found, and what was not. */
export interface Unknown {
  readonly heap: readonly MeasuredLeak[]
  readonly grown: readonly PayerGrowth[]
  /** The books with what is open taken off too, as far as samples show it. */
  readonly rest: Books
  readonly standing: ReadonlySet<string>
  readonly evidence: Evidence
}

/**
 * Bytes that grew and may be the route's. That a trace has not seen it run their code says little: a trace
 * sees a hundred requests.
 */
export function hiddenBytes(index: number, unknown: Unknown): number {
  const { grown, rest } = unknown
  const unfound = grown.filter(
    (one) => one.payer.scope === 'open' && !isFound(one) && !isOfRuntime(one.payer),
  )
  // What has an owner hides in no other route.
  const ownedBytes = sumOf(
    grown
      .filter((one) => one.payer.scope !== 'open' && !isFound(one))
      .map(({ growth: { bytes } }) => Math.max(0, bytes)),
  )
  const inHeap = Math.max(0, rest.open.ci95[1])
  const inSamples = Math.min(atMost(unfound), inHeap)
  const unexplained = rest.isGrowing ? Math.max(0, inHeap - ownedBytes) : 0
  const unowned = Math.max(inSamples, unexplained) + openBytes(unknown)
  return unowned + doubtfulBytes(index, unknown) + partsBytes(index, unknown)
}

/** What is open, as far as samples show it. */
export function openBytes({ heap }: Unknown): number {
  const open = heap.find(({ leak }) => leak.scope === 'open')?.leak
  return open ? open.ci95[1] * open.exposure : 0
}

/** What a rhythm gives to another route, as long as it was neither traced nor told: it may be any's. */
function doubtfulBytes(index: number, { heap, standing }: Unknown): number {
  const doubtful = heap.filter(
    ({ leak: { key, route, attribution } }) =>
      route !== null && route !== index && attribution === 'estimated' && !standing.has(key),
  )
  return sumOf(doubtful.map(({ leak: { ci95, exposure } }) => ci95[1] * exposure))
}

/**
 * What parts of requests keep, such as operations: of any route that has had as many, as long as no trace has
 * seen in which routes' requests they begin.
 */
function partsBytes(index: number, { heap, evidence }: Unknown): number {
  const { observation, span, thresholds } = evidence
  const { routes } = observation
  const own = routes[index]!
  if (isUnit(own.method)) return 0
  const requests = routes.map(({ ended }) => grownBy(ended, span))
  const parts = heap.filter(({ leak: { route, trace } }) => {
    if (route === null || !isWithin(routes[route]!.method)) return false
    return (
      requests[route]! <= requests[index]! && mayBegin(index, route, trace, requests, thresholds)
    )
  })
  return sumOf(parts.map(({ leak: { ci95, exposure } }) => ci95[1] * exposure))
}

/** Sampled bytes, and their deviation. */
function atMost(grown: readonly PayerGrowth[]): number {
  const growing = grown.map(({ growth }) => growth).filter(({ bytes }) => bytes > 0)
  return sumOf(growing.map(({ bytes }) => bytes)) + Math.hypot(...growing.map(({ sd }) => sd))
}
