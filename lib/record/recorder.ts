/**
 * Follows each request from the hooks to a row in the ring, and adds the rows up at the drain.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { getHeapStatistics } from 'node:v8'
import { performance, setImmediate } from '../clock'
import type { LayerInfo, Trampoline } from '../hooks/listener'
import { RunningMedian } from '../stats/running-median'
import { Attached } from './attached'
import { Concurrency } from './concurrency'
import { forceFullGc, type GcLog } from './gc'
import { LayerLog } from './layer-log'
import type { MemoryReader } from './reading'
import { MAX_TIMED_LAYERS, RequestState } from './request-state'
import { OUTCOMES, RequestRing } from './ring'
import { RouteStats } from './route-stats'
import {
  type LabelMaker,
  knownMethod,
  type Layer,
  normalisePath,
  noteHandler,
  OPTIONS_ANSWER,
  type PathNode,
  pathOf,
  type Route,
  RouteTable,
  UNMATCHED,
} from './routes'

/** The layer that stands for the server's own listeners, before any layer of a framework. */
const BEFORE_LAYERS = '(server)'
/**
 * Requests whose layers are timed: the first few, then as many per second on average as this, of those
 * that come. V8's statistics at each layer take several us, what a request under load cannot pay.
 */
const TIMED_PER_SECOND = 50
const TIMED_AT_FIRST = 64
/** Until the first drain tells how many come: one in so many. And one in so many at least. */
const TIMED_ONE_IN = 16
const TIMED_ONE_IN_AT_LEAST = 1024
/** A ring this full is drained early, so that a burst is not lost between two intervals. */
const DRAIN_AT_SHARE = 0.75
/** A path longer than this is cut: a URL may have 16 KB, and a ring holds thousands. */
const MAX_PATH_CHARS = 1024
/** States kept for reuse: more than that many requests at once allocate. */
const MAX_POOLED = 4096

const FINISHED = OUTCOMES.indexOf('finished')
const ABORTED = OUTCOMES.indexOf('aborted')
const ERRORED = OUTCOMES.indexOf('errored')
/** Codes of a connection that the other side gave up. */
const CLIENT_GONE: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_HTTP2_STREAM_ERROR',
  'ERR_HTTP2_SESSION_ERROR',
])
/** NGHTTP2_NO_ERROR: an HTTP/2 stream that was not reset, by either side, before its end. */
const NO_ERROR = 0

export interface RecorderOptions {
  readonly ringSize: number
  readonly maxRoutes: number
  readonly gc: 'off' | 'request'
  readonly keepPaths: boolean
  readonly makeLabel: LabelMaker
  readonly reader: MemoryReader
  readonly gcLog: GcLog
  /** The ring is nearly full: drain soon. Called at most once per drain. */
  readonly onNearlyFull: () => void
  /** A request ended; it may be watched to see whether the app lets go of it. */
  readonly onEnded: ((request: object, route: Route) => void) | null
  /** A row was written, at that index of the ring. */
  readonly onRecorded: ((index: number) => void) | null
  /** Runs what no hook guards, so that its errors never reach the app. */
  readonly run: (work: () => void) => void
}

export class Recorder {
  readonly ring: RequestRing
  readonly routes: RouteTable
  readonly #options: RecorderOptions
  readonly #concurrency = new Concurrency()
  /** Responses that wait their turn, by pipelined connection. */
  readonly #queues = new Map<Socket, Set<ServerResponse>>()
  /** Requests that ended, and whose reading after a forced collection is yet to come. */
  readonly #unread = new Set<RequestState>()
  readonly #frameworkServers = new WeakSet<object>()
  readonly #pool: RequestState[] = []
  readonly #stats: RouteStats[] = []
  readonly #layersAlone = new LayerLog()
  #requests = 0
  #nearlyFullSaid = false
  #timedOneIn = TIMED_ONE_IN
  #untilTimed = 0
  #drawn = 1
  #drainedMs = performance.now()
  #requestsAtDrain = 0
  /** With forced collections: what the request's own objects weigh before its handler runs. */
  readonly #ownBytes = new RunningMedian()
  #lastForcedHeapBytes = Number.NaN
  #forcedPauseMs = 0
  /** The request asked for last: its layers follow each other, and most events are its own. */
  #latest = new RequestState()

  constructor(options: RecorderOptions) {
    this.#options = options
    this.ring = new RequestRing(options.ringSize, options.keepPaths)
    this.routes = new RouteTable(options.maxRoutes, options.makeLabel)
  }

  get inFlight(): number {
    return this.#concurrency.inFlight
  }

