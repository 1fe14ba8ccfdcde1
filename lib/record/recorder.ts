/**
 * Follows each request from the hooks to a row in the ring, and adds the rows up at the drain.
 *
 *     start -> enterLayer ... -> finish -> close        by the hooks, on the request's way
 *       |          |               |
 *     before    its place        after, route -> ring -> drain -> statistics of its route
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { performance } from '../clock'
import type { LayerInfo, Trampoline } from '../hooks/listener'
import { Concurrency } from './concurrency'
import { ForcedReadings } from './forced-readings'
import type { GcLog } from './gc'
import { LayerTiming } from './layer-timing'
import { LayerTracking } from './layer-tracking'
import {
  ABORTED,
  FINISHED,
  outcomeOfClosed,
  outcomeOfStream,
  statusOf,
  statusOfStream,
} from './outcome'
import { shortPath } from './paths'
import { PipelinedResponses } from './pipelined'
import type { MemoryReader } from './reading'
import type { RequestState } from './request-state'
import { RequestStates } from './request-states'
import { RequestMarks } from './request-marks'
import { RequestRing } from './ring'
import { RouteNaming } from './route-naming'
import { type RouteStats, RouteStatsTable } from './route-stats'
import { type LabelMaker, type Route, RouteTable } from './routes'
import { Units } from './units'

/** A ring this full is drained early, so that a burst is not lost between two intervals. */
const DRAIN_AT_SHARE = 0.75

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
  readonly marks: RequestMarks = new RequestMarks()
  readonly units: Units
  readonly #options: RecorderOptions
  readonly #concurrency = new Concurrency()
  readonly #states = new RequestStates()
  readonly #naming: RouteNaming
  readonly #layerTracking: LayerTracking
  readonly #stats: RouteStatsTable
  readonly #layerTiming = new LayerTiming()
  readonly #pipelined: PipelinedResponses
  /** Null but for `MEMPROF_GC=request`. */
  readonly #forced: ForcedReadings | null
  #requests = 0
  #nearlyFullSaid = false

  constructor(options: RecorderOptions) {
    const { reader, run } = options
    this.#options = options
    this.ring = new RequestRing(options.ringSize, options.keepPaths)
    this.routes = new RouteTable(options.maxRoutes, options.makeLabel)
    this.#stats = new RouteStatsTable(this.routes)
    this.units = new Units(this.routes, this.#stats, this.marks)
    this.#naming = new RouteNaming(this.routes, this.#stats)
    this.#layerTracking = new LayerTracking(this.routes, this.#stats, this.#naming)
    this.#pipelined = new PipelinedResponses((res) => this.#closeOne(res))
    const record = (state: RequestState): void => this.#record(state)
    this.#forced =
      options.gc === 'request'
        ? new ForcedReadings({ reader, concurrency: this.#concurrency, record, run })
        : null
  }

  get inFlight(): number {
    return this.#concurrency.inFlight
  }

  /** Requests that arrived since the start. */
  get requests(): number {
    return this.#requests
  }

  /** Time spent in GCs that `gc: 'request'` forced, since the start. */
  get forcedPauseMs(): number {
    return this.#forced?.pauseMs ?? 0
  }

  get footprintBytes(): number {
    return this.ring.footprintBytes + this.#layerTiming.footprintBytes + this.#stats.footprintBytes
  }

  /** As in a RouteStatsTable: by route id, several of which may be one route's. */
  get stats(): readonly RouteStats[] {
    return this.#stats.all
  }

  start(server: object, req: IncomingMessage, res: ServerResponse): Trampoline | null {
    if (this.#states.of(res) !== null) return null
    const state = this.#newState(req.method, req.url)
    this.#states.attach(state, res)
    state.queuedOn = this.#pipelined.add(res, req.socket)
    return this.#arrive(state, server)
  }

  /** HTTP/2: the stream stands for the request, whichever API the app uses. */
  startStream(
    server: object,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
  ): Trampoline | null {
    if (this.#states.of(stream) !== null) return null
    const state = this.#newState(headers[':method'], headers[':path'])
    this.#states.attach(state, stream)
    return this.#arrive(state, server)
  }

  /** The response object that frameworks know the request by. */
  answerStream(stream: object, res: object): void {
    const state = this.#states.of(stream)
    if (state) this.#states.attachBeside(state, res)
  }

  #newState(method: string | undefined, url: string | undefined): RequestState {
    const state = this.#states.take()
    state.ask(method, url)
    state.timed = this.#layerTiming.draw(++this.#requests)
    return state
  }

  #arrive(state: RequestState, server: object): Trampoline | null {
    state.server = server
    if (this.marks.isOn) state.mark = this.marks.arrive(state.attachedTo!)
    state.arrival = this.#concurrency.arrive()

    let trampoline: Trampoline | null = null
    if (this.#naming.hasFramework(server)) trampoline = this.#layerTracking.enterServer()
    else {
      state.route = this.#naming.guess(state)
      if (state.route) {
        this.#stats.countIn(state, state.route)
        trampoline = state.route.label?.trampoline ?? null
      }
    }
    if (this.#forced) this.#forced.readBefore(state)
    else {
      const alone = this.#concurrency.inFlight === 1
      this.#options.reader.readShared(state.before, performance.now(), alone)
    }
    state.startMs = performance.now()
    return trampoline
  }

  enterLayer(res: object, layer: LayerInfo): Trampoline | null {
    const state = this.#states.of(res)
    if (!state) return null
    if (!state.framework) this.#naming.leaveToFramework(state)
    if (state.timed) this.#layerTiming.enter(state, layer)
    return this.#layerTracking.enter(state, layer)
  }

  markUnmatched(res: object): void {
    const state = this.#states.of(res)
    if (state) state.unmatched = true
  }

  /** All of the response was handed to the system; its listeners run under the route's label. */
  finish(res: ServerResponse): Trampoline | null {
    const state = this.#states.of(res)
    if (!state || state.finished) return null
    state.finished = true
    state.outcome = FINISHED
    state.status = statusOf(res)
    state.endMs = performance.now()
    // A forced reading waits until nothing refers to the request's objects: it ends as it closes.
    const route = this.#forced ? state.route : this.#end(state, res.req)
    return route?.label?.trampoline ?? null
  }

  close(res: ServerResponse): void {
    this.#closeOne(res)
    if (res.req) this.#pipelined.endUnanswered(res.req.socket)
  }

  #closeOne(res: ServerResponse): void {
    const state = this.#states.of(res)
    if (!state) return
    state.status = statusOf(res)
    if (!state.finished) {
      state.outcome = outcomeOfClosed(res)
      state.endMs = performance.now()
    }
    this.#end(state, res.req)
  }

  closeStream(stream: ServerHttp2Stream): Trampoline | null {
    const state = this.#states.of(stream)
    if (!state) return null
    state.outcome = outcomeOfStream(stream)
    state.status = statusOfStream(stream)
    state.endMs = performance.now()
    // What an app has of a request is the stream, or refers to it.
    return this.#end(state, stream).label?.trampoline ?? null
  }

  /** An upgrade has no response object: it ends where its handler returned. */
  upgrade(req: IncomingMessage, startedMs: number): void {
    const state = this.#states.take()
    state.ask(req.method, req.url)
    state.arrival = this.#concurrency.arrive()
    state.timed = false
    this.#requests++
    this.#options.reader.read(state.before)
    Object.assign(state.after, state.before)
    state.startMs = startedMs
    state.endMs = performance.now()
    state.status = 101
    state.outcome = FINISHED
    state.route = this.#naming.answered(state)
    this.#stats.countIn(state, state.route)
    this.#record(state)
  }

  #end(state: RequestState, request: object | undefined): Route {
    if (!this.#forced) {
      const alone = this.#concurrency.peakSince(state.arrival) === 1
      this.#options.reader.readShared(state.after, state.endMs, alone)
    }
    const route = this.#settle(state, request)
    if (this.#forced) this.#forced.readAfter(state)
    else this.#record(state)
    return route
  }

  /** Lets go of the response, and names the route. */
  #settle(state: RequestState, request: object | undefined): Route {
    const key = state.attachedTo!
    state.attachedTo = null
    state.streamResponse = null
    if (state.queuedOn) this.#pipelined.delete(key, state.queuedOn)
    const route = this.#naming.name(state)
    state.route = route
    this.#stats.countIn(state, route)
    if (state.timed && state.timedCount > 0) this.#layerTiming.enter(state, null)
    if (request) this.#options.onEnded?.(request, route)
    return route
  }

  #record(state: RequestState): void {
    const route = state.route!
    state.concurrency = this.#concurrency.peakSince(state.arrival)
    this.#concurrency.leave()
    state.routeId = route.id
    state.endMark()
    if (this.ring.path) state.path = shortPath(state.url)
    const stats = this.#stats.of(route)
    stats.inFlight--
    stats.countEnded(state.outcome === ABORTED, state.status)
    if (state.timedCount > 0) this.#layerTiming.record(state, stats)
    const at = this.ring.push(state)
    this.#options.onRecorded?.(at)
    this.#states.giveBack(state)
    if (!this.#nearlyFullSaid && this.ring.unread >= this.ring.capacity * DRAIN_AT_SHARE) {
      this.#nearlyFullSaid = true
      this.#options.onNearlyFull()
    }
  }

  /** Takes the readings that are still to come. */
  detach(): void {
    this.#forced?.readAll()
    this.#pipelined.clear()
  }

  /** Adds the unread rows up. `visit` sees each row, its `gcs` filled in. */
  drain(visit: (index: number) => void): void {
    const { ring } = this
    const { gcLog } = this.#options
    const stats = this.#stats.all
    this.#nearlyFullSaid = false
    this.#layerTiming.pace(this.#requests)
    this.#pipelined.endAllUnanswered()
    this.#layerTiming.drain(gcLog, stats)
    ring.drain((at) => {
      ring.gcs[at] = gcLog.countBetween(ring.startMs[at]!, ring.endMs[at]!)
      stats[ring.routeId[at]!]!.addRow(ring, at)
      visit(at)
    })
  }
}
