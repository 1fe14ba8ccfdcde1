/**
 * What a route's requests add up to, per interval and since the start.
 */
import { Distribution } from '../stats/distribution'
import type { RequestState } from './request-state'
import type { RequestRing } from './ring'
import type { Route, RouteTable } from './routes'

/** Layers told apart per route; a name is a function of the app's, so there are few. */
const MAX_LAYERS_PER_ROUTE = 64

export interface LayerSum {
  requests: number
  ms: number
  cleanRequests: number
  heapBytes: number
}

export class RouteStats {
  readonly route: Route
  requests = 0
  errors = 0
  aborted = 0
  inFlight = 0
  /** Finished, errored and aborted since the start. */
  endedTotal = 0
  requestsTotal = 0
  errorsTotal = 0
  abortedTotal = 0
  /** In us: a Distribution is exact below 64 of its unit. */
  readonly durationUs: Distribution = new Distribution()
  readonly cleanHeapDeltaBytes: Distribution = new Distribution()
  readonly cleanRssDeltaBytes: Distribution = new Distribution()
  readonly layers: Map<string, LayerSum> = new Map()

  constructor(route: Route) {
    this.route = route
  }

  /** In the interval; a request that is still running is one. */
  get hadRequests(): boolean {
    return this.requests > 0 || this.aborted > 0 || this.inFlight > 0
  }

  countEnded(aborted: boolean, status: number): void {
    this.endedTotal++
    if (aborted) {
      this.aborted++
      this.abortedTotal++
      return
    }
    this.requests++
    this.requestsTotal++
    if (status >= 500) {
      this.errors++
      this.errorsTotal++
    }
  }

  /** Of a request that ran alone and without a GC the deltas are its own. */
  addRow(ring: RequestRing, at: number): void {
    this.durationUs.add((ring.endMs[at]! - ring.startMs[at]!) * 1000)
    if (ring.concurrency[at] !== 1 || ring.gcs[at] !== 0) return
    this.cleanHeapDeltaBytes.add(ring.heapUsedAfterBytes[at]! - ring.heapUsedBeforeBytes[at]!)
    this.cleanRssDeltaBytes.add(ring.rssAfterBytes[at]! - ring.rssBeforeBytes[at]!)
  }

  addLayerTimes(state: RequestState): void {
    for (let at = 0; at < state.timedCount; at++) {
      const sum = this.#layer(state.timedLayers[at]!.name)
      if (!sum) continue
      sum.requests++
      sum.ms += state.timedMs[at]!
    }
  }

  /** Of one request, as clean as in `addRow`. */
  addLayerHeap(name: string, heapBytes: number): void {
    const sum = this.#layer(name)
    if (!sum) return
    sum.cleanRequests++
    sum.heapBytes += heapBytes
  }

  #layer(name: string): LayerSum | null {
    let sum = this.layers.get(name)
    if (!sum) {
      if (this.layers.size >= MAX_LAYERS_PER_ROUTE) return null
      sum = { requests: 0, ms: 0, cleanRequests: 0, heapBytes: 0 }
      this.layers.set(name, sum)
    }
    return sum
  }

  /** Takes over what was counted of a route that became part of this one. */
  takeOver(of: RouteStats): void {
    this.requests += of.requests
    this.errors += of.errors
    this.aborted += of.aborted
    this.inFlight += of.inFlight
    this.endedTotal += of.endedTotal
    this.requestsTotal += of.requestsTotal
    this.errorsTotal += of.errorsTotal
    this.abortedTotal += of.abortedTotal
    this.durationUs.takeOver(of.durationUs)
    this.cleanHeapDeltaBytes.takeOver(of.cleanHeapDeltaBytes)
    this.cleanRssDeltaBytes.takeOver(of.cleanRssDeltaBytes)
    for (const [name, { requests, ms, cleanRequests, heapBytes }] of of.layers) {
      const sum = this.#layer(name)
      if (!sum) continue
      sum.requests += requests
      sum.ms += ms
      sum.cleanRequests += cleanRequests
      sum.heapBytes += heapBytes
    }
  }

  /** Forgets the interval, keeps the totals. */
  nextInterval(): void {
    this.requests = 0
    this.errors = 0
    this.aborted = 0
    this.durationUs.clear()
    this.cleanHeapDeltaBytes.clear()
    this.cleanRssDeltaBytes.clear()
    this.layers.clear()
  }
}

/**
 * By route id; routes named since the last request of any are missing at the end. A route that became part
 * of another has that one's in its place: rows and requests on their way still have its id.
 */
export class RouteStatsTable {
  readonly #routes: RouteTable
  readonly #all: RouteStats[] = []

  constructor(routes: RouteTable) {
    this.#routes = routes
  }

  get all(): readonly RouteStats[] {
    return this.#all
  }

  of(route: Route): RouteStats {
    // Filled in order, so that the array stays dense: routes get their ids one by one.
    for (let id = this.#all.length; id <= route.id; id++) {
      this.#all[id] = new RouteStats(this.#routes.routes[id]!)
    }
    return this.#all[route.id]!
  }

  /** A route became part of another. */
  merge(route: Route, into: Route): void {
    const merged = this.of(route)
    const taking = this.of(into)
    taking.takeOver(merged)
    for (const [id, one] of this.#all.entries()) if (one === merged) this.#all[id] = taking
  }

  /** A request in flight is counted in one route at a time. */
  countIn(state: RequestState, route: Route): void {
    if (state.countedIn === route) return
    if (state.countedIn) this.of(state.countedIn).inFlight--
    state.countedIn = route
    this.of(route).inFlight++
  }

  get footprintBytes(): number {
    let bytes = 0
    for (const { durationUs, cleanHeapDeltaBytes, cleanRssDeltaBytes } of new Set(this.#all)) {
      bytes += durationUs.footprintBytes
      bytes += cleanHeapDeltaBytes.footprintBytes + cleanRssDeltaBytes.footprintBytes
    }
    return bytes
  }
}
