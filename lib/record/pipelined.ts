/**
 * Responses to pipelined requests that wait their turn. One that has no connection yet never hears that
 * it closed, and its request, once read, is destroyed without meaning anything. A listener on the
 * connection would tell, and could be counted; so whoever hears that a connection may have ended asks
 * here for the responses that it will not answer.
 */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export class PipelinedResponses {
  readonly #waiting = new Map<Socket, Set<ServerResponse>>()
  readonly #onUnanswered: (res: ServerResponse) => void

  /** @param onUnanswered - called with a response that its connection will not send */
  constructor(onUnanswered: (res: ServerResponse) => void) {
    this.#onUnanswered = onUnanswered
  }

  /** @returns the connection that it waits for; null where it has its turn, or none to wait for */
  add(res: ServerResponse, socket: Socket | undefined): Socket | null {
    if (res.socket !== null || typeof socket !== 'object' || socket === null) return null
    const waiting = this.#waiting.get(socket)
    if (waiting) waiting.add(res)
    else this.#waiting.set(socket, new Set([res]))
    return socket
  }

  delete(res: object, socket: Socket): void {
    const waiting = this.#waiting.get(socket)
    waiting?.delete(res as ServerResponse)
    if (waiting?.size === 0) this.#waiting.delete(socket)
  }

  /** A connection that is gone, or takes no more, answers none of those that wait for it. */
  endUnanswered(socket: Socket): void {
    if (this.#waiting.size === 0) return
    const waiting = this.#waiting.get(socket)
    if (!waiting || !(socket.destroyed || socket.writableEnded)) return
    for (const res of waiting) if (res.socket === null) this.#onUnanswered(res)
  }

  /** Of all connections: where the app answered on one itself, no response told of its end. */
  endAllUnanswered(): void {
    for (const socket of this.#waiting.keys()) this.endUnanswered(socket)
  }

  clear(): void {
    this.#waiting.clear()
  }
}
