/**
 * Messages that a WebSocket server of ws 8 gets, named by the path that their connection was opened at. A
 * message ends where its listeners have returned.
 */
import { patched, prototypeOf } from './framework'
import type { Guard } from './guard'
import type { AnyFunction } from './listener'
import type { HookedFile } from './modules'
import { apply } from './patch'
import { asUnit } from './units'

/** A path longer than this many characters is cut. */
const MAX_PATH_CHARS = 128

export function wsFiles(guard: Guard): HookedFile[] {
  /** Of the connections that the app accepted. */
  const paths = new WeakMap<object, string>()
  const notePath = guard.guarded('opening a WebSocket', (socket: object, request: unknown) => {
    const { url } = request as { url?: unknown }
    if (typeof url === 'string') paths.set(socket, pathOf(url))
  })
  return [
    patched('ws', 'lib/websocket-server', prototypeOf, {
      emit: (_original: AnyFunction, latest: () => AnyFunction) =>
        function (this: object, event: unknown, socket: unknown, request: unknown): unknown {
          if (event === 'connection' && isObject(socket) && isObject(request)) {
            notePath(socket, request)
          }
          return apply(latest(), this, arguments)
        },
    }),
    patched('ws', 'lib/websocket', prototypeOf, {
      emit: asUnit(guard, 'message', (socket: object, { 0: event }) =>
        event === 'message' ? (paths.get(socket) ?? null) : null,
      ),
    }),
  ]
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Without its query. */
function pathOf(url: string): string {
  const [path = ''] = url.slice(0, MAX_PATH_CHARS).split(/[?#]/)
  return path
}
