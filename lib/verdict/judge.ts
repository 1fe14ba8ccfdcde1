/**
 * Readings -> a verdict per route, and the leaks. Pure; docs/method.md tells the method and its error
 * rates.
 *
 *   observation -> who pays for which places    payers     "Whose bytes"
 *               -> how that grew, per payer     growth     "What counts as a leak"
 *               -> true bytes of what goes on   leaks      "How many bytes"
 *               -> what the heap grew by        books      "The books"
 *               -> a verdict for every route
 */
import type { Interval, Verdict } from '../schema/lines'
import { type Books, booksOf } from './books'
import { floorOf, type Leak, type MeasuredLeak } from './leak'
import { measureHeap } from './live-heap'
import { sumOf } from './growth'
import type { Observation, PlaceSeries, RouteSeries } from './observation'
import { measureBuffers, measureNative } from './off-heap'
import { type Outcome, outcomeOf } from './outcome'
import { hiddenBytes, openBytes, type Unknown } from './hidden'
import { joined, together } from './open'
import { isBelowMount } from './owner'
import { isFound, type PayerGrowth, payerGrowth } from './payer-growth'
import { gather, isOfRuntime } from './payers'
import { type Evidence, grownBy, spanOf } from './span'
import { THRESHOLDS, type Thresholds } from './thresholds'

export interface RouteJudgement {
  readonly verdict: Verdict
  readonly bytesPerRequest?: number
  readonly ci95?: Interval
  readonly floorBytesPerRequest?: number
  /** Of its requests those that pay, where that is known; the bytes are per request of any outcome. */
  readonly outcome?: Outcome
}

export interface Judgement {
  /** One per route of the observation. */
  readonly routes: readonly RouteJudgement[]
  readonly leaks: readonly Leak[]
  /** Null while there is too little to see. */
  readonly books: Books | null
  /** Places that grow whose payer no label tells, whoever is taken for it; largest first. */
  readonly unsure: readonly PlaceSeries[]
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
  if (!span) {
    const verdicts = routes.map(() => ({ verdict: 'insufficient-data' }) as const)
    return { routes: verdicts, leaks: [], books: null, unsure: [] }
  }
  const evidence = { observation, span, thresholds }
  const grown = gather(evidence).map((payer) => payerGrowth(payer, evidence, standing))
  const owned = grown.filter(({ payer }) => payer.scope !== 'open')
  const nobodys = grown.filter(({ payer }) => payer.scope === 'open')
  const buffers = measureBuffers(owned, evidence)
  const measure = (open: readonly PayerGrowth[]): MeasuredLeak[] =>
    measureHeap([...owned.filter(isFound), ...together(open, evidence)], evidence).filter(
      (measured) => !isOfWrappers(measured, buffers, thresholds),
    )
  const of = (origin: 'app' | 'runtime'): PayerGrowth[] =>
    nobodys.filter((one) => isOfRuntime(one.payer) === (origin === 'runtime'))
  const ofApp = goingOn(of('app'), evidence, standing)
  let heap = measure(ofApp)
  let rest = booksOf(heap, evidence)
  // What Node and V8 allocate by themselves moves a lot: it is a leak only where the heap shows it too.
  const ofRuntime = rest.isGrowing ? goingOn(of('runtime'), evidence, standing) : []
  if (ofRuntime.length > 0) {
    heap = measure([...ofApp, ...ofRuntime])
    rest = booksOf(heap, evidence)
  }
  const known = heap.filter(({ leak }) => leak.scope !== 'open')
  const books = known.length === heap.length ? rest : booksOf(known, evidence)
  const unknown = { heap, grown, rest, standing, evidence }
  const leaks = [
    ...buffers,
    ...heap.map(({ payer, leak }) => ({ payer, leak: besideOpen(leak, unknown, books) })),
  ].map((measured) => withOutcome(measured, unknown))
  return {
    routes: routes.map((_, index) => judgeRoute(index, leaks, unknown)),
    leaks: [...leaks.map(({ leak }) => leak), ...measureNative(evidence)],
    books,
    unsure: unsureOf(evidence),
  }
}

/** Places that a trace may tell more of, at most. */
const MAX_UNSURE = 24

