/**
 * The async context of requests, on for the seconds of a trace alone: whatever code runs, the mark says
 * for which request. It follows awaits, timers and callbacks as `AsyncLocalStorage` does, and is lost
 * where that is: in the callbacks of a connection that many requests share.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

/** Whatever runs code: a request; what comes without one; or what may do what some request asked for. */
export interface Mark {
  readonly kind: 'request' | 'idle' | 'lost'
  /** Of a request: its route's, once it has ended. */
  routeId: number
  /** Infinity while it is in flight. */
  endedMs: number
}

function markOf(kind: Mark['kind']): Mark {
  return { kind, routeId: 0, endedMs: Number.POSITIVE_INFINITY }
}

/** Intervals, messages of open connections. */
export const IDLE: Mark = markOf('idle')
/** Anything whose request, if there is one, cannot be told. */
export const LOST: Mark = markOf('lost')

export class RequestMarks {
  readonly #context = new AsyncLocalStorage<Mark | undefined>()
  #byResponse: WeakMap<object, Mark> = new WeakMap()
  #isOn = false
  /** Whoever traces: a request arrives within a slice, and what follows of that is its own. */
  onArrival: ((mark: Mark) => void) | null = null

  /** All that a request costs while no trace runs. */
  get isOn(): boolean {
    return this.#isOn
  }

  /**
   * For requests from the next on. On Node 20 and 22 this turns on V8's hooks for promises, for the whole
   * process, until `end`.
   */
  begin(): void {
    this.#isOn = true
    // Node 20 forgets the context of promises where another hook is enabled before this one, which the
    // first store that differs from none enables.
    this.#context.run(LOST, () => {})
  }

  end(): void {
    this.#isOn = false
    this.onArrival = null
    this.#byResponse = new WeakMap()
    this.#context.disable()
  }

  /** @param response - or the stream, that stands for the request */
  arrive(response: object): Mark {
    const mark = markOf('request')
    this.#byResponse.set(response, mark)
    this.#context.enterWith(mark)
    this.onArrival?.(mark)
    return mark
  }

  /** Of a request that arrived since `begin`. */
  of(response: object): Mark | null {
    return this.#byResponse.get(response) ?? null
  }

  /** Of what runs now; null where nothing is known. */
  get current(): Mark | null {
    return this.#context.getStore() ?? null
  }

  /** Until the slice ends. */
  enter(mark: Mark | null): void {
    this.#context.enterWith(mark ?? undefined)
  }
}
