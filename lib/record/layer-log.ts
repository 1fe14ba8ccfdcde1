/**
 * What the layers of a request that ran alone did to the heap, until the drain tells whether a GC ran
 * in it.
 *
 * In columns made once, as the ring's are: objects kept per request would be read as memory that the
 * app keeps, by `MEMPROF_GC=request` to the byte.
 */
import type { RequestState } from './request-state'

/** Requests kept until the drain, at most; it is a sample of them anyway. */
const MAX_REQUESTS = 1024
/** Layers of these requests, at most. */
const MAX_LAYERS = 4096

export class LayerLog {
  readonly #routeId = new Uint16Array(MAX_REQUESTS)
  readonly #startMs = new Float64Array(MAX_REQUESTS)
  readonly #endMs = new Float64Array(MAX_REQUESTS)
  /** One past the last layer of the request. */
  readonly #layersEnd = new Uint16Array(MAX_REQUESTS)
  readonly #heapBytes = new Float64Array(MAX_LAYERS)
  readonly #name: string[] = Array.from({ length: MAX_LAYERS }, () => '')
  #requests = 0
  #layers = 0

  /** Bytes of the columns. */
  get footprintBytes(): number {
    return MAX_REQUESTS * (2 + 8 + 8 + 2) + MAX_LAYERS * (8 + 8)
  }

  /** A request that finds no room is left out, whole. Allocates nothing. */
  push(state: RequestState): void {
    const { timedCount, timedLayers, timedHeapBytes } = state
    if (this.#requests === MAX_REQUESTS || this.#layers + timedCount > MAX_LAYERS) return
    for (let at = 0; at < timedCount; at++) {
      this.#name[this.#layers] = timedLayers[at]!.name
      this.#heapBytes[this.#layers++] = timedHeapBytes[at]!
    }
    this.#routeId[this.#requests] = state.routeId
    this.#startMs[this.#requests] = state.startMs
    this.#endMs[this.#requests] = state.endMs
    this.#layersEnd[this.#requests++] = this.#layers
  }

  /** Calls `visit` for each layer of the requests that `isClean` says no GC ran in; empties. */
  drain(
    isClean: (startMs: number, endMs: number) => boolean,
    visit: (routeId: number, name: string, heapBytes: number) => void,
  ): void {
    let layer = 0
    for (let request = 0; request < this.#requests; request++) {
      const end = this.#layersEnd[request]!
      if (isClean(this.#startMs[request]!, this.#endMs[request]!)) {
        const routeId = this.#routeId[request]!
        for (; layer < end; layer++) visit(routeId, this.#name[layer]!, this.#heapBytes[layer]!)
      }
      layer = end
    }
    this.#requests = 0
    this.#layers = 0
  }
}
