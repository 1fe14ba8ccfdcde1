/**
 * The async context of requests, on for the seconds of a trace alone: whatever code runs, the mark says
 * for which request. It follows awaits, timers and callbacks as `AsyncLocalStorage` does, and is lost
 * where that is: in the callbacks of a connection that many requests share.
 */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { types } from 'node:util'
import { mapGet } from '../inspector/intrinsics'
import type { LeakOutcome } from '../schema/lines'

/** Whatever runs code: a request; what comes without one; or what may do what some request asked for. */
export interface Mark {
  readonly kind: 'request' | 'idle' | 'lost'
  /** Of a request: its route's, once it has ended. */
  routeId: number
  /** Infinity while it is in flight. */
  endedMs: number
  /** How it ended: given up by the client, or failed; null otherwise. */
  outcome: LeakOutcome | null
  /** Of a unit of work: the request, or else the outermost unit, that it began within. */
  readonly whole: Mark | null
}

/**
 * Of one that is not known by a message: a unit of work. Units that begin each other are no chain: that would
 * keep all of them.
 *
 * @param within - what it began in
 */
export function unitMark(within: Mark | null): Mark {
  return markOf('request', within?.kind === 'request' ? (within.whole ?? within) : null)
}

function markOf(kind: Mark['kind'], whole: Mark | null = null): Mark {
  return { kind, routeId: 0, endedMs: Number.POSITIVE_INFINITY, outcome: null, whole }
}

/** Intervals, messages of open connections. */
export const IDLE: Mark = markOf('idle')
/** Anything whose request, if there is one, cannot be told. */
export const LOST: Mark = markOf('lost')

export class RequestMarks {
  readonly #context = new AsyncLocalStorage<Mark | undefined>()
  /** By the response, and by the request that it answers. */
  #byMessage: WeakMap<object, Mark> = new WeakMap()
  /** Where this Node keeps the context of a resource. */
  #contextOf: (resource: AsyncResource) => Mark | undefined = () => LOST
  #isOn = false
  /**
   * Whoever traces: a request arrives within a slice, and what follows of that is its own. Answers with what
   * ran until then.
   */
  onArrival: ((mark: Mark | null) => Mark | null) | null = null

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
    const probe = this.#context.run(LOST, () => new AsyncResource('memprof'))
    this.#contextOf = whereFound(probe, this.#context)
  }

  end(): void {
    this.#isOn = false
    this.onArrival = null
    this.#byMessage = new WeakMap()
    this.#context.disable()
  }

  /** @param response - or the stream, that stands for the request */
  arrive(response: object): Mark {
    const mark = markOf('request')
    this.#byMessage.set(response, mark)
    const { req } = response as { req?: object }
    if (req) this.#byMessage.set(req, mark)
    this.#context.enterWith(mark)
    this.onArrival?.(mark)
    return mark
  }

  /** Calls `work` as part of a unit that began within whatever runs now, and that goes on as it was. */
  within<T>(mark: Mark, work: () => T): T {
    const outer = this.onArrival?.(mark) ?? null
    try {
      return this.#context.run(mark, work)
    } finally {
      this.onArrival?.(outer)
    }
  }

  /** @param message - the request or the response, of a request that arrived since `begin` */
  of(message: object): Mark | null {
    return this.#byMessage.get(message) ?? null
  }

  /** The context that a resource of the app's was made in; null where it has none. */
  ofResource(resource: AsyncResource): Mark | null {
    return this.#contextOf(resource) ?? null
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

/**
 * Up to Node 22 a resource has the store itself, from Node 24 on a frame of all stores; under symbols that
 * are not exported.
 *
 * @param probe - made where the store was LOST
 */
function whereFound(
  probe: AsyncResource,
  context: object,
): (resource: AsyncResource) => Mark | undefined {
  type Kept = Record<symbol, unknown>
  for (const key of Object.getOwnPropertySymbols(probe)) {
    const kept = (probe as unknown as Kept)[key]
    if (kept === LOST) return (resource) => (resource as unknown as Kept)[key] as Mark | undefined
    if (markIn(kept, context) === LOST) {
      return (resource) => markIn((resource as unknown as Kept)[key], context)
    }
  }
  return () => LOST
}

/** A frame is a Map whose prototype is Node's own. */
function markIn(frame: unknown, context: object): Mark | undefined {
  return types.isMap(frame) ? mapGet(frame as Map<object, Mark>, context) : undefined
}
