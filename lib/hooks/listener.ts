/**
 * What the hooks tell the rest of memprof: one typed listener, called directly.
 *
 * Not a diagnostics channel: a channel costs a message object per event, anybody may subscribe, and
 * a subscriber that throws becomes an uncaught exception of the app. The hooks guard every call here
 * instead (`guard.ts`), and need nothing of memprof beyond this folder.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'

// oxlint-disable-next-line typescript/no-explicit-any -- the host's functions have every shape
export type AnyFunction = (...args: any[]) => any

/**
 * Functions that call `fn` on `self` with one to four arguments. Compiled once per route or layer, so
 * that the script's name stands in the stack of everything allocated by what is called through it.
 */
export interface Trampoline {
  call1(fn: AnyFunction, self: unknown, a: unknown): unknown
  call2(fn: AnyFunction, self: unknown, a: unknown, b: unknown): unknown
  call3(fn: AnyFunction, self: unknown, a: unknown, b: unknown, c: unknown): unknown
  call4(fn: AnyFunction, self: unknown, a: unknown, b: unknown, c: unknown, d: unknown): unknown
}

/** A trampoline, and the number by which the samples below it are found again. */
export interface Label {
  readonly id: number
  readonly trampoline: Trampoline
}

/** A layer of a framework's app, as the app declared it. */
export interface LayerInfo {
  /** `mount`: app.use; `route`: app.get and the like; `handler`: one function inside a route. */
  readonly kind: 'mount' | 'route' | 'handler'
  /** The router whose stack holds the layer: identity only. */
  readonly owner: object | null
  /** The path as the app wrote it: `/users/:id`; '' for the root and for handlers. */
  readonly pattern: string
  /** The function's name, or `<anonymous>`. */
  readonly name: string
  /** The function itself: only its position in the source is ever asked for. */
  readonly handle: object
  /** True where the layer only passes on to a router or app of its own, which has its own layers. */
  readonly isRouter: boolean
  /** True for an error handler: it answers in another layer's stead. */
  readonly handlesErrors: boolean
  /** True where the pattern is that of the whole path, whatever the layers before say. */
  readonly isWholePath: boolean
  /** The listener's own: the route or layer that it found for this one when it last ran. */
  recorderSlot: unknown
}

/** `operation` and `call` are parts of other work, the others come by themselves. */
export type UnitKind = 'operation' | 'call' | 'message' | 'job' | 'tick' | 'task'

/** Work that is no request, and has begun. */
export interface UnitOfWork {
  /** Calls `fn` as its code: what that allocates, and what it leads to, is the unit's. */
  run(fn: AnyFunction, self: unknown, args: ArrayLike<unknown>): unknown
  /** @param mayGoOn - its functions have returned, and whether that was its end is not known */
  end(hasFailed: boolean, mayGoOn: boolean): void
}

export interface HookListener {
  /** False: the hooks call the originals and return. One boolean test per call. */
  active: boolean
  /** An HTTP server listens; called for each. Wakes a dormant memprof. */
  serverListening(server: Server): void
  /** A server got a request; returns the trampoline to run its listeners through. */
  requestStarted(server: object, req: IncomingMessage, res: ServerResponse): Trampoline | null
  /** The request became another protocol (`Upgrade`, `CONNECT`): no response object will end it. */
  requestUpgraded(server: object, req: IncomingMessage, startedMs: number): void
  /** The last byte of the response was handed to the system; returns the trampoline for its listeners. */
  responseFinished(res: ServerResponse): Trampoline | null
  /** The response, or the connection under it, is gone: after `responseFinished`, or instead of it. */
  responseClosed(res: ServerResponse): void
  /** An HTTP/2 server got a request as a stream; returns the trampoline to run its listeners through. */
  streamStarted(
    server: object,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
  ): Trampoline | null
  /** The same request, as the compatibility API hands it to `request` listeners. */
  streamAnswered(stream: object, res: object): void
  /** The stream is gone, its response sent or not; returns the trampoline for its listeners. */
  streamClosed(stream: ServerHttp2Stream): Trampoline | null
  /** A layer is about to run; returns the trampoline to run it through. Null: not a measured request. */
  layerEntered(res: object, layer: LayerInfo): Trampoline | null
  /** The framework's last resort was asked to answer: no layer did. */
  nothingMatched(res: object): void
  /** Work begins. Wakes a dormant memprof, where it is no part of other work. Null: not counted. */
  unitBegan(kind: UnitKind, name: string): UnitOfWork | null
  /** A hook's own error; the app goes on. */
  hookFailed(where: string, error: unknown): void
}
