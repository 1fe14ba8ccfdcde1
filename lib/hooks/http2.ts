/**
 * HTTP/2 servers, by either API: each request is a stream that the server emits, before the
 * compatibility API makes a `request` event of it. Nothing is loaded: the classes come from the first
 * stream.
 */
import type { Server } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { AnyFunction, Frame, HookListener } from './listener'
import { patch, type Unpatch } from './patch'

// Taken before the app can put another in its place: its requests pass through here.
const { apply } = Reflect

export function isServerStream(value: unknown): value is ServerHttp2Stream {
  const stream = value as Partial<ServerHttp2Stream> | null | undefined
  return typeof stream?.respond === 'function' && typeof stream.pushStream === 'function'
}

export interface Http2Streams {
  /** Emits a server's `stream` event as `original` does, in the frame of its request. */
  emit(server: Server, original: AnyFunction, args: unknown[]): unknown
  unpatch: Unpatch
}

export function http2Streams(listener: HookListener): Http2Streams {
  let unpatch: Unpatch | null = null

  function started(server: object, stream: ServerHttp2Stream, headers: unknown): Frame | null {
    try {
      unpatch ??= patch(Object.getPrototypeOf(stream) as object, 'emit', wrapStreamEmit)
      return listener.streamStarted(server, stream, headers as IncomingHttpHeaders)
    } catch (error) {
      listener.hookFailed('stream', error)
      return null
    }
  }

  function closed(stream: ServerHttp2Stream): Frame | null {
    try {
      return listener.streamClosed(stream)
    } catch (error) {
      listener.hookFailed('closing a stream', error)
      return null
    }
  }

  /** The end of a stream is seen here rather than by a listener on it, which an app could count. */
  function wrapStreamEmit(original: AnyFunction): AnyFunction {
    return function emit(this: ServerHttp2Stream, ...args: unknown[]): unknown {
      const frame = listener.active && args[0] === 'close' ? closed(this) : null
      return frame
        ? frame.call3(apply, undefined, original, this, args)
        : original.apply(this, args)
    }
  }

  return {
    emit(server, original, args) {
      const frame = started(server, args[1] as ServerHttp2Stream, args[2])
      return frame
        ? frame.call3(apply, undefined, original, server, args)
        : original.apply(server, args)
    },
    unpatch: () => unpatch?.(),
  }
}
