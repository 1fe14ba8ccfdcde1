/**
 * Whose requests explain what was allocated after an await, in a timer or in a listener, where no
 * label stands in the stack: the routes' request counts per window against the births per window.
 * docs/method.md, "Whose bytes": rhythm.
 *
 * One site has one owner, seldom two. So the fit is not of amounts for all routes at once, which
 * spills a little of every site onto every route, but a choice: each candidate predicts how the births
 * spread over the windows (a multinomial), and is believed when it beats every other by far.
 */
import { isUnit, type NamedWork } from '../schema/work-name'
import { sumOf, sumSeries, withoutTables } from './growth'
import type { Observation, PlaceSeries, RouteSeries } from './observation'
import { allEnded } from './span'
import type { Thresholds } from './thresholds'

export type Candidate =
  | { readonly kind: 'route'; readonly index: number }
  /** Every request that passes a middleware pays. */
  | { readonly kind: 'layer'; readonly index: number }
  /** Every request pays, whatever its route. */
  | { readonly kind: 'all' }
  /** Grows with time, not with requests. */
  | { readonly kind: 'time' }

export interface Ownership {
  readonly candidate: Candidate
  readonly logOdds: number
}

/** What a group allocated in each window between two readings; the first and last reading have none. */
interface GroupBirths {
  readonly bornBytes: readonly number[]
  readonly meanSampleBytes: number
  /** Routes under whose label the group's functions were seen. */
  readonly seenUnder: ReadonlySet<number>
  /** Timers alone call it, and it was seen under no route. */
  readonly isTimed: boolean
}

interface Scored {
  readonly candidate: Candidate
  /** Log likelihood by which the candidate's prediction falls short of a perfect one. */
  readonly misfit: number
  /** Log odds before anything is known of the births. */
  readonly prior: number
}

/**
 * @param group - places that belong together: of one middleware, or with one outermost function
 * @param layer - the middleware under whose label they were allocated, if any
 * @returns null where no candidate stands out
 */
export function ownerOf(
  group: readonly PlaceSeries[],
  observation: Observation,
  thresholds: Thresholds,
  layer: number | null = null,
): Ownership | null {
  const births = birthsOf(withoutTables(group, thresholds), observation)
  if (sumOf(births.bornBytes) === 0) return null
  return choose(
    candidatesOf(births, observation, thresholds, layer),
    births,
    observation,
    thresholds,
  )
}

/** In each window between two readings. */
export function birthsOf(places: readonly PlaceSeries[], { timeMs }: Observation): GroupBirths {
  const inWindows = (series: 'bornBytes' | 'bornBytesSquared'): number[] =>
    sumSeries(places, timeMs.length, series).slice(1, -1)
  const bornBytes = inWindows('bornBytes')
  const seenUnder = new Set(places.flatMap((place) => place.seenUnder))
  return {
    bornBytes,
    meanSampleBytes: sumOf(inWindows('bornBytesSquared')) / sumOf(bornBytes),
    seenUnder,
    isTimed: seenUnder.size === 0 && places.every(({ isTimer }) => isTimer),
  }
}

/** What a cumulative series grew by in each window. */
export function stepsOf(series: readonly number[]): number[] {
  return series.slice(1, -1).map((value, at) => Math.max(0, value - series[at]!))
}

