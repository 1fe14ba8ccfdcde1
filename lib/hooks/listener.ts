/**
 * What the hooks tell the rest of memprof: one typed listener, called directly.
 *
 * Not a diagnostics channel: a channel costs a message object per event, anybody may subscribe, and
 * a subscriber that throws becomes an uncaught exception of the app. The hooks guard every call here
 * instead (`patch.ts`), and need nothing of memprof beyond this folder.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'

// oxlint-disable-next-line typescript/no-explicit-any -- the host's functions have every shape
export type AnyFunction = (...args: any[]) => any

/**
 * Functions that call `fn` on `self` with one to four arguments. Compiled once per route or layer, so
 * that its script name stands in the stack of everything allocated below it.
 */
export interface Frame {
  call1(fn: AnyFunction, self: unknown, a: unknown): unknown
  call2(fn: AnyFunction, self: unknown, a: unknown, b: unknown): unknown
  call3(fn: AnyFunction, self: unknown, a: unknown, b: unknown, c: unknown): unknown
  call4(fn: AnyFunction, self: unknown, a: unknown, b: unknown, c: unknown, d: unknown): unknown
}

/** A frame and the number by which the samples below it are found again. */
export interface Label {
  readonly id: number
  readonly frame: Frame
}

/** A layer of an Express router or a Connect stack, as the app declared it. */
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
  /** For the listener: what it made of this layer when it last ran. */
  memo: unknown
  /** True where the pattern is that of the whole path, whatever the layers before say. */
  readonly isWhole?: true
  /** True for an error handler: it answers in another layer's stead. */
  readonly handlesErrors: boolean
}

export interface HookListener {
  /** False: the hooks call the originals and return. One boolean test per call. */
  active: boolean
  /** Of a framework that has a route to tell only once it has answered: called before each end. */
  beforeEnd: ((res: ServerResponse) => void) | null
  /** An HTTP server listens; called for each. Wakes a dormant memprof. */
  serverListening(server: Server): void
  /** A server got a request; returns the frame to run its listeners in. */
  requestStarted(server: object, req: IncomingMessage, res: ServerResponse): Frame | null
  /** The request became another protocol (`Upgrade`, `CONNECT`): no response object will end it. */
  requestUpgraded(server: object, req: IncomingMessage, startedMs: number): void
  /** The last byte of the response was handed to the system; returns the frame for its listeners. */
  responseFinished(res: ServerResponse): Frame | null
  /** The response, or the connection under it, is gone: after `responseFinished`, or instead of it. */
  responseClosed(res: ServerResponse): void
  /** An HTTP/2 server got a request as a stream; returns the frame to run its listeners in. */
  streamStarted(
    server: object,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
  ): Frame | null
  /** The same request, as the compatibility API hands it to `request` listeners. */
  streamAnswered(stream: object, res: object): void
  /** The stream is gone, its response sent or not; returns the frame for its listeners. */
  streamClosed(stream: ServerHttp2Stream): Frame | null
  /** A layer is about to run; returns the frame to run it in. Null: not a measured request. */
  layerEntered(res: object, layer: LayerInfo): Frame | null
  /** The framework's last resort was asked to answer: no layer did. */
  nothingMatched(res: object): void
  /** A hook's own error; the app goes on. */
  hookFailed(where: string, error: unknown): void
}
