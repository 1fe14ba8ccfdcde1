/**
 * Whose requests explain what was allocated after an await, in a timer or in a listener, where no
 * label stands in the stack: the routes' request counts per window against the births per window.
 *
 * One site has one owner, seldom two. So the fit is not of amounts for all routes at once, which
 * spills a little of every site onto every route, but a choice: each candidate predicts how the births
 * spread over the windows (a multinomial), and is believed when it beats every other by far.
 */
import { withoutTables } from './growth'
import type { Observation, PlaceSeries } from './observation'

export type Candidate =
  | { readonly kind: 'route'; readonly index: number }
  /** Every request that passes a middleware pays. */
  | { readonly kind: 'layer'; readonly index: number }
  /** Every request pays, whatever its route. */
  | { readonly kind: 'all' }
  /** Grows with time, not with requests. */
  | { readonly kind: 'time' }

/** Log odds over the next best candidate from which one is believed: 12 to 1. */
const MIN_LOG_ODDS = 2.5
/**
 * A route is not believed by its rhythm alone where even the best candidate misses the births by more
 * than this many times what single samples scatter: something else decides when they are allocated.
 */
const MAX_DISPERSION = 3
/** Share of the mean rate that every window is granted: requests end after they allocate. */
const SMOOTHING = 0.05
/** Log odds for the routes under whose label the code was seen, if these are few of many. */
const SEEN_LOG_ODDS = 4
/** Watched requests from which a share is told. */
const MIN_WATCHED = 10
/** Log odds for a route whose finished requests stay alive. */
const KEPT_LOG_ODDS = 4
/** Log odds for the middleware under whose label it was allocated: a route may keep it all the same. */
const LAYER_LOG_ODDS = 1
/** Log odds against time: a route is the better guess when both fit. */
const TIME_LOG_ODDS = -1
/** Log odds for time where timers call what no route was seen to: an interval, sooner than a request. */
const TIMER_LOG_ODDS = 5
/**
 * Log odds against all requests: what each of them pays is allocated under the server's label, or a
 * middleware's, and seldom after an await alone. A steady rate of requests looks like time.
 */
const ALL_LOG_ODDS = -6

export interface Ownership {
  readonly candidate: Candidate
  readonly logOdds: number
}

/**
 * @param group - places that belong together: of one middleware, or with one outermost function
 * @param layer - the middleware under whose label they were allocated, if any
 * @returns null where no candidate stands out
 */
export function ownerOf(
  group: readonly PlaceSeries[],
  observation: Observation,
  layer: number | null = null,
): Ownership | null {
  const places = withoutTables(group)
  const { routes, timeMs } = observation
  const readings = timeMs.length
  const windows = Array.from({ length: readings - 2 }, (_, at) => at + 1)
  const bornBytes = windows.map((at) =>
    places.reduce((sum, { bornBytes }) => sum + bornBytes[at]!, 0),
  )
  const squares = windows.reduce(
    (sum, at) => sum + places.reduce((of, { bornBytesSquared }) => of + bornBytesSquared[at]!, 0),
    0,
  )
  const bytes = bornBytes.reduce((sum, of) => sum + of, 0)
  if (bytes === 0) return null
  const meanSampleBytes = squares / bytes
  const seen = new Set(places.flatMap(({ seenUnder }) => seenUnder))

  const steps = (series: readonly number[]): number[] =>
    windows.map((at) => Math.max(0, series[at]! - series[at - 1]!))
  const perRoute = routes.map(({ ended }) => steps(ended))
  const active = perRoute.map((exposure) => exposure.some((count) => count > 0))
  const activeRoutes = active.filter(Boolean).length
  const all = windows.map((_, at) => perRoute.reduce((sum, exposure) => sum + exposure[at]!, 0))

  /** How far the births' spread is from a candidate's: the log likelihood it falls short by. */
  const misfit = (exposure: readonly number[]): number => {
    const total = exposure.reduce((sum, count) => sum + count, 0)
    if (total === 0) return Number.POSITIVE_INFINITY
    const floor = (SMOOTHING * total) / exposure.length
    return bornBytes.reduce((sum, of, at) => {
      const share = (exposure[at]! + floor) / (total + floor * exposure.length)
      return of === 0 ? sum : sum + (of / meanSampleBytes) * Math.log(of / bytes / share)
    }, 0)
  }

  const scored: Array<{ candidate: Candidate; misfit: number; bonus: number }> = []
  routes.forEach((route, index) => {
    if (!active[index] || (layer !== null && !below(route, observation.layers[layer]!))) return
    let bonus = 0
    if (seen.has(index)) bonus += SEEN_LOG_ODDS * (1 - seen.size / (activeRoutes + 1))
    if (keepsRequests(route)) bonus += KEPT_LOG_ODDS
    const candidate = { kind: 'route', index } as const
    scored.push({ candidate, misfit: misfit(perRoute[index]!), bonus })
  })
  if (layer !== null) {
    const entered = steps(observation.layers[layer]!.entered)
    scored.push({
      candidate: { kind: 'layer', index: layer },
      misfit: misfit(entered),
      bonus: LAYER_LOG_ODDS,
    })
  } else {
    if (activeRoutes > 1) {
      scored.push({ candidate: { kind: 'all' }, misfit: misfit(all), bonus: ALL_LOG_ODDS })
    }
    const isTimed = seen.size === 0 && places.every(({ isTimer }) => isTimer)
    scored.push({
      candidate: { kind: 'time' },
      misfit: misfit(steps(timeMs)),
      bonus: TIME_LOG_ODDS + (isTimed ? TIMER_LOG_ODDS : 0),
    })
  }
  // Several samples of one request come together, and more so where each keeps much: how much more
  // than one by one they scatter, the best fit tells, and it is the same for all candidates. A measure
  // per candidate would make the misfit of a route weigh less the fewer requests it has.
  const least = Math.min(...scored.map((one) => one.misfit))
  if (least === Number.POSITIVE_INFINITY) return null
  const dispersion = Math.max(1, (2 * least) / (windows.length - 1))
  const ranked = scored
    .map((one) => ({ candidate: one.candidate, score: one.bonus - one.misfit / dispersion }))
    .sort((a, b) => b.score - a.score)
  const [best, next] = ranked
  if (!best) return null
  // Where requests come at a steady rate, all of them and time look the same: that it grows by the
  // second is then all that can be said.
  const isRoute = ({ candidate }: { candidate: Candidate }): boolean => candidate.kind === 'route'
  const undecided =
    next && [best, next].every(({ candidate: { kind } }) => kind === 'all' || kind === 'time')
  const rival = undecided ? ranked.find(isRoute) : next
  const logOdds = best.score - (rival?.score ?? Number.NEGATIVE_INFINITY)
  if (logOdds < MIN_LOG_ODDS) return null
  const route = best.candidate.kind === 'route' ? routes[best.candidate.index]! : null
  const byRhythmAlone = route !== null && seen.size === 0 && !keepsRequests(route)
  if (byRhythmAlone && dispersion > MAX_DISPERSION) return null
  const tied = undecided && best.score - next.score < MIN_LOG_ODDS
  return { candidate: tied ? { kind: 'time' } : best.candidate, logOdds }
}

/** Whether most of a route's finished requests that were watched still live. */
export function keepsRequests({ watched, kept }: { watched: number; kept: number }): boolean {
  return watched >= MIN_WATCHED && kept > watched / 2
}

/** Whether requests of the route pass the layer's mount. */
export function below({ route }: { route: string }, { mount }: { mount: string }): boolean {
  return mount === '' || route === mount || route.startsWith(`${mount}/`)
}