/** Everybody who may own the group, with the prior odds and how badly the births are predicted. */
function candidatesOf(
  births: GroupBirths,
  observation: Observation,
  thresholds: Thresholds,
  layer: number | null,
): Scored[] {
  const { routes, layers, timeMs } = observation
  const { seenLogOdds, keptLogOdds, layerLogOdds, allLogOdds, timeLogOdds, timerLogOdds } =
    thresholds.owner
  const { seenUnder } = births
  const exposures = routes.map(({ ended }) => stepsOf(ended))
  const isActive = exposures.map((exposure) => exposure.some((count) => count > 0))
  const activeRoutes = isActive.filter(Boolean).length
  const scored: Scored[] = []
  const add = (candidate: Candidate, exposure: readonly number[], prior: number): void => {
    scored.push({ candidate, misfit: misfitOf(births, exposure, thresholds), prior })
  }
  routes.forEach((route, index) => {
    if (!isActive[index] || (layer !== null && !isBelowMount(route, layers[layer]!))) return
    let prior = 0
    if (seenUnder.has(index)) prior += seenLogOdds * (1 - seenUnder.size / (activeRoutes + 1))
    if (keepsRequests(route, thresholds)) prior += keptLogOdds
    add({ kind: 'route', index }, exposures[index]!, prior)
  })
  if (layer !== null) {
    add({ kind: 'layer', index: layer }, stepsOf(layers[layer]!.entered), layerLogOdds)
    return scored
  }
  if (activeRoutes > 1) {
    add({ kind: 'all' }, stepsOf(allEnded(observation)), allLogOdds)
  }
  add({ kind: 'time' }, stepsOf(timeMs), timeLogOdds + (births.isTimed ? timerLogOdds : 0))
  return scored
}

/** How far the births' spread over the windows is from that of the candidate's exposure. */
export function misfitOf(
  { bornBytes, meanSampleBytes }: GroupBirths,
  exposure: readonly number[],
  { owner: { smoothing } }: Thresholds,
): number {
  const total = sumOf(exposure)
  if (total === 0) return Number.POSITIVE_INFINITY
  const bytes = sumOf(bornBytes)
  const granted = (smoothing * total) / exposure.length
  return bornBytes.reduce((sum, born, at) => {
    const share = (exposure[at]! + granted) / (total + granted * exposure.length)
    return born === 0 ? sum : sum + (born / meanSampleBytes) * Math.log(born / bytes / share)
  }, 0)
}

/** The best candidate, where it beats every other by far. */
function choose(
  candidates: readonly Scored[],
  { bornBytes, seenUnder }: GroupBirths,
  { routes }: Observation,
  thresholds: Thresholds,
): Ownership | null {
  const { minLogOdds, maxDispersion } = thresholds.owner
  // Several samples of one request come together, and more so where each keeps much: how much more
  // than one by one they scatter, the best fit tells, and it is the same for all candidates. A measure
  // per candidate would make the misfit of a route weigh less the fewer requests it has.
  const least = Math.min(...candidates.map(({ misfit }) => misfit))
  if (least === Number.POSITIVE_INFINITY) return null
  const dispersion = Math.max(1, (2 * least) / (bornBytes.length - 1))
  const ranked = candidates
    .map(({ candidate, misfit, prior }) => ({ candidate, score: prior - misfit / dispersion }))
    .sort((a, b) => b.score - a.score)
  const [best, next] = ranked
  if (!best) return null
  // Where requests come at a steady rate, all of them and time look the same: that it grows by the
  // second is then all that can be said.
  const undecided =
    next && [best, next].every(({ candidate: { kind } }) => kind === 'all' || kind === 'time')
  const rival = undecided ? ranked.find(({ candidate }) => candidate.kind === 'route') : next
  const logOdds = best.score - (rival?.score ?? Number.NEGATIVE_INFINITY)
  if (logOdds < minLogOdds) return null
  const route = best.candidate.kind === 'route' ? routes[best.candidate.index]! : null
  const byRhythmAlone = route !== null && seenUnder.size === 0 && !keepsRequests(route, thresholds)
  // Where even the best candidate misses the births, something else decides when they are allocated.
  if (byRhythmAlone && dispersion > maxDispersion) return null
  const tied = undecided && best.score - next.score < minLogOdds
  return { candidate: tied ? { kind: 'time' } : best.candidate, logOdds }
}

/** Whether most of a route's finished requests that were watched still live. */
export function keepsRequests(
  { watched, kept }: Pick<RouteSeries, 'watched' | 'kept'>,
  { owner: { minWatchedRequests, minKeptShare } }: Thresholds,
): boolean {
  return watched >= minWatchedRequests && kept > minKeptShare * watched
}

/** Whether requests of the route pass the layer's mount. */
export function isBelowMount({ method, route }: NamedWork, { mount }: { mount: string }): boolean {
  if (isUnit(method)) return false
  return mount === '' || route === mount || route.startsWith(`${mount}/`)
}
