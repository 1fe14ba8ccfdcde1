/**
 * What is kept of a request while it is in flight. Pooled: a request allocates none of this.
 */
import type { Socket } from 'node:net'
import type { LayerInfo } from '../hooks/listener'
import { ABORTED } from './outcome'
import type { Mark } from './request-marks'
import { emptyReading, type Reading } from './reading'
import type { FinishedRequest } from './ring'
import { knownMethod, type PathNode, type Route, type RouteTable } from './routes'

/** Layers timed in one request, at most; what follows counts for the last. */
export const MAX_TIMED_LAYERS = 64
/** Routers within routers, at most. */
const MAX_ROUTER_DEPTH = 32

export class RequestState implements FinishedRequest {
  routeId = 0
  status = 0
  outcome = 0
  startMs = 0
  endMs = 0
  concurrency = 0
  path = ''
  readonly before: Reading = emptyReading()
  readonly after: Reading = emptyReading()

  method = ''
  url = ''
  arrival = 0
  server: object | null = null
  /** The pipelined connection whose turn it waits, or waited, for. */
  queuedOn: Socket | null = null
  /** The response, or the HTTP/2 stream, that leads to this. */
  attachedTo: object | null = null
  /** HTTP/2: the response object over the stream, if the app was handed one. */
  streamResponse: object | null = null
  /** The route whose `inFlight` this request is counted in. */
  countedIn: Route | null = null
  finished = false
  /** While somebody traces. */
  mark: Mark | null = null

  // Where in the app it is.
  route: Route | null = null
  framework = false
  unmatched = false
  lastLayer: LayerInfo | null = null
  node: PathNode | null = null
  readonly #owners: Array<object | null> = []
  readonly #prefixes: PathNode[] = []
  #depth = 0

  // Which layer took how long, for one request in some.
  timed = false
  timedCount = 0
  readonly timedLayers: LayerInfo[] = []
  readonly timedMs: Float64Array = new Float64Array(MAX_TIMED_LAYERS)
  readonly timedHeapBytes: Float64Array = new Float64Array(MAX_TIMED_LAYERS)

  isOf(object: unknown): boolean {
    return object !== null && (this.attachedTo === object || this.streamResponse === object)
  }

  reset(): void {
    this.server = null
    this.queuedOn = null
    this.countedIn = null
    this.finished = false
    this.route = null
    this.framework = false
    this.unmatched = false
    this.lastLayer = null
    this.node = null
    this.#depth = 0
    this.timedCount = 0
    this.path = ''
    this.url = ''
  }

  /** What it asks for. */
  ask(method: string | undefined, url: string | undefined): void {
    this.method = knownMethod(method)
    this.url = url ?? ''
  }

  /** Whoever traces knows by its mark how it ended. */
  endMark(): void {
    if (!this.mark) return
    const { routeId, endMs, status } = this
    const outcome = this.outcome === ABORTED ? 'aborted' : status >= 500 ? 'failed' : null
    Object.assign(this.mark, { routeId, endedMs: endMs, outcome })
    this.mark = null
  }

  /**
   * Moves to a layer of a router: leaves the routers entered since, or enters its router below the
   * layer it is in now.
   */
  enter(layer: LayerInfo, routes: RouteTable): PathNode {
    if (layer.isWholePath) {
      this.#depth = 0
      this.node = routes.root
    }
    // The arrays keep their length: emptied ones would be allocated anew by each request.
    let at = this.#depth - 1
    while (at >= 0 && this.#owners[at] !== layer.owner) at--
    if (at < 0) {
      at = Math.min(this.#depth, MAX_ROUTER_DEPTH - 1)
      this.#prefixes[at] = this.node ?? routes.root
      this.#owners[at] = layer.owner
    }
    this.#depth = at + 1
    this.node = routes.child(this.#prefixes[at]!, layer.pattern)
    return this.node
  }
}