  /** Requests that arrived since the start. */
  get requests(): number {
    return this.#requests
  }

  /** Time spent in collections that `gc: 'request'` forced, since the start. */
  get forcedPauseMs(): number {
    return this.#forcedPauseMs
  }

  get footprintBytes(): number {
    let bytes = this.ring.footprintBytes + this.#layersAlone.footprintBytes
    for (const stats of this.#stats) {
      bytes += stats.durationUs.footprintBytes
      bytes += stats.cleanHeapDeltaBytes.footprintBytes + stats.cleanRssDeltaBytes.footprintBytes
    }
    return bytes
  }

  /** By route id; routes named since the last request of any are missing at the end. */
  get stats(): readonly RouteStats[] {
    return this.#stats
  }

  statsOf(route: Route): RouteStats {
    let stats = this.#stats[route.id]
    if (!stats) {
      stats = new RouteStats(route)
      // Filled in order, so that the array stays dense: routes get their ids one by one.
      for (let id = this.#stats.length; id < route.id; id++) {
        this.#stats[id] = new RouteStats(this.routes.routes[id]!)
      }
      this.#stats[route.id] = stats
    }
    return stats
  }

  start(server: object, req: IncomingMessage, res: ServerResponse): Trampoline | null {
    if (this.#stateOf(res) !== null) return null
    const state = this.#newState(req.method, req.url)
    this.#attach(res, state)
    if (res.socket === null) this.#queue(req.socket, res, state)
    return this.#arrive(state, server)
  }

  /** HTTP/2: the stream stands for the request, whichever API the app uses. */
  startStream(
    server: object,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
  ): Trampoline | null {
    if (this.#stateOf(stream) !== null) return null
    const state = this.#newState(headers[':method'], headers[':path'])
    this.#attach(stream, state)
    return this.#arrive(state, server)
  }

  /** The response object that frameworks know the request by. */
  answerStream(stream: object, res: object): void {
    const state = this.#stateOf(stream)
    if (!state) return
    state.streamResponse = res
    Attached.set(res, state)
  }

  #attach(to: object, state: RequestState): void {
    Attached.set(to, state)
    state.attachedTo = to
    this.#latest = state
  }

  /** The request in flight behind a response or a stream; null for any other object. */
  #stateOf(object: unknown): RequestState | null {
    if (this.#latest.isOf(object)) return this.#latest
    const state = Attached.get<RequestState>(object)
    // Of a request that ended; it may serve another one by now.
    if (state === null || !state.isOf(object)) return null
    this.#latest = state
    return state
  }

  #newState(method: string | undefined, url: string | undefined): RequestState {
    const state = this.#pool.pop() ?? new RequestState()
    state.method = knownMethod(method)
    state.url = url ?? ''
    this.#requests++
    state.timed = this.#requests <= TIMED_AT_FIRST || this.#untilTimed-- <= 0
    if (state.timed) this.#untilTimed = this.#drawGap()
    return state
  }

