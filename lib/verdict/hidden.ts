/**
 * What may hide in a route though nothing says so: `steady` has to hold all the same. docs/method.md, "What
 * counts as a leak", the paragraph on the verdicts.
 */
import type { Books } from './books'
import { type Growth, sumOf } from './growth'
import type { MeasuredLeak } from './leak'
import { isFound, type PayerGrowth } from './payer-growth'
import { isOfRuntime } from './payers'
import type { Evidence } from './span'
import { runnersOf } from './traced'

/** What was found, and what was not. */
export interface Unknown {
  readonly heap: readonly MeasuredLeak[]
  readonly grown: readonly PayerGrowth[]
  /** The books with what is open taken off too, as far as samples show it. */
  readonly rest: Books
  readonly standing: ReadonlySet<string>
  readonly evidence: Evidence
}

/** Bytes that grew and may be the route's. */
export function hiddenBytes(index: number, unknown: Unknown): number {
  const { grown, rest, evidence } = unknown
  const unfound = nobodysOf(grown).filter((one) => !isFound(one) && !isOfRuntime(one.payer))
  // What has an owner hides in no other route.
  const ownedBytes = sumOf(
    grown
      .filter((one) => one.payer.scope !== 'open' && !isFound(one))
      .map(({ growth: { bytes } }) => Math.max(0, bytes)),
  )
  const inHeap = Math.max(0, rest.open.ci95[1])
  const inSamples = Math.min(mayBeOf(index, unfound, evidence), inHeap)
  const unexplained = rest.isGrowing ? Math.max(0, inHeap - ownedBytes) : 0
  return (
    Math.max(inSamples, unexplained) + openBytesOf(index, unknown) + doubtfulBytes(index, unknown)
  )
}

/** Of what is open, as far as samples show it, the part that may be the route's. */
export function openBytesOf(index: number, { heap, grown, evidence }: Unknown): number {
  const open = heap.find(({ leak }) => leak.scope === 'open')?.leak
  if (!open) return 0
  const found = nobodysOf(grown).filter(isFound)
  const all = Math.max(1, sumOf(found.map(({ growth }) => growth.bytes)))
  return Math.min(1, mayBeOf(index, found, evidence) / all) * open.ci95[1] * open.exposure
}

/** What a rhythm gives to another route, as long as it was neither traced nor told: it may be any's. */
function doubtfulBytes(index: number, { heap, standing }: Unknown): number {
  const doubtful = heap.filter(
    ({ leak: { key, route, attribution } }) =>
      route !== null && route !== index && attribution === 'estimated' && !standing.has(key),
  )
  return sumOf(doubtful.map(({ leak: { ci95, exposure } }) => ci95[1] * exposure))
}

function nobodysOf(grown: readonly PayerGrowth[]): PayerGrowth[] {
  return grown.filter(({ payer }) => payer.scope === 'open')
}

/** Sampled bytes of places that were not seen to be run by others alone, and their deviation. */
function mayBeOf(index: number, grown: readonly PayerGrowth[], { thresholds }: Evidence): number {
  const growths = grown.flatMap(({ lasting, growth }) =>
    lasting.some((place) => runnersOf(place, thresholds)?.has(index) ?? true) ? [growth] : [],
  )
  const bytes = sumOf(growths.map((one) => Math.max(0, one.bytes)))
  return bytes === 0 ? 0 : bytes + Math.hypot(...growths.map(sdOf))
}

function sdOf({ bytes, sd }: Growth): number {
  return bytes > 0 ? sd : 0
}
