/**
 * Sorts the sampled places under those who pay for them: a route's requests, those that pass a
 * middleware, all requests, the clock, or nobody who is known. docs/method.md, "Whose bytes".
 */
import type { LeakScope } from '../schema/lines'
import { positionKey } from '../inspector/stack-frame'
import { type Exposure, exposureOfAll } from './exposure'
import { sumOf, withoutTables } from './growth'
import type { LayerSeries, Observation, PlaceSeries, RouteSeries } from './observation'
import { type Candidate, isBelowMount, keepsRequests, ownerOf } from './owner'
import { allEnded, type Evidence, grownBy, type Span } from './span'
import { isShared, partsOf } from './traced'

/** Keys of payers that nobody knows begin so: of the app's allocations, and of Node's and V8's. */
export const OPEN = 'open'
const OPEN_RUNTIME = 'runtime'

/** Somebody who may leak, with all places that are theirs. */
export interface Payer {
  readonly key: string
  readonly scope: LeakScope
  /** Index of the route, for scope `route`. */
  readonly route: number | null
  readonly mount: string
  /** Cumulative requests, or seconds. */
  readonly exposure: readonly number[]
  /** Of what the exposure is. */
  readonly per: Exposure['per']
  /** Places known by a label or by where they stand in the source. */
  readonly direct: PlaceSeries[]
  /** Places, or parts of them, known by a trace. */
  readonly traced: PlaceSeries[]
  /** Places known by their rhythm alone. */
  readonly estimated: PlaceSeries[]
}

export function isOfRuntime({ key }: Payer): boolean {
  return key.startsWith(OPEN_RUNTIME)
}

export function allPlacesOf({ direct, traced, estimated }: Payer): PlaceSeries[] {
  return [...direct, ...traced, ...estimated]
}

/** Every active route, whoever else pays for one of the places, and a payer for each group of nobody's. */
export function gather(evidence: Evidence): Payer[] {
  const { observation, span, thresholds } = evidence
  const payers = new PayerTable(evidence)
  const isKept = (route: RouteSeries): boolean => keepsRequests(route, thresholds)
  const { routes, layers } = observation
  routes.forEach((route, index) => {
    if (route.ended.at(-1)! > 0) payers.ofRoute(index)
  })
  const requests = routes.map(({ ended }) => grownBy(ended, span))
  const unowned = new Map<string, PlaceSeries[]>()
  for (const place of observation.places) {
    if (place.origin === 'memprof') continue
    const parts = place.owner?.kind === 'route' ? null : partsOf(place, requests, thresholds)
    if (place.owner?.kind === 'route') payers.ofRoute(place.owner.index).direct.push(place)
    else if (parts) {
      for (const { route, place: part } of parts) {
        const payer = route === null ? payers.ofCandidate({ kind: 'time' }) : payers.ofRoute(route)
        payer.traced.push(part)
      }
    } else {
      const key = groupKey(place)
      const group = unowned.get(key)
      if (group) group.push(place)
      else unowned.set(key, [place])
    }
  }
  for (const [key, group] of unowned) {
    const isRuntime = group[0]!.origin === 'runtime'
    const nobody = (): void => {
      payers.ofNobody(key, isRuntime).estimated.push(...group.filter((one) => !isOfNoFunction(one)))
    }
    // Sockets, parsers, compiled code: a route's only where it keeps requests.
    if (isRuntime && !routes.some(isKept)) {
      nobody()
      continue
    }
    const layer = group[0]!.owner?.index ?? null
    const only = layer === null ? null : onlyRouteOf(layers[layer]!, observation, span)
    if (only !== null) {
      payers.ofRoute(only).direct.push(...group)
      continue
    }
    const isUnsure = group.some((place) => isShared(place, thresholds))
    const owner = isUnsure ? null : ownerOf(group, observation, thresholds, layer)
    const route = owner?.candidate.kind === 'route' ? routes[owner.candidate.index]! : null
    if (!owner || (isRuntime && !(route && isKept(route)))) {
      nobody()
      continue
    }
    const payer = payers.ofCandidate(owner.candidate)
    if (owner.candidate.kind === 'layer') payer.direct.push(...group)
    else payer.estimated.push(...group)
  }
  moveShared(payers, evidence)
  return payers.all()
}

