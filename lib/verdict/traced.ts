/**
 * What a trace saw of the functions that allocate. docs/method.md, "Whose bytes": tracing.
 *
 * Who alone runs a function pays for what it allocates. Where several run it, those pay whose code made
 * the container grow that keeps it.
 */
import { sumOf } from './growth'
import type { EntriesOf, PlaceSeries, RouteShare, Shares, Traced } from './observation'
import type { Thresholds } from './thresholds'

/** A part of a place's bytes and whose it is: a route, by its index, or what is done without requests. */
export interface TracedPart {
  readonly route: number | null
  readonly place: PlaceSeries
}

/**
 * @param requests - of each route, by its index
 * @returns null where the trace does not tell whose the place's bytes are
 */
export function partsOf(
  place: PlaceSeries,
  requests: readonly number[],
  { trace }: Thresholds,
): TracedPart[] | null {
  const { runs, growth } = place.traced ?? { runs: null, growth: null }
  const runners = runs && runs.seen >= trace.minSeen ? doersOf(runs) : []
  // Node's own code that V8 inlined the app's into is run by everybody: what keeps it is all there is.
  const isOfAll = place.origin === 'runtime'
  if (growth && growth.seen >= trace.minSeen && (isOfAll || runners.length > 0)) {
    // What another container of the leak grows by is not of this function, if it does not run there.
    const adders = doersOf(growth).filter(
      ({ route }) => isOfAll || mayRun(route, runners, runs!.seen, requests, trace.minExpected),
    )
    const main = adders.filter(({ share }) => share >= trace.minShare)
    const share = sumOf(main.map((one) => one.share))
    if (share >= trace.minKnownShare && main.every(({ isKnown }) => isKnown)) {
      const due = main.map((one) => dueOf(one, growth.requests ?? [], requests, trace.minExpected))
      return main.map(({ route }, at) => ({ route, place: scaled(place, due[at]! / sumOf(due)) }))
    }
  }
  const [main, ...others] = runners.filter(({ share }) => share >= trace.minShare)
  return main?.isKnown && others.length === 0 ? [{ route: main.route, place }] : null
}

/**
 * What is due over the observation of what was seen in the seconds of a trace: the mix of routes may have been
 * another then, and what each of their requests adds was the same.
 *
 * @param seen - requests of each route in those seconds; of fewer than `minSeen` it takes the mean of all
 */
function dueOf(
  { route, share }: Doer,
  seen: readonly number[],
  requests: readonly number[],
  minSeen: number,
): number {
  const ofRoute = route === null ? 0 : (seen[route] ?? 0)
  if (ofRoute >= minSeen) return (share * requests[route!]!) / ofRoute
  // Where nobody asks for anything, there is no mix.
  const [all, allSeen] = [sumOf(requests), sumOf(seen)]
  return all > 0 && allSeen > 0 ? (share * all) / allSeen : share
}

/** Routes that run the place's functions; null where it is not known, or not requests alone do. */
export function runnersOf(
  { traced }: PlaceSeries,
  { trace: { minSeen, minShare } }: Thresholds,
): ReadonlySet<number> | null {
  const runs = traced?.runs
  if (!runs || runs.seen < minSeen || runs.lost + runs.idle >= minShare) return null
  return new Set(runs.routes.map(({ index }) => index))
}

/** Whether several routes run the place's functions: then their rhythm does not tell whose the bytes are. */
export function isShared(place: PlaceSeries, thresholds: Thresholds): boolean {
  return (runnersOf(place, thresholds)?.size ?? 0) > 1
}

/** Of several places' traces all that was seen; null where none was traced. */
export function tracedTogether(places: readonly PlaceSeries[]): Shares | null {
  const traces = new Set(places.flatMap(({ traced }) => traced ?? []))
  const of = (kind: keyof Traced): Shares[] =>
    [...new Set([...traces].map((traced) => traced[kind]))].filter((shares) => shares !== null)
  const [growth, runs] = [of('growth'), of('runs')]
  if (growth.length + runs.length === 0) return null
  return pooled(growth.length > 0 ? growth : runs)
}