function unsureOf({ observation: { places }, span }: Evidence): PlaceSeries[] {
  const grown = ({ survivedBytes }: PlaceSeries): number => grownBy(survivedBytes, span)
  return places
    .filter((place) => place.origin === 'app' && place.owner === null && grown(place) > 0)
    .sort((a, b) => grown(b) - grown(a))
    .slice(0, MAX_UNSURE)
}

/**
 * Of groups of places that nobody pays for those that grow, and of the others what shows it together. What
 * V8 inlines now here, now there moves from one to the other: where all of them do, all of them.
 */
function goingOn(
  groups: readonly PayerGrowth[],
  evidence: Evidence,
  standing: ReadonlySet<string>,
): PayerGrowth[] {
  const found = groups.filter(isFound)
  const asOne = (some: readonly PayerGrowth[]): PayerGrowth[] =>
    some.length < 2 ? [] : [payerGrowth(joined(some, evidence), evidence, standing)].filter(isFound)
  const others = groups.filter((one) => !isFound(one))
  const rest = asOne(others)
  if (rest.length > 0 || groups.some((one) => !isOfRuntime(one.payer))) return [...found, ...rest]
  const all = asOne(groups)
  return all.length > 0 ? all : found
}

/**
 * What is open may be part of a route's leak: so much more it may be. And what is open is told only where
 * the books show it beside all that is known.
 */
function besideOpen(leak: Leak, unknown: Unknown, { isGrowing }: Books): Leak {
  if (leak.scope === 'open') return isGrowing ? leak : { ...leak, isProven: false }
  if (leak.route === null) return leak
  const [low, high] = leak.ci95
  return { ...leak, ci95: [low, high + openBytes(unknown) / leak.exposure] }
}

/** Who of the route's requests pays, where what its samples show tells it. */
function withOutcome(measured: MeasuredLeak, { grown, evidence }: Unknown): MeasuredLeak {
  const { payer, leak } = measured
  const ofRoute = grown.find((one) => one.payer === payer)
  if (leak.route === null || !ofRoute) return measured
  return { payer, leak: { ...leak, outcome: outcomeOf(leak.route, ofRoute.lasting, evidence) } }
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

/** Of each of its requests what all of them keep alike: no leak of the route's, and kept all the same. */
function sharedBytes(route: RouteSeries, leaks: readonly MeasuredLeak[]): number {
  const shared = leaks.filter(
    ({ leak: { scope, mount } }) => scope === 'shared' && isBelowMount(route, { mount }),
  )
  return sumOf(shared.map(({ leak }) => leak.ci95[1]))
}

/** docs/method.md, "What counts as a leak", the paragraph on the verdicts. */
function judgeRoute(
  index: number,
  leaks: readonly MeasuredLeak[],
  unknown: Unknown,
): RouteJudgement {
  const { grown, evidence } = unknown
  const { observation, span, thresholds } = evidence
  const requests = grownBy(observation.routes[index]!.ended, span)
  const ofRoute = grown.find(({ payer }) => payer.route === index)
  if (!ofRoute || requests < thresholds.leak.minRequests) return { verdict: 'insufficient-data' }
  const seenFrom = floorOf(requests, evidence)
  const mayHide = Math.max(seenFrom, hiddenBytes(index, unknown) / requests)
  const floorBytesPerRequest = mayHide + sharedBytes(observation.routes[index]!, leaks)
  const leak = leaks.find(({ payer }) => payer === ofRoute.payer)?.leak
  if (leak) {
    const { rate: bytesPerRequest, ci95, outcome } = leak
    const of = outcome ? { outcome } : {}
    return { verdict: 'leaking', bytesPerRequest, ci95, floorBytesPerRequest, ...of }
  }
  // It goes on by its samples, and the heap does not show it, or it came at once: who knows.
  if (ofRoute.goesOn || mayHide > thresholds.books.maxHidden * seenFrom) {
    return { verdict: 'insufficient-data', floorBytesPerRequest }
  }
  // It slows down, and has not stopped.
  const { samples, rates, rateSds } = ofRoute.growth
  const { minSamples, minScore } = thresholds.leak
  if (samples >= minSamples && rates[2] > minScore * rateSds[2]) {
    return { verdict: 'insufficient-data', floorBytesPerRequest }
  }
  const heldBytes = ofRoute.growth.heldBytes + ofRoute.growth.bytes
  const grew = heldBytes >= thresholds.leak.minSamples * observation.samplingBytes
  return { verdict: grew ? 'plateaued' : 'steady', floorBytesPerRequest }
}