/** Payers by their keys, each made when it is first asked for. */
class PayerTable {
  readonly #evidence: Evidence
  readonly #payers: Map<string, Payer> = new Map()

  constructor(evidence: Evidence) {
    this.#evidence = evidence
  }

  all(): Payer[] {
    return [...this.#payers.values()]
  }

  ofRoute(index: number): Payer {
    const exposure = this.#evidence.observation.routes[index]!.ended
    return this.#of(`route ${index}`, { scope: 'route', route: index, exposure })
  }

  ofCandidate(candidate: Candidate): Payer {
    const { observation } = this.#evidence
    switch (candidate.kind) {
      case 'route':
        return this.ofRoute(candidate.index)
      case 'layer': {
        const { entered: exposure, mount } = observation.layers[candidate.index]!
        return this.#of(`layer ${candidate.index}`, { scope: 'shared', exposure, mount })
      }
      case 'time': {
        const exposure = observation.timeMs.map((ms) => ms / 1000)
        return this.#of('process', { scope: 'process', exposure, per: 'second' })
      }
      case 'all':
        return this.#of('shared', { scope: 'shared', exposure: allEnded(observation) })
    }
  }

  /** @param group - the group of places whose owner is not known */
  ofNobody(group: string, isRuntime: boolean): Payer {
    const key = `${isRuntime ? OPEN_RUNTIME : OPEN} ${group}`
    return this.#of(key, { scope: 'open', ...exposureOfAll(this.#evidence) })
  }

  #of(key: string, who: Pick<Payer, 'scope' | 'exposure'> & Partial<Payer>): Payer {
    let payer = this.#payers.get(key)
    if (!payer) {
      const places = { direct: [], traced: [], estimated: [] }
      payer = { key, route: null, mount: '', per: 'request', ...who, ...places }
      this.#payers.set(key, payer)
    }
    return payer
  }
}

/** Places with one key have one owner. */
function groupKey({ owner, origin, frames }: PlaceSeries): string {
  // Of a middleware by the function that allocated, else by what the event loop called.
  const frame = owner ? frames[0] : frames.at(-1)
  return `${owner?.index ?? ''} ${frame ? positionKey(frame) : origin}`
}

/**
 * Made by native code with no function above it: above all the strings of a request's URL and headers,
 * by the parser. Those are no site of a leak, but grow only where one keeps them: they are part of it.
 */
export function isOfNoFunction({ origin, frames }: PlaceSeries): boolean {
  return origin === 'runtime' && frames.length === 0
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
      [payer.traced, shared.traced],
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
  const windowsOf = (amounts: readonly number[]): number[] => amounts.slice(span.first, span.last)
  const requests = payers.map(({ exposure }) =>
    windowsOf(exposure.map((ended, at) => ended - (exposure[at - 1] ?? 0))),
  )
  const ofAll = (requests[0] ?? []).map((_, window) => sumOf(requests.map((of) => of[window]!)))
  const bornAt = new Map<string, number[][]>()
  const sampleBytes = new Map<string, number>()
  payers.forEach((payer, at) => {
    for (const place of withoutTables(allPlacesOf(payer), thresholds, span)) {
      const site = siteOf(place)
      const born = bornAt.get(site) ?? requests.map((of) => of.map(() => 0))
      windowsOf(place.bornBytes).forEach((bytes, window) => (born[at]![window]! += bytes))
      bornAt.set(site, born)
      const bornBytes = sumOf(place.bornBytes)
      const meanSample = sumOf(place.bornBytesSquared) / bornBytes
      if (bornBytes > 0) sampleBytes.set(site, Math.max(sampleBytes.get(site) ?? 0, meanSample))
    }
  })
  return [...bornAt].flatMap(([site, born]) => {
    // V8 inlines the function at some time or other, and from then on this site has what another had.
    const rates = ofAll.map((all, window) =>
      all > 0 ? sumOf(born.map((of) => of[window]!)) / all : 0,
    )
    if (rates.every((rate) => rate <= 0)) return []
    const oneSample = sampleBytes.get(site) ?? Number.POSITIVE_INFINITY
    // Routes with too few requests to show it at those rates say nothing either way.
    const ratios = born.flatMap((of, at) => {
      const due = sumOf(rates.map((rate, window) => rate * requests[at]![window]!))
      return due >= minSamples * oneSample ? [sumOf(of) / due] : []
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
