/**
 * Events that a Socket.IO 4 server gets, named by their namespace and name. One that nobody listens to is
 * none: clients may send any. It ends where its listeners have returned.
 */
import { patched } from './framework'
import type { Guard } from './guard'
import type { HookedFile } from './modules'
import { asUnit } from './units'

/** Of a client's; other emitters share the class. */
interface Socket {
  readonly nsp?: { readonly name: string }
  readonly client?: object
  listenerCount(event: string): number
}

interface TypedEvents {
  readonly StrictEventEmitter: { readonly prototype: object }
}

export function socketIoFiles(guard: Guard): HookedFile[] {
  return [
    patched(
      'socket.io',
      'dist/typed-events',
      (exports) => (exports as TypedEvents).StrictEventEmitter.prototype,
      { emitUntyped: asUnit(guard, 'message', nameOf) },
    ),
  ]
}

function nameOf(socket: Socket, { 0: event }: ArrayLike<unknown>): string | null {
  const { nsp, client } = socket
  if (!nsp || !client || typeof event !== 'string' || socket.listenerCount(event) === 0) return null
  return nsp.name === '/' ? event : `${nsp.name} ${event}`
}