  /**
   * Requests to pass over until the next that is timed: evenly from 0 to twice what the rate asks for,
   * so that no rhythm of requests hides a route. Not by `Math.random`, whose sequence is the app's.
   */
  #drawGap(): number {
    // Source: Numerical Recipes, the quick 32-bit generator.
    this.#drawn = (Math.imul(this.#drawn, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.#drawn / 2 ** 32) * (2 * this.#timedOneIn - 1))
  }

  #paceTimed(): void {
    const nowMs = performance.now()
    const perSecond = (1000 * (this.#requests - this.#requestsAtDrain)) / (nowMs - this.#drainedMs)
    this.#drainedMs = nowMs
    this.#requestsAtDrain = this.#requests
    const oneIn = Math.ceil(perSecond / TIMED_PER_SECOND)
    // Not a number where the clock stood still.
    this.#timedOneIn = oneIn >= 1 ? Math.min(oneIn, TIMED_ONE_IN_AT_LEAST) : 1
  }

  #arrive(state: RequestState, server: object): Trampoline | null {
    state.server = server
    state.arrival = this.#concurrency.arrive()

    let trampoline: Trampoline | null = null
    if (this.#frameworkServers.has(server)) trampoline = this.#enterServer()
    else {
      state.route = this.routes.guessed(state.method, normalisePath(state.url))
      if (state.route) {
        this.#countIn(state, state.route)
        trampoline = state.route.label?.trampoline ?? null
      }
    }
    if (this.#options.gc === 'request') this.#readAlone(state)
    else {
      const alone = this.#concurrency.inFlight === 1
      this.#options.reader.readShared(state.before, performance.now(), alone)
    }
    state.startMs = performance.now()
    return trampoline
  }

  /** What runs before the framework's first layer belongs to all requests alike. */
  #enterServer(): Trampoline | null {
    const layer = this.routes.layerAt(this.routes.root, BEFORE_LAYERS)
    if (!layer) return null
    layer.entered++
    return layer.label?.trampoline ?? null
  }

  /** The reading before, after a full collection: without the request's own objects. */
  #readAlone(state: RequestState): void {
    this.#forcedPauseMs += forceFullGc()
    this.#options.reader.read(state.before)
    // Nothing ran since the last forced reading but the arrival of this request. Negative where more
    // of the request before was still referred to then: what is kept of it is measured all the same.
    const ownBytes = state.before.heapUsedBytes - this.#lastForcedHeapBytes
    if (this.#concurrency.inFlight === 1 && !Number.isNaN(ownBytes)) this.#ownBytes.add(ownBytes)
    this.#lastForcedHeapBytes = Number.NaN
    state.before.heapUsedBytes -= this.#ownBytes.value(0)
  }

  #markFramework(state: RequestState): void {
    state.framework = true
    // The guess made from the URL gives way to what the framework will say.
    state.route = null
    if (state.server) this.#frameworkServers.add(state.server)
  }

  enterLayer(res: object, layer: LayerInfo): Trampoline | null {
    const state = this.#stateOf(res)
    if (!state) return null
    if (!state.framework) this.#markFramework(state)
    if (state.timed) this.#closeTimed(state, layer)
    // The request stays where it failed: an error handler answers for all.
    if (layer.handlesErrors) return this.#runLayer(state.node ?? this.routes.root, layer)
    if (layer.kind === 'handler') {
      state.lastLayer = layer
      const { route } = state
      if (!route) return null
      if (layer.recorderSlot !== route) {
        layer.recorderSlot = route
        noteHandler(route, layer.handle)
      }
      return route.label?.trampoline ?? null
    }
    const node = state.enter(layer, this.routes)
    state.unmatched = false
    if (layer.kind === 'route') {
      state.route = this.routes.routeAt(node, state.method)
      this.#countIn(state, state.route)
      return state.route.label?.trampoline ?? null
    }
    state.lastLayer = layer
    return layer.isRouter ? null : this.#runLayer(node, layer)
  }

  #runLayer(node: PathNode, info: LayerInfo): Trampoline | null {
    // Nearly always mounted in one place.
    let layer = info.recorderSlot as Layer | null
    if (layer?.node !== node) {
      layer = this.routes.layerAt(node, info.name)
      if (!layer) return null
      info.recorderSlot = layer
      noteHandler(layer, info.handle)
    }
    layer.entered++
    return layer.label?.trampoline ?? null
  }

  /** Ends the stretch of the layer before, and begins that of `next`. Time and heap since belong to the last layer entered. */
  #closeTimed(state: RequestState, next: LayerInfo | null): void {
    const nowMs = performance.now()
    const heapBytes = getHeapStatistics().used_heap_size
    const last = state.timedCount - 1
    if (last >= 0) {
      state.timedMs[last]! += nowMs
      state.timedHeapBytes[last]! += heapBytes
    }
    if (!next || state.timedCount >= MAX_TIMED_LAYERS) {
      state.timed = next !== null && state.timedCount < MAX_TIMED_LAYERS
      return
    }
    state.timedLayers[state.timedCount] = next
    state.timedMs[state.timedCount] = -nowMs
    state.timedHeapBytes[state.timedCount] = -heapBytes
    state.timedCount++
  }

  markUnmatched(res: object): void {
    const state = this.#stateOf(res)
    if (state) state.unmatched = true
  }

  /** All of the response was handed to the system; its listeners run under the route's label. */
  finish(res: ServerResponse): Trampoline | null {
    const state = this.#stateOf(res)
    if (!state || state.finished) return null
    state.finished = true
    state.outcome = FINISHED
    state.status = statusOf(res)
    // With forced collections the reading waits until the request's objects can be collected.
    if (this.#options.gc === 'off') return this.#end(state, res.req).label?.trampoline ?? null
    state.endMs = performance.now()
    return state.route?.label?.trampoline ?? null
  }

  close(res: ServerResponse): void {
    const state = this.#stateOf(res)
    if (state) this.#closeOne(res, state)
    if (this.#queues.size > 0 && res.req) this.#endUnanswered(res.req.socket)
  }

  #closeOne(res: ServerResponse, state: RequestState): void {
    state.status = statusOf(res)
    if (!state.finished) state.outcome = outcomeOfClosed(res.errored)
    this.#endClosed(state, res.req)
  }

  /** An HTTP/2 response has no `finish` of its own that means it was sent: its end is the stream's. */
  closeStream(stream: ServerHttp2Stream): Trampoline | null {
    const state = this.#stateOf(stream)
    if (!state) return null
    const whole = stream.rstCode === NO_ERROR
    state.outcome = whole ? FINISHED : outcomeOfClosed(stream.errored)
    state.status = Number(stream.sentHeaders?.[':status'] ?? 0)
    // What an app has of a request is the stream, or refers to it.
    return this.#endClosed(state, stream).label?.trampoline ?? null
  }

  #endClosed(state: RequestState, request: object | undefined): Route {
    return this.#options.gc === 'request'
      ? this.#endAlone(state, request)
      : this.#end(state, request)
  }

  /**
   * A pipelined response that has no connection yet never hears that it closed, and its request,
   * once read, is destroyed without meaning anything. A listener on the connection would tell, and
   * could be counted; the response whose turn it is hears of the end too, and tells for all.
   */
  #queue(socket: Socket | undefined, res: ServerResponse, state: RequestState): void {
    if (typeof socket !== 'object' || socket === null) return
    const waiting = this.#queues.get(socket)
    if (waiting) waiting.add(res)
    else this.#queues.set(socket, new Set([res]))
    state.queuedOn = socket
  }

  #leaveQueue(socket: Socket, key: object): void {
    const waiting = this.#queues.get(socket)
    waiting?.delete(key as ServerResponse)
    if (waiting?.size === 0) this.#queues.delete(socket)
  }

  /** A connection that is gone, or takes no more, answers none of those that wait for it. */
  #endUnanswered(socket: Socket): void {
    const waiting = this.#queues.get(socket)
    if (!waiting || !(socket.destroyed || socket.writableEnded)) return
    for (const res of waiting) {
      const state = res.socket === null ? this.#stateOf(res) : null
      if (state) this.#closeOne(res, state)
    }
  }

  /** Takes the readings that are still to come. */
  detach(): void {
    for (const state of this.#unread) this.#recordAlone(state)
    this.#queues.clear()
  }

  /** An upgrade has no response object: it ends where its handler returned. */
  upgrade(req: IncomingMessage, startedMs: number): void {
    const state = this.#pool.pop() ?? new RequestState()
    state.method = knownMethod(req.method)
    state.url = req.url ?? ''
    state.arrival = this.#concurrency.arrive()
    state.timed = false
    this.#requests++
    this.#options.reader.read(state.before)
    Object.assign(state.after, state.before)
    state.startMs = startedMs
    state.endMs = performance.now()
    state.status = 101
    state.outcome = FINISHED
    state.route = this.routes.named(state.method, normalisePath(state.url))
    this.#countIn(state, state.route)
    this.#record(state)
  }

  #end(state: RequestState, request: object | undefined): Route {
    state.endMs = performance.now()
    const alone = this.#concurrency.peakSince(state.arrival) === 1
    this.#options.reader.readShared(state.after, state.endMs, alone)
    const route = this.#settle(state, request)
    this.#record(state)
    return route
  }

  #endAlone(state: RequestState, request: object | undefined): Route {
    if (!state.finished) state.endMs = performance.now()
    const route = this.#settle(state, request)
    this.#unread.add(state)
    // A turn later nothing of Node's refers to the request any more.
    setImmediate(() => {
      if (this.#unread.has(state)) this.#options.run(() => this.#recordAlone(state))
    })
    return route
  }

  #recordAlone(state: RequestState): void {
    this.#unread.delete(state)
    this.#forcedPauseMs += forceFullGc()
    this.#options.reader.read(state.after)
    this.#record(state)
    if (this.#concurrency.inFlight === 0) this.#lastForcedHeapBytes = state.after.heapUsedBytes
  }

  /** Lets go of the response, and names the route. */
  #settle(state: RequestState, request: object | undefined): Route {
    const key = state.attachedTo!
    state.attachedTo = null
    state.streamResponse = null
    if (state.queuedOn) this.#leaveQueue(state.queuedOn, key)
    const route = this.#nameRoute(state)
    state.route = route
    this.#countIn(state, route)
    if (state.timed && state.timedCount > 0) this.#closeTimed(state, null)
    if (request) this.#options.onEnded?.(request, route)
    return route
  }

  #record(state: RequestState): void {
    const route = state.route!
    state.concurrency = this.#concurrency.peakSince(state.arrival)
    this.#concurrency.leave()
    state.routeId = route.id
    if (this.ring.path) state.path = shortPath(state.url)
    const stats = this.statsOf(route)
    stats.inFlight--
    stats.countEnded(state.outcome === ABORTED, state.status)
    if (state.timedCount > 0) {
      stats.addLayerTimes(state)
      if (state.concurrency === 1) this.#layersAlone.push(state)
    }
    const at = this.ring.push(state)
    this.#options.onRecorded?.(at)
    state.reset()
    if (this.#pool.length < MAX_POOLED) this.#pool.push(state)
    if (!this.#nearlyFullSaid && this.ring.unread >= this.ring.capacity * DRAIN_AT_SHARE) {
      this.#nearlyFullSaid = true
      this.#options.onNearlyFull()
    }
  }

  #countIn(state: RequestState, route: Route): void {
    if (state.countedIn === route) return
    if (state.countedIn) this.statsOf(state.countedIn).inFlight--
    state.countedIn = route
    this.statsOf(route).inFlight++
  }

  /**
   * The route in the app's own words: the matched pattern; else where the middleware that answered
   * was mounted, or its name; else the normalised path of the URL.
   */
  #nameRoute(state: RequestState): Route {
    const { method } = state
    if (state.unmatched) return this.routes.named(method, UNMATCHED)
    if (!state.framework) {
      // A router alone answers for the routes it has, and enters no layer for it.
      if (method === 'OPTIONS' && state.server && this.#frameworkServers.has(state.server)) {
        return this.routes.named(method, state.status === 404 ? UNMATCHED : OPTIONS_ANSWER)
      }
      // Without a framework, a path is a route once it was answered by anything but 404.
      const known = state.route && (this.#stats[state.route.id]?.endedTotal ?? 0) > 0
      if (state.status === 404 && !known) return this.routes.named(method, UNMATCHED)
      return state.route ?? this.routes.named(method, normalisePath(state.url))
    }
    if (state.route) return state.route
    if (state.status === 404) return this.routes.named(method, UNMATCHED)
    const pattern = state.node?.pattern
    if (pattern) return this.routes.named(method, pattern)
    // Express answers for the routes it has when none of them handles OPTIONS.
    if (method === 'OPTIONS') return this.routes.named(method, OPTIONS_ANSWER)
    return this.routes.named(method, state.lastLayer ? `(${state.lastLayer.name})` : UNMATCHED)
  }

  /** Adds the unread rows up. `visit` sees each row, its `gcs` filled in. */
  drain(visit: (index: number) => void): void {
    const { ring } = this
    const { gcLog } = this.#options
    this.#nearlyFullSaid = false
    this.#paceTimed()
    // Where the app answered on the connection itself, no response told of its end.
    for (const socket of this.#queues.keys()) this.#endUnanswered(socket)
    this.#layersAlone.drain(
      (startMs, endMs) => gcLog.countBetween(startMs, endMs) === 0,
      (routeId, name, heapBytes) => this.#stats[routeId]!.addLayerHeap(name, heapBytes),
    )
    ring.drain((at) => {
      const gcs = gcLog.countBetween(ring.startMs[at]!, ring.endMs[at]!)
      ring.gcs[at] = gcs
      const stats = this.#stats[ring.routeId[at]!]!
      stats.durationUs.add((ring.endMs[at]! - ring.startMs[at]!) * 1000)
      if (ring.concurrency[at] === 1 && gcs === 0) {
        stats.cleanHeapDeltaBytes.add(ring.heapUsedAfterBytes[at]! - ring.heapUsedBeforeBytes[at]!)
        stats.cleanRssDeltaBytes.add(ring.rssAfterBytes[at]! - ring.rssBeforeBytes[at]!)
      }
      visit(at)
    })
  }
}

/** Of the response to an HTTP/1 request. */
function statusOf(res: ServerResponse): number {
  return res.headersSent ? res.statusCode : 0
}

/** @param errored - why the response, or its stream, was destroyed */
function outcomeOfClosed(errored: (Error & { code?: unknown }) | null | undefined): number {
  return errored && !CLIENT_GONE.has(errored.code) ? ERRORED : ABORTED
}

function shortPath(url: string): string {
  const path = pathOf(url)
  if (url.length <= MAX_PATH_CHARS) return path
  const cut = path.length > MAX_PATH_CHARS ? `${path.slice(0, MAX_PATH_CHARS - 1)}…` : path
  // A copy: a part of a string keeps the whole of it in memory.
  return Buffer.from(cut).toString()
}