/** A route with few requests may not have been seen, though it runs the function as often as the others. */
function mayRun(
  route: number | null,
  runners: ReadonlyArray<Pick<Doer, 'route'>>,
  seen: number,
  requests: readonly number[],
  minExpected: number,
): boolean {
  if (runners.some((one) => one.route === route)) return true
  if (route === null) return false
  const all = sumOf(runners.map((one) => (one.route === null ? 0 : requests[one.route]!)))
  return (seen * requests[route]!) / (all + requests[route]!) < minExpected
}

/** Whether the route's requests may be what a unit of work begins in. */
export function mayBegin(
  route: number,
  unit: number,
  trace: Shares | null,
  requests: readonly number[],
  { trace: { minSeen, minShare, minExpected } }: Thresholds,
): boolean {
  const { share = 0, within = [] } = trace?.routes.find(({ index }) => index === unit) ?? {}
  const seen = (trace?.seen ?? 0) * share
  const known = sumOf(within.map((whole) => whole.share))
  if (seen < minSeen || known < (1 - minShare) * share) return true
  const wholes = within.map(({ index }) => ({ route: index }))
  return mayRun(route, wholes, seen, requests, minExpected)
}

interface Doer {
  readonly route: number | null
  readonly share: number
  /** False for callbacks that may do what a request asked for. */
  readonly isKnown: boolean
}

function doersOf({ routes, idle, lost }: Shares): Doer[] {
  return [
    ...routes.map(({ index, share }) => ({ route: index as number | null, share, isKnown: true })),
    { route: null, share: idle, isKnown: true },
    { route: null, share: lost, isKnown: false },
  ].filter(({ share }) => share > 0)
}

/** Of all that any of them saw. */
export function pooled(all: readonly Shares[]): Shares {
  const seen = sumOf(all.map((one) => one.seen))
  const meanOf = (share: (one: Shares) => number): number =>
    seen === 0 ? 0 : sumOf(all.map((one) => share(one) * one.seen)) / seen
  return {
    seen,
    routes: sharesByRoute(
      all.flatMap((one) => one.routes.map((route) => scaledShare(route, one.seen / seen))),
    ),
    idle: meanOf(({ idle }) => idle),
    lost: meanOf(({ lost }) => lost),
    // They were watched together.
    ...(all[0]?.requests ? { requests: all[0].requests } : {}),
    ...(all[0]?.outcomes
      ? { outcomes: addedByRoute(all.flatMap((one) => one.outcomes ?? [])) }
      : {}),
  }
}

export function scaledShare({ index, share, within }: RouteShare, by: number): RouteShare {
  return {
    index,
    share: share * by,
    ...(within ? { within: within.map((whole) => scaledShare(whole, by)) } : {}),
  }
}

/** One for each route, largest first. */
export function sharesByRoute(all: readonly RouteShare[]): RouteShare[] {
  const byIndex = new Map<number, RouteShare[]>()
  for (const one of all) {
    const known = byIndex.get(one.index)
    if (known) known.push(one)
    else byIndex.set(one.index, [one])
  }
  return [...byIndex]
    .map(([index, shares]) => {
      const within = shares.flatMap((one) => one.within ?? [])
      return {
        index,
        share: sumOf(shares.map((one) => one.share)),
        ...(within.length > 0 ? { within: sharesByRoute(within) } : {}),
      }
    })
    .sort((a, b) => b.share - a.share)
}

/** One for each route. */
export function addedByRoute(all: readonly EntriesOf[]): EntriesOf[] {
  const found = new Map<number, EntriesOf>()
  for (const one of all) {
    const known = found.get(one.index) ?? { index: one.index, aborted: 0, failed: 0, others: 0 }
    found.set(one.index, {
      index: one.index,
      aborted: known.aborted + one.aborted,
      failed: known.failed + one.failed,
      others: known.others + one.others,
    })
  }
  return [...found.values()]
}

/** A share of each sample is a sample with that chance: its bytes and their squares alike. */
function scaled(place: PlaceSeries, share: number): PlaceSeries {
  const part = (series: readonly number[]): number[] => series.map((bytes) => share * bytes)
  return {
    ...place,
    liveBytes: part(place.liveBytes),
    survivedBytes: part(place.survivedBytes),
    bornBytes: part(place.bornBytes),
    bornBytesSquared: part(place.bornBytesSquared),
  }
}
