/**
 * Which layer of a request took how long, and what it did to the heap, for a sample of the requests.
 *
 *     enter auth      enter load        enter show           end
 *        |--- auth ---|----- load ------|------- show -------|
 *
 * Time and heap since belong to the last layer entered. V8's statistics at each layer take several us,
 * what a request under load cannot pay: hence the sample.
 */
import { getHeapStatistics } from 'node:v8'
import { performance } from '../clock'
import type { LayerInfo } from '../hooks/listener'
import type { GcLog } from './gc'
import { LayerLog } from './layer-log'
import { MAX_TIMED_LAYERS, type RequestState } from './request-state'
import type { RouteStats } from './route-stats'

/** Requests timed per second, on average, of those that come; and before that, the first few. */
const TIMED_PER_SECOND = 50
const TIMED_AT_FIRST = 64
/** Until the first drain tells how many come: one in so many. And one in so many at least. */
const TIMED_ONE_IN = 16
const TIMED_ONE_IN_AT_LEAST = 1024

export class LayerTiming {
  readonly #alone = new LayerLog()
  #oneIn = TIMED_ONE_IN
  #untilTimed = 0
  #drawn = 1
  #pacedMs: number = performance.now()
  #requestsWhenPaced = 0

  get footprintBytes(): number {
    return this.#alone.footprintBytes
  }

  /** @returns whether the request that arrived is timed; `requests` came, itself included */
  draw(requests: number): boolean {
    const isTimed = requests <= TIMED_AT_FIRST || this.#untilTimed-- <= 0
    if (isTimed) this.#untilTimed = this.#drawGap()
    return isTimed
  }

  /**
   * Requests to pass over until the next that is timed: evenly from 0 to twice what the rate asks for,
   * so that no rhythm of requests hides a route. Not by `Math.random`, whose sequence is the app's.
   */
  #drawGap(): number {
    // Source: Numerical Recipes, the quick 32-bit generator.
    this.#drawn = (Math.imul(this.#drawn, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.#drawn / 2 ** 32) * (2 * this.#oneIn - 1))
  }

  /** Chooses how many are timed by how many `requests` came since the last call. */
  pace(requests: number): void {
    const nowMs = performance.now()
    const perSecond = (1000 * (requests - this.#requestsWhenPaced)) / (nowMs - this.#pacedMs)
    this.#pacedMs = nowMs
    this.#requestsWhenPaced = requests
    const oneIn = Math.ceil(perSecond / TIMED_PER_SECOND)
    // Not a number where the clock stood still.
    this.#oneIn = oneIn >= 1 ? Math.min(oneIn, TIMED_ONE_IN_AT_LEAST) : 1
  }

  /** Ends the stretch of the layer before, and begins that of `next`; null at the request's end. */
  enter(state: RequestState, next: LayerInfo | null): void {
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

  /** Adds a request's layers to its route; what they did to the heap waits until the GCs are known. */
  record(state: RequestState, stats: RouteStats): void {
    stats.addLayerTimes(state)
    if (state.concurrency === 1) this.#alone.push(state)
  }

  drain(gcLog: GcLog, stats: readonly RouteStats[]): void {
    this.#alone.drain(
      (startMs, endMs) => gcLog.countBetween(startMs, endMs) === 0,
      (routeId, name, heapBytes) => stats[routeId]!.addLayerHeap(name, heapBytes),
    )
  }
}
