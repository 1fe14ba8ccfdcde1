/**
 * http, https, http2 and whatever else serves HTTP on a `net.Server`: the one `emit` they all inherit.
 *
 * `net.Server.prototype` lies under http.Server, https.Server and their subclasses alike, so one
 * patch serves them all, for `require` and `import`, without loading https (and its crypto) into a
 * process that does not want it.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { performance } from '../clock'
import type { AnyFunction, Frame, HookListener } from './listener'
import { http2Streams, isServerStream } from './http2'
import { patch, type Unpatch } from './patch'

// Taken before the app can put another in its place: its requests pass through here.
const { apply } = Reflect

/** Marks our `emit`, so that a second copy of memprof finds the first. */
const MARK = Symbol.for('memprof')

export interface Mark {
  readonly version: string
  /** Tells the running copy that another one of that version was loaded. */
  secondCopy(version: string): void
}

type EmitFunction = AnyFunction & { [MARK]?: Mark; __original?: EmitFunction }

function serverPrototype(): { emit: EmitFunction } {
  return (require('node:net') as typeof import('node:net')).Server.prototype as never
}

/**
 * Classes of servers that have an `emit` of their own: an agent that was here first has put it there,
 * and it passes by the one below. Only where they are loaded already; `moduleLoadList` is Node's own.
 */
function passedBy(): Array<{ emit: EmitFunction }> {
  const { moduleLoadList = [] } = process as { moduleLoadList?: readonly string[] }
  const classes: Array<{ prototype: object }> = []
  if (moduleLoadList.includes('NativeModule _http_server')) {
    classes.push((require('node:http') as typeof import('node:http')).Server)
  }
  if (moduleLoadList.includes('NativeModule https')) {
    classes.push((require('node:https') as typeof import('node:https')).Server)
  }
  return classes
    .map(({ prototype }) => prototype as { emit: EmitFunction })
    .filter((prototype) => Object.hasOwn(prototype, 'emit'))
}

/** The mark of a copy of memprof that already runs in this thread, or null. */
export function runningCopy(): Mark | null {
  let emit: EmitFunction | undefined = serverPrototype().emit
  // Others may have wrapped ours with shimmer since.
  for (let depth = 0; emit && depth < 16; depth++) {
    if (emit[MARK]) return emit[MARK]
    emit = emit.__original
  }
  return null
}

/** Events that carry a request and its response; the two `check…` stand in for `request`. */
function carriesRequest(event: unknown): boolean {
  return event === 'request' || event === 'checkContinue' || event === 'checkExpectation'
}

/**
 * Hooks every HTTP/1 server of this thread.
 *
 * @returns the function that puts everything back
 */
export function patchHttp(listener: HookListener, mark: Mark): Unpatch {
  let http: typeof import('node:http') | null = null
  const streams = http2Streams(listener)
  const unpatches: Unpatch[] = []
  /** Seen by two of our functions, where the one of a class leads on to the one below. */
  const upgraded = new WeakSet<object>()

  /** The response side is hooked at the first server: nothing is loaded for processes without one. */
  function patchMessages(): typeof import('node:http') {
    const loaded = require('node:http') as typeof import('node:http')
    unpatches.push(
      patch(loaded.ServerResponse.prototype, 'emit', (_original, below) =>
        wrapResponseEmit(below, listener),
      ),
    )
    return loaded
  }

  function isHttp1(res: unknown): res is ServerResponse {
    http ??= patchMessages()
    return res instanceof http.ServerResponse
  }

  for (const prototype of [serverPrototype(), ...passedBy()]) {
    const unpatch = patch(prototype, 'emit', (_original, below) => {
      const emit: EmitFunction = function emit(
        this: Server,
        event: unknown,
        first: unknown,
        second: unknown,
      ): unknown {
        const original = below()
        // `arguments`, not `...args`: V8 passes it on without making an array per event.
        if (!listener.active) return apply(original, this, arguments)
        if (carriesRequest(event)) {
          const frame = startRequest(this, first, second)
          if (frame !== null && arguments.length === 3) {
            return frame.call3(original, this, event, first, second)
          }
        } else if (event === 'stream' && isServerStream(first)) {
          return streams.emit(this, original, [...arguments])
        } else if (event === 'listening') startServer(this)
        else if (event === 'upgrade' || event === 'connect') {
          return upgrade(this, original, arguments, first)
        }
        return apply(original, this, arguments)
      }
      Object.defineProperty(emit, MARK, { value: mark })
      return emit
    })
    unpatches.push(unpatch)
  }

  function startServer(server: Server): void {
    try {
      // A plain TCP server listens too; only those that parse HTTP count.
      if (typeof server.listenerCount !== 'function') return
      if (!('requestTimeout' in server) && !('updateSettings' in server)) return
      http ??= patchMessages()
      listener.serverListening(server)
    } catch (error) {
      listener.hookFailed('listening', error)
    }
  }

  function startRequest(
    server: object,
    req: unknown,
    res: unknown,
  ): ReturnType<HookListener['requestStarted']> {
    try {
      if (isHttp1(res)) return listener.requestStarted(server, req as IncomingMessage, res)
      // Of an HTTP/2 server, which has told of the stream before.
      const stream = (res as { stream?: unknown } | null)?.stream
      if (isServerStream(stream)) listener.streamAnswered(stream, res as object)
      return null
    } catch (error) {
      listener.hookFailed('request', error)
      return null
    }
  }

  function upgrade(server: Server, original: AnyFunction, args: IArguments, req: unknown): unknown {
    const startedMs = performance.now()
    const handled = apply(original, server, args)
    try {
      // HTTP/2 emits `connect` too, with a stream: not a request.
      http ??= patchMessages()
      if (handled && req instanceof http.IncomingMessage && !upgraded.has(req)) {
        upgraded.add(req)
        listener.requestUpgraded(server, req, startedMs)
      }
    } catch (error) {
      listener.hookFailed('upgrade', error)
    }
    return handled
  }

  return () => {
    for (const unpatch of unpatches) unpatch()
    streams.unpatch()
  }
}

/** @returns the frame for the event's listeners */
function tellEnd(listener: HookListener, res: ServerResponse, event: unknown): Frame | null {
  try {
    if (event !== 'finish' && event !== 'close') return null
    listener.beforeEnd?.(res)
    if (event === 'finish') return listener.responseFinished(res)
    listener.responseClosed(res)
  } catch (error) {
    listener.hookFailed(String(event), error)
  }
  return null
}

/** The end of a response is seen here rather than by a listener on it, which an app could count. */
function wrapResponseEmit(below: () => AnyFunction, listener: HookListener): AnyFunction {
  return function emit(this: ServerResponse, event: unknown): unknown {
    const original = below()
    const frame = listener.active ? tellEnd(listener, this, event) : null
    if (frame && arguments.length === 1) return frame.call1(original, this, event)
    return apply(original, this, arguments)
  }
}
