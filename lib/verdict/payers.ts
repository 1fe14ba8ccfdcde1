/**
 * Sorts the sampled places under those who pay for them: a route's requests, those that pass a
 * middleware, all requests, or the clock. docs/method.md, "Whose bytes".
 */
import type { LeakScope } from '../schema/lines'
import { positionKey } from '../inspector/stack-frame'
import { sumOf, withoutTables } from './growth'
import type { LayerSeries, Observation, PlaceSeries, RouteSeries } from './observation'
import { type Candidate, isBelowMount, keepsRequests, ownerOf } from './owner'
import { type Evidence, grownBy, type Span, survivedExposure } from './span'

/** Somebody who may leak, with all places that are theirs. */
export interface Payer {
  readonly key: string
  readonly scope: LeakScope
  /** Index of the route, for scope `route`. */
  readonly route: number | null
  readonly mount: string
  /** Cumulative requests; seconds for scope `process`. */
  readonly exposure: readonly number[]
  /** Places known by a label or by where they stand in the source. */
  readonly direct: PlaceSeries[]
  /** Places known by their rhythm alone. */
  readonly estimated: PlaceSeries[]
}

/** Every active route, and whoever else pays for one of the places. */
export function gather(evidence: Evidence): Payer[] {
  const { observation, span, thresholds } = evidence
  const payers = new PayerTable(observation)
  const isKept = (route: RouteSeries): boolean => keepsRequests(route, thresholds)
  const { routes, layers } = observation
  routes.forEach((route, index) => {
    if (route.ended.at(-1)! > 0) payers.ofRoute(index)
  })
  const unowned = new Map<string, PlaceSeries[]>()
  for (const place of observation.places) {
    // Sockets, parsers, compiled code: no leak by itself, but part of one that keeps requests.
    if (place.origin === 'memprof') continue
    if (place.origin === 'runtime' && !routes.some(isKept)) continue
    if (place.owner?.kind === 'route') payers.ofRoute(place.owner.index).direct.push(place)
    else {
      const key = groupKey(place)
      const group = unowned.get(key)
      if (group) group.push(place)
      else unowned.set(key, [place])
    }
  }
  for (const group of unowned.values()) {
    const layer = group[0]!.owner?.index ?? null
    const only = layer === null ? null : onlyRouteOf(layers[layer]!, observation, span)
    if (only !== null) {
      payers.ofRoute(only).direct.push(...group)
      continue
    }
    const owner = ownerOf(group, observation, thresholds, layer)
    if (!owner) continue
    const route = owner.candidate.kind === 'route' ? routes[owner.candidate.index]! : null
    if (group[0]!.origin === 'runtime' && !(route && isKept(route))) continue
    const payer = payers.ofCandidate(owner.candidate)
    if (owner.candidate.kind === 'layer') payer.direct.push(...group)
    else payer.estimated.push(...group)
  }
  moveShared(payers, evidence)
  return payers.all()
}
/** Payers by their keys, each made when it is first asked for. */
class PayerTable {
  readonly #observation: Observation
  readonly #payers: Map<string, Payer> = new Map()

  constructor(observation: Observation) {
    this.#observation = observation
  }

  all(): Payer[] {
    return [...this.#payers.values()]
  }

  ofRoute(index: number): Payer {
    const { ended } = this.#observation.routes[index]!
    return this.#of(`route ${index}`, 'route', ended, index)
  }

  ofCandidate(candidate: Candidate): Payer {
    const { routes, layers, timeMs } = this.#observation
    switch (candidate.kind) {
      case 'route':
        return this.ofRoute(candidate.index)
      case 'layer': {
        const { entered, mount } = layers[candidate.index]!
        return this.#of(`layer ${candidate.index}`, 'shared', entered, null, mount)
      }
      case 'time': {
        const seconds = timeMs.map((ms) => ms / 1000)
        return this.#of('process', 'process', seconds)
      }
      case 'all': {
        const ended = timeMs.map((_, at) => sumOf(routes.map((route) => route.ended[at]!)))
        return this.#of('shared', 'shared', ended)
      }
    }
  }

  #of(
    key: string,
    scope: LeakScope,
    exposure: readonly number[],
    route: number | null = null,
    mount = '',
  ): Payer {
    let payer = this.#payers.get(key)
    if (!payer) {
      payer = { key, scope, route, mount, exposure, direct: [], estimated: [] }
      this.#payers.set(key, payer)
    }
    return payer
  }
}

