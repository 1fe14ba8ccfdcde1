/** http, https, http2 and whatever else serves HTTP on a `net.Server`: the `emit` that they inherit. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { performance } from '../clock'
import type { Guard } from './guard'
import { http2Streams, isServerStream } from './http2'
import type { AnyFunction } from './listener'
import { type Mark, wearMark } from './mark'
import { apply, patch, type Unpatch, type Wrapper } from './patch'
import { passedBy, serverPrototype } from './servers'

/**
 * Hooks every HTTP server of this thread.
 *
 * @returns the function that puts everything back
 */
export function patchHttp(guard: Guard, mark: Mark): Unpatch {
  const { listener } = guard
  const streams = http2Streams(guard)
  let http: typeof import('node:http') | null = null
  /** Seen by two of our functions, where the one of a class leads on to the one below. */
  const upgraded = new WeakSet<object>()
  const serverListens = guard.guarded('listening', startServer)
  const requestStarts = guard.guarded('request', startRequest)
  const requestUpgrades = guard.guarded('upgrade', noteUpgrade)

  const unpatches = [serverPrototype(), ...passedBy()].map((prototype) =>
    patch(prototype, 'emit', wrapServerEmit),
  )
  return () => {
    for (const unpatch of unpatches) unpatch()
    streams.unpatch()
  }

  function wrapServerEmit(_original: AnyFunction, latest: () => AnyFunction): AnyFunction {
    function emit(this: Server, event: unknown, first: unknown, second: unknown): unknown {
      const original = latest()
      // `arguments`, not `...args`: V8 passes it on without making an array per event.
      if (!guard.active) return apply(original, this, arguments)
      switch (event) {
        case 'request':
        // These two stand in for it.
        case 'checkContinue':
        case 'checkExpectation': {
          const trampoline = requestStarts(this, first, second)
          if (trampoline === null || arguments.length !== 3) break
          return trampoline.call3(original, this, event, first, second)
        }
        case 'stream':
          if (!isServerStream(first)) break
          return streams.emit(this, original, [...arguments])
        case 'listening':
          serverListens(this)
          break
        case 'upgrade':
        case 'connect':
          return upgrade(this, original, arguments, first)
      }
      return apply(original, this, arguments)
    }
    return wearMark(emit, mark)
  }

  function startServer(server: Server): void {
    // A plain TCP server listens too; only those that parse HTTP count.
    if (typeof server.listenerCount !== 'function') return
    if (!('requestTimeout' in server) && !('updateSettings' in server)) return
    http ??= patchMessages()
    listener.serverListening(server)
  }

  function startRequest(
    server: object,
    req: unknown,
    res: unknown,
  ): ReturnType<typeof listener.requestStarted> {
    http ??= patchMessages()
    if (res instanceof http.ServerResponse) {
      return listener.requestStarted(server, req as IncomingMessage, res)
    }
    // Of an HTTP/2 server, which has told of the stream before.
    const stream = (res as { stream?: unknown } | null)?.stream
    if (isServerStream(stream)) listener.streamAnswered(stream, res as object)
    return null
  }

  function upgrade(server: Server, original: AnyFunction, args: IArguments, req: unknown): unknown {
    const startedMs = performance.now()
    const handled = apply(original, server, args) as unknown
    if (handled) requestUpgrades(server, req, startedMs)
    return handled
  }

  function noteUpgrade(server: object, req: unknown, startedMs: number): void {
    http ??= patchMessages()
    // HTTP/2 emits `connect` too, with a stream: not a request.
    if (!(req instanceof http.IncomingMessage) || upgraded.has(req)) return
    upgraded.add(req)
    listener.requestUpgraded(server, req, startedMs)
  }

  /** The response side is hooked at the first server: nothing is loaded for processes without one. */
  function patchMessages(): typeof import('node:http') {
    const loaded = require('node:http') as typeof import('node:http')
    unpatches.push(patch(loaded.ServerResponse.prototype, 'emit', responseEmit(guard)))
    return loaded
  }
}

/** The end of a response is seen here rather than by a listener on it, which an app could count. */
function responseEmit(guard: Guard): Wrapper {
  const finishes = guard.guarded('finish', (res: ServerResponse) => {
    guard.responseEnding(res)
    return guard.listener.responseFinished(res)
  })
  const closes = guard.guarded('close', (res: ServerResponse) => {
    guard.responseEnding(res)
    guard.listener.responseClosed(res)
  })
  return (_original, latest) =>
    function emit(this: ServerResponse, event: unknown): unknown {
      const original = latest()
      if (event === 'close') closes(this)
      const trampoline = event === 'finish' ? finishes(this) : null
      if (trampoline && arguments.length === 1) return trampoline.call1(original, this, event)
      return apply(original, this, arguments)
    }
}
