/**
 * The states of requests: found by the response or stream that they are attached to, and used again once
 * their request is recorded.
 */
import { PrivateSlot } from './private-slot'
import { RequestState } from './request-state'

/** States kept for reuse: more than that many requests at once allocate. */
const MAX_POOLED = 4096

export class RequestStates {
  readonly #pool: RequestState[] = []
  /** The one asked for last: the layers of a request follow each other, and most events are its own. */
  #latest = new RequestState()

  take(): RequestState {
    return this.#pool.pop() ?? new RequestState()
  }

  /** To the response, or the HTTP/2 stream, that stands for the request. */
  attach(state: RequestState, to: object): void {
    PrivateSlot.set(to, state)
    state.attachedTo = to
    this.#latest = state
  }

  /** To the response object over a stream, by which frameworks know the request. */
  attachBeside(state: RequestState, res: object): void {
    PrivateSlot.set(res, state)
    state.streamResponse = res
  }

  /** Of the request in flight behind a response or a stream; null for any other object. */
  of(object: unknown): RequestState | null {
    if (this.#latest.isOf(object)) return this.#latest
    const state = PrivateSlot.get<RequestState>(object)
    // Of a request that ended; it may serve another one by now.
    if (state === null || !state.isOf(object)) return null
    this.#latest = state
    return state
  }

  giveBack(state: RequestState): void {
    state.reset()
    if (this.#pool.length < MAX_POOLED) this.#pool.push(state)
  }
}