/** Places with one key have one owner. */
function groupKey({ owner, frames }: PlaceSeries): string {
  // Of a middleware by the function that allocated, else by what the event loop called.
  const frame = owner ? frames[0] : frames.at(-1)
  return `${owner?.index ?? ''} ${frame ? positionKey(frame) : ''}`
}

/** The function that allocated. */
export function siteOf({ frames }: PlaceSeries): string {
  const [nearest] = frames
  return nearest ? positionKey(nearest) : ''
}

/** Takes from the routes what grows under each of them alike: all requests pay for that. */
function moveShared(payers: PayerTable, evidence: Evidence): void {
  const perRoute = payers.all().filter(({ route }) => route !== null)
  const sites = new Set(sharedSites(perRoute, evidence))
  if (sites.size === 0) return
  // What such a function calls is shared too, whether or not it has the samples to show it.
  const isShared = ({ frames }: PlaceSeries): boolean =>
    frames.some((frame) => sites.has(positionKey(frame)))
  const shared = payers.ofCandidate({ kind: 'all' })
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

/**
 * Sites that grow under every route alike: what a framework, an agent or a wrapped response does for
 * each request, in the routes' own stacks. No single route is to blame for those.
 * docs/method.md, "Whose bytes", its last paragraph.
 */
function sharedSites(payers: readonly Payer[], { span, thresholds }: Evidence): string[] {
  const { minSamples, minRatio, minRoutes } = thresholds.sharing
  const requests = payers.map(({ exposure }) => survivedExposure(exposure, span))
  const total = sumOf(requests)
  const grown = new Map<string, number[]>()
  const sampleBytes = new Map<string, number>()
  payers.forEach((payer, at) => {
    const places = [...payer.direct, ...payer.estimated]
    for (const place of withoutTables(places, thresholds, span)) {
      const site = siteOf(place)
      const bytes = grown.get(site) ?? payers.map(() => 0)
      bytes[at]! += grownBy(place.survivedBytes, span)
      grown.set(site, bytes)
      const bornBytes = sumOf(place.bornBytes)
      const meanSample = sumOf(place.bornBytesSquared) / bornBytes
      if (bornBytes > 0) sampleBytes.set(site, Math.max(sampleBytes.get(site) ?? 0, meanSample))
    }
  })
  return [...grown].flatMap(([site, bytes]) => {
    const rate = sumOf(bytes) / total
    const oneSample = sampleBytes.get(site) ?? Number.POSITIVE_INFINITY
    if (rate <= 0) return []
    // Routes with too few requests to show it at that rate say nothing either way.
    const ratios = payers.flatMap((_, at) => {
      const due = rate * requests[at]!
      return due >= minSamples * oneSample ? [bytes[at]! / due] : []
    })
    const areAlike = ratios.every((ratio) => ratio >= minRatio && ratio <= 1 / minRatio)
    return ratios.length >= minRoutes && areAlike ? [site] : []
  })
}

/** The one active route below the layer's mount; null where there are several, or none. */
function onlyRouteOf(layer: LayerSeries, { routes }: Observation, span: Span): number | null {
  const active = routes.flatMap((route, index) =>
    grownBy(route.ended, span) > 0 && isBelowMount(route, layer) ? [index] : [],
  )
  return active.length === 1 ? active[0]! : null
}
