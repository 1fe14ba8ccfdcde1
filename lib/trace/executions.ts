/** For which requests some functions run: a logpoint in each, for a bounded number of hits. */
import { isProxy, realm } from '../inspector/intrinsics'
import { HIT_MS, type Logpoints, MAX_SETTING_MS, type ReceiverOf } from '../inspector/logpoints'
import { type FunctionPosition, positionKey } from '../inspector/stack-frame'
import type { RequestMarks } from '../record/request-marks'
import { Tally } from './tally'

/** Looked at in one trace, at most. */
export const MAX_FUNCTIONS = 16
/**
 * Hits of a function from one look to the next, at most: one request may run it a thousand times, and
 * each hit costs.
 */
const MAX_HITS_AT_ONCE = 12
/** Requests from which enough was seen of a function: a share of 3 % is told from none, 19 times in 20. */
const ENOUGH = 100
/** Hits of a trace, at most. */
const MAX_HITS = 2000

/** Objects whose methods the functions are: so many of each function, at most. */
const MAX_RECEIVERS = 4

interface Watched {
  readonly position: FunctionPosition
  readonly tally: Tally
  readonly receivers: Array<WeakRef<object>>
  /** Of its logpoint; null while it has none. */
  id: number | null
  hits: number
}

export class Executions {
  readonly #logpoints: Logpoints
  readonly #marks: RequestMarks
  readonly #now: () => number
  #watched: readonly Watched[]
  #hits = 0

  constructor(
    functions: readonly FunctionPosition[],
    logpoints: Logpoints,
    marks: RequestMarks,
    now: () => number,
  ) {
    this.#logpoints = logpoints
    this.#marks = marks
    this.#now = now
    this.#watched = functions
      .slice(0, MAX_FUNCTIONS)
      .map((position) => ({ position, tally: new Tally(), receivers: [], id: null, hits: 0 }))
    this.look()
  }

  /** By `positionKey`. */
  get tallies(): ReadonlyMap<string, Tally> {
    return new Map(this.#watched.map(({ position, tally }) => [positionKey(position), tally]))
  }

  /** Objects as whose methods the functions ran, by `positionKey`. */
  get receivers(): ReadonlyMap<string, ReadonlyArray<WeakRef<object>>> {
    const called = this.#watched.filter(({ receivers }) => receivers.length > 0)
    return new Map(called.map(({ position, receivers }) => [positionKey(position), receivers]))
  }

  /** Time of the app's that the hits took, about. */
  get hitsMs(): number {
    return HIT_MS * this.#hits
  }

  /** @param needed - requests of each function */
  sawEnough(needed: number = ENOUGH): boolean {
    return this.#isSpent || this.#watched.every(({ tally }) => tally.total >= needed)
  }

  get #isSpent(): boolean {
    return this.#hits >= MAX_HITS
  }

  /** Watches on, for as many hits again: first what was seen least. */
  look(): void {
    const beganMs = this.#now()
    for (const watched of this.#watched.toSorted((a, b) => a.tally.total - b.tally.total)) {
      watched.hits = 0
      if (watched.id !== null || this.#isSpent || watched.tally.total >= ENOUGH) continue
      if (this.#now() - beganMs >= MAX_SETTING_MS) continue
      watched.id = this.#logpoints.set(watched.position, (receiverOf) =>
        this.#hit(watched, receiverOf),
      )
      // V8 knows no place to stop in some, such as those of a script that is gone.
      if (watched.id === null) this.#watched = this.#watched.filter((one) => one !== watched)
    }
  }

  stop(): void {
    for (const watched of this.#watched) this.#leave(watched)
  }

  #hit(watched: Watched, receiverOf: ReceiverOf): void {
    watched.tally.noteOnce(this.#marks.current, this.#now())
    watched.hits++
    this.#hits++
    if (watched.receivers.length < MAX_RECEIVERS) noteReceiver(watched.receivers, receiverOf)
    if (this.#isSpent) this.stop()
    else if (watched.hits >= MAX_HITS_AT_ONCE) this.#leave(watched)
  }

  #leave(watched: Watched): void {
    if (watched.id !== null) this.#logpoints.remove(watched.id)
    watched.id = null
  }
}

function noteReceiver(known: Array<WeakRef<object>>, receiverOf: ReceiverOf): void {
  let receiver: unknown
  try {
    receiver = receiverOf()
  } catch {
    return
  }
  const isObject = typeof receiver === 'object' || typeof receiver === 'function'
  if (!isObject || receiver === null || receiver === realm || isProxy(receiver)) return
  if (known.some((ref) => ref.deref() === receiver)) return
  known.push(new WeakRef(receiver as object))
}
