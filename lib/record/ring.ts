/**
 * The last `capacity` finished requests, one typed array per column; oldest overwritten first.
 *
 * Row r stands at index r % capacity. With capacity 4, once 10 rows were written and 7 of them read:
 *
 *     index        0      1      2      3
 *     row          8      9      6      7
 *                unread unread  read  unread
 *                               |      '-- `drain` goes on here: row `read`, 7, then 8 and 9
 *                               '-- `push` writes row `written`, 10, over row 6
 *
 * Rows 0 to 5 are gone. `push` allocates nothing. A row overwritten before it was read counts as dropped.
 */
import type { Reading } from './reading'

/** What is known of a request when it ends. */
export interface FinishedRequest {
  routeId: number
  status: number
  outcome: number
  startMs: number
  endMs: number
  concurrency: number
  before: Reading
  after: Reading
  /** As known methods go: a route shared by many has none of its own. */
  method: string
  /** Path without query; kept, like the method, only where lines per request are asked for. */
  path: string
}

export class RequestRing {
  readonly capacity: number
  readonly routeId: Uint16Array
  readonly status: Uint16Array
  readonly outcome: Uint8Array // index into OUTCOMES
  readonly concurrency: Uint32Array
  readonly startMs: Float64Array // performance.now()
  readonly endMs: Float64Array
  readonly rssBeforeBytes: Float64Array
  readonly rssAfterBytes: Float64Array
  readonly vsizeBeforeBytes: Float64Array
  readonly vsizeAfterBytes: Float64Array
  readonly heapUsedBeforeBytes: Float64Array
  readonly heapUsedAfterBytes: Float64Array
  readonly heapTotalBeforeBytes: Float64Array
  readonly heapTotalAfterBytes: Float64Array
  readonly externalBeforeBytes: Float64Array
  readonly externalAfterBytes: Float64Array
  readonly gcs: Uint16Array // written at the drain, when the GCs are known
  readonly method: string[] | null
  readonly path: string[] | null
  #written = 0 // rows ever written, exact up to 2^53
  #read = 0 // rows drained, or lost
  #dropped = 0

  constructor(capacity: number, keepPaths: boolean) {
    const column = (): Float64Array => new Float64Array(capacity)
    this.capacity = capacity
    this.routeId = new Uint16Array(capacity)
    this.status = new Uint16Array(capacity)
    this.outcome = new Uint8Array(capacity)
    this.concurrency = new Uint32Array(capacity)
    this.gcs = new Uint16Array(capacity)
    this.startMs = column()
    this.endMs = column()
    this.rssBeforeBytes = column()
    this.rssAfterBytes = column()
    this.vsizeBeforeBytes = column()
    this.vsizeAfterBytes = column()
    this.heapUsedBeforeBytes = column()
    this.heapUsedAfterBytes = column()
    this.heapTotalBeforeBytes = column()
    this.heapTotalAfterBytes = column()
    this.externalBeforeBytes = column()
    this.externalAfterBytes = column()
    const texts = (): string[] => Array.from({ length: capacity }, () => '')
    this.method = keepPaths ? texts() : null
    this.path = keepPaths ? texts() : null
  }

  get dropped(): number {
    return this.#dropped
  }

  /** Rows written and not yet drained. */
  get unread(): number {
    return this.#written - this.#read
  }

  /** Bytes of the columns themselves. */
  get footprintBytes(): number {
    return this.capacity * (12 * 8 + 4 + 2 + 2 + 2 + 1)
  }

  /** @returns the row's index in the columns */
  push(request: FinishedRequest): number {
    const at = this.#written % this.capacity
    if (this.#written - this.#read === this.capacity) {
      this.#read++
      this.#dropped++
    }
    this.#written++
    const { before, after } = request
    this.routeId[at] = request.routeId
    this.status[at] = request.status
    this.outcome[at] = request.outcome
    this.concurrency[at] = request.concurrency
    this.startMs[at] = request.startMs
    this.endMs[at] = request.endMs
    this.rssBeforeBytes[at] = before.rssBytes
    this.rssAfterBytes[at] = after.rssBytes
    this.vsizeBeforeBytes[at] = before.vsizeBytes
    this.vsizeAfterBytes[at] = after.vsizeBytes
    this.heapUsedBeforeBytes[at] = before.heapUsedBytes
    this.heapUsedAfterBytes[at] = after.heapUsedBytes
    this.heapTotalBeforeBytes[at] = before.heapTotalBytes
    this.heapTotalAfterBytes[at] = after.heapTotalBytes
    this.externalBeforeBytes[at] = before.externalBytes
    this.externalAfterBytes[at] = after.externalBytes
    if (this.method) this.method[at] = request.method
    if (this.path) this.path[at] = request.path
    return at
  }

  /** Calls `visit(index)` for each row not yet read, oldest first, and marks them read. */
  drain(visit: (index: number) => void): void {
    for (; this.#read < this.#written; this.#read++) visit(this.#read % this.capacity)
  }

  /** Calls `visit(index)` for every row that has been read and is still there, oldest first. */
  forEachRead(visit: (index: number) => void): void {
    const oldest = Math.max(0, this.#written - this.capacity)
    for (let row = oldest; row < this.#read; row++) visit(row % this.capacity)
  }
}
