/**
 * Whose requests explain what was allocated after an await, in a timer or in a listener, where no
 * label stands in the stack: the routes' request counts per window against the births per window.
 *
 * One site has one owner, seldom two. So the fit is not of amounts for all routes at once, which
 * spills a little of every site onto every route, but a choice: each candidate predicts how the births
 * spread over the windows (a multinomial), and is believed when it beats every other by far.
 */
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
  // A table that doubles comes in one window, and says nothing of the entries before.
  const places = group.filter(({ isLarge }) => !isLarge)
  const { routes, timeMs } = observation
  const readings = timeMs.length
  const windows = Array.from({ length: readings - 2 }, (_, at) => at + 1)
  const born = windows.map((at) => places.reduce((sum, { born }) => sum + born[at]!, 0))
  const squares = windows.reduce(
    (sum, at) => sum + places.reduce((of, { bornSquares }) => of + bornSquares[at]!, 0),
    0,
  )
  const bytes = born.reduce((sum, of) => sum + of, 0)
  if (bytes === 0) return null
  const meanSampleBytes = squares / bytes
  const seen = new Set(places.flatMap(({ seenUnder }) => seenUnder))

  const steps = (series: readonly number[]): number[] =>
    windows.map((at) => Math.max(0, series[at]! - series[at - 1]!))
  const perRoute = routes.map(({ ended }) => steps(ended))
  const active = perRoute.map((counts) => counts.some((count) => count > 0))
  const activeRoutes = active.filter(Boolean).length
  const all = windows.map((_, at) => perRoute.reduce((sum, counts) => sum + counts[at]!, 0))

  /** Log likelihood of the births' spread; several samples of one request count once. */
  const likelihood = (counts: readonly number[]): number => {
    const total = counts.reduce((sum, count) => sum + count, 0)
    if (total === 0) return Number.NEGATIVE_INFINITY
    const floor = (SMOOTHING * total) / counts.length
    const perSample = meanSampleBytes * Math.max(1, bytes / total / meanSampleBytes)
    return born.reduce((sum, of, at) => {
      const share = (counts[at]! + floor) / (total + floor * counts.length)
      return sum + (of / perSample) * Math.log(share)
    }, 0)
  }

  const scored: Array<{ candidate: Candidate; score: number }> = []
  routes.forEach((route, index) => {
    if (!active[index] || (layer !== null && !below(route, observation.layers[layer]!))) return
    let score = likelihood(perRoute[index]!)
    if (seen.has(index)) score += SEEN_LOG_ODDS * (1 - seen.size / (activeRoutes + 1))
    if (keepsRequests(route)) score += KEPT_LOG_ODDS
    scored.push({ candidate: { kind: 'route', index }, score })
  })
  if (layer !== null) {
    const entered = steps(observation.layers[layer]!.entered)
    scored.push({
      candidate: { kind: 'layer', index: layer },
      score: likelihood(entered) + LAYER_LOG_ODDS,
    })
  } else {
    if (activeRoutes > 1) {
      scored.push({ candidate: { kind: 'all' }, score: likelihood(all) + ALL_LOG_ODDS })
    }
    scored.push({ candidate: { kind: 'time' }, score: likelihood(steps(timeMs)) + TIME_LOG_ODDS })
  }
  scored.sort((a, b) => b.score - a.score)
  const [best, next] = scored
  if (!best || best.score === Number.NEGATIVE_INFINITY) return null
  const logOdds = best.score - (next?.score ?? Number.NEGATIVE_INFINITY)
  return logOdds >= MIN_LOG_ODDS ? { candidate: best.candidate, logOdds } : null
}

/** Whether most of a route's finished requests that were watched still live. */
export function keepsRequests({ watched, kept }: { watched: number; kept: number }): boolean {
  return watched >= MIN_WATCHED && kept > watched / 2
}

/** Whether requests of the route pass the layer's mount. */
export function below({ route }: { route: string }, { mount }: { mount: string }): boolean {
  return mount === '' || route === mount || route.startsWith(`${mount}/`)
}
