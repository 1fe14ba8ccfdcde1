/**
 * HTTP/2 servers, by either API: each request is a stream that the server emits, before the
 * compatibility API makes a `request` event of it. Nothing is loaded: the classes come from the first
 * stream.
 */
import type { Server } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Guard } from './guard'
import type { AnyFunction, Trampoline } from './listener'
import { apply, patch, type Unpatch } from './patch'

export function isServerStream(value: unknown): value is ServerHttp2Stream {
  const stream = value as Partial<ServerHttp2Stream> | null | undefined
  return typeof stream?.respond === 'function' && typeof stream.pushStream === 'function'
}

export interface Http2Streams {
  /** Emits a server's `stream` event as `original` does, through the trampoline of its request. */
  emit(server: Server, original: AnyFunction, args: unknown[]): unknown
  unpatch: Unpatch
}

export function http2Streams(guard: Guard): Http2Streams {
  const { listener } = guard
  let unpatch: Unpatch | null = null
  const starts = guard.guarded(
    'stream',
    (server: object, stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      unpatch ??= patch(Object.getPrototypeOf(stream) as object, 'emit', wrapStreamEmit)
      return listener.streamStarted(server, stream, headers)
    },
  )
  const closes = guard.guarded('closing a stream', (stream: ServerHttp2Stream) =>
    listener.streamClosed(stream),
  )

  return {
    emit: (server, original, args) =>
      emitThrough(
        starts(server, args[1] as ServerHttp2Stream, args[2] as IncomingHttpHeaders),
        original,
        server,
        args,
      ),
    unpatch: () => unpatch?.(),
  }

  /** The end of a stream is seen here rather than by a listener on it, which an app could count. */
  function wrapStreamEmit(original: AnyFunction): AnyFunction {
    return function emit(this: ServerHttp2Stream, ...args: unknown[]): unknown {
      return emitThrough(args[0] === 'close' ? closes(this) : null, original, this, args)
    }
  }
}

function emitThrough(
  trampoline: Trampoline | null,
  emit: AnyFunction,
  self: object,
  args: unknown[],
): unknown {
  return trampoline
    ? trampoline.call3(apply, undefined, emit, self, args)
    : (apply(emit, self, args) as unknown)
}
