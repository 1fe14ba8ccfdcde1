/**
 * Sorts what was sampled under those who own it: routes, middleware, all requests, the clock.
 */
import type { LeakScope } from '../schema/lines'
import { positionKey } from '../inspector/stack-frame'
import { type Span, withoutTables } from './growth'
import type { LayerSeries, Observation, PlaceSeries } from './observation'
import { below, type Candidate, keepsRequests, ownerOf } from './owner'

/** Somebody who may leak, with all places that are theirs. */
export interface Payer {
  readonly key: string
  readonly scope: LeakScope
  readonly route: number | null
  readonly mount: string
  /** Cumulative requests, or seconds. */
  readonly exposure: readonly number[]
  readonly direct: PlaceSeries[]
  readonly estimated: PlaceSeries[]
}

/** Sorts the places under those who own them. */
export function gather(observation: Observation, span: Span): Payer[] {
  const { routes, layers, places, timeMs } = observation
  const payers = new Map<string, Payer>()
  const payerOf = (
    key: string,
    scope: LeakScope,
    exposure: readonly number[],
    route: number | null = null,
    mount = '',
  ): Payer => {
    let payer = payers.get(key)
    if (!payer) {
      payer = { key, scope, route, mount, exposure, direct: [], estimated: [] }
      payers.set(key, payer)
    }
    return payer
  }
  const payerOfRoute = (index: number): Payer =>
    payerOf(`route ${index}`, 'route', routes[index]!.ended, index)
  const payerOfCandidate = (candidate: Candidate): Payer => {
    if (candidate.kind === 'route') return payerOfRoute(candidate.index)
    if (candidate.kind === 'layer') {
      const { entered, mount } = layers[candidate.index]!
      return payerOf(`layer ${candidate.index}`, 'shared', entered, null, mount)
    }
    if (candidate.kind === 'time') {
      return payerOf(
        'process',
        'process',
        timeMs.map((ms) => ms / 1000),
      )
    }
    const all = timeMs.map((_, at) => routes.reduce((sum, { ended }) => sum + ended[at]!, 0))
    return payerOf('shared', 'shared', all)
  }

  routes.forEach((route, index) => {
    if (route.ended.at(-1)! > 0) payerOfRoute(index)
  })
  const unowned = new Map<string, PlaceSeries[]>()
  for (const place of places) {
    // Sockets, parsers, compiled code: no leak by itself, but part of one that keeps requests.
    if (place.origin === 'memprof') continue
    if (place.origin === 'runtime' && !routes.some(keepsRequests)) continue
    if (place.owner?.kind === 'route') payerOfRoute(place.owner.index).direct.push(place)
    else {
      // Of a middleware by the function that allocated, else by what the event loop called.
      const frame = place.owner ? place.frames[0] : place.frames.at(-1)
      const key = `${place.owner?.index ?? ''} ${frame ? positionKey(frame) : ''}`
      const group = unowned.get(key)
      if (group) group.push(place)
      else unowned.set(key, [place])
    }
  }
  for (const group of unowned.values()) {
    const layer = group[0]!.owner?.index ?? null
    const only = layer === null ? null : onlyRouteOf(layers[layer]!, observation, span)
    if (only !== null) {
      payerOfRoute(only).direct.push(...group)
      continue
    }
    const owner = ownerOf(group, observation, layer)
    if (!owner) continue
    const route = owner.candidate.kind === 'route' ? routes[owner.candidate.index]! : null
    if (group[0]!.origin === 'runtime' && !(route && keepsRequests(route))) continue
    const payer = payerOfCandidate(owner.candidate)
    if (owner.candidate.kind === 'layer') payer.direct.push(...group)
    else payer.estimated.push(...group)
  }
  const perRoute = [...payers.values()].filter(({ route }) => route !== null)
  const sites = new Set(sharedSites(perRoute, span))
  // What such a function calls is shared too, whether or not it has the samples to show it.
  const isShared = ({ frames }: PlaceSeries): boolean =>
    frames.some((frame) => sites.has(positionKey(frame)))
  if (sites.size > 0) {
    const shared = payerOfCandidate({ kind: 'all' })
    for (const payer of perRoute) {
      for (const [from, to] of [
        [payer.direct, shared.direct],
        [payer.estimated, shared.estimated],
      ] as const) {
        to.push(...from.filter(isShared))
        from.splice(0, from.length, ...from.filter((place) => !isShared(place)))
      }
    }
  }
  return [...payers.values()]
}

/** The function that allocated. */
export function siteOf({ frames }: PlaceSeries): string {
  const [nearest] = frames
  return nearest ? positionKey(nearest) : ''
}

/**
 * Sites that grow under every route alike: what a framework, an agent or a wrapped response does for
 * each request, in the routes' own stacks. No single route is to blame for those.
 */
function sharedSites(payers: readonly Payer[], { first, last }: Span): string[] {
  const requests = payers.map(({ exposure }) => exposure[last - 1]! - exposure[first - 1]!)
  const total = requests.reduce((sum, of) => sum + of, 0)
  const grown = new Map<string, number[]>()
  const sampleBytes = new Map<string, number>()
  payers.forEach((payer, at) => {
    for (const place of withoutTables([...payer.direct, ...payer.estimated], { first, last })) {
      const site = siteOf(place)
      const bytes = grown.get(site) ?? payers.map(() => 0)
      bytes[at]! += place.survivedBytes[last]! - place.survivedBytes[first]!
      grown.set(site, bytes)
      const bornBytes = place.bornBytes.reduce((sum, of) => sum + of, 0)
      const squares = place.bornBytesSquared.reduce((sum, of) => sum + of, 0)
      if (bornBytes > 0)
        sampleBytes.set(site, Math.max(sampleBytes.get(site) ?? 0, squares / bornBytes))
    }
  })
  return [...grown].flatMap(([site, bytes]) => {
    const rate = bytes.reduce((sum, of) => sum + of, 0) / total
    const oneSample = sampleBytes.get(site) ?? Number.POSITIVE_INFINITY
    if (rate <= 0) return []
    // Routes with too few requests to show it at that rate say nothing either way.
    const asked = payers.flatMap((_, at) =>
      rate * requests[at]! >= SHARED_SAMPLES * oneSample
        ? [bytes[at]! / (rate * requests[at]!)]
        : [],
    )
    const alike = asked.every((ratio) => ratio >= SHARED_RATIO && ratio <= 1 / SHARED_RATIO)
    return asked.length >= MIN_SHARING_ROUTES && alike ? [site] : []
  })
}

/** Samples a route should show of a site that all share before its share is compared. */
const SHARED_SAMPLES = 5
/** Lowest ratio of a route's bytes per request to that of all. */
const SHARED_RATIO = 0.4
const MIN_SHARING_ROUTES = 3

/** The one active route below the layer's mount; null where there are several, or none. */
function onlyRouteOf(layer: LayerSeries, { routes }: Observation, span: Span): number | null {
  const active = routes.flatMap((route, index) =>
    route.ended[span.last]! > route.ended[span.first]! && below(route, layer) ? [index] : [],
  )
  return active.length === 1 ? active[0]! : null
}
