/**
 * Requests of the Model Context Protocol, answered by the CommonJS build of @modelcontextprotocol/sdk 1; named
 * by their method, and by the tool or prompt that they ask for.
 */
import { before, patched, prototypeIn } from './framework'
import type { Guard } from './guard'
import type { AnyFunction } from './listener'
import type { HookedFile } from './modules'
import { inGuiseOf } from './patch'
import { asUnit } from './units'

interface Request {
  readonly method: string
  readonly params?: { readonly name?: unknown }
}

/** Methods whose requests name one of the things that the server has. */
const OF_ONE: ReadonlySet<string> = new Set(['tools/call', 'prompts/get'])

export function mcpFiles(guard: Guard): HookedFile[] {
  const counted = asUnit(guard, 'operation', nameOf)
  return [
    patched('@modelcontextprotocol/sdk', 'dist/cjs/shared/protocol', prototypeIn('Protocol'), {
      setRequestHandler: before(guard, 'declaring a request handler', (_protocol, args) => {
        const handler = args[1]
        if (typeof handler !== 'function') return
        args[1] = inGuiseOf(
          handler as AnyFunction,
          counted(handler as AnyFunction, () => handler as AnyFunction),
        )
      }),
    }),
  ]
}

function nameOf(_self: unknown, { 0: request }: ArrayLike<unknown>): string {
  const { method, params } = request as Request
  const name = OF_ONE.has(method) ? params?.name : null
  return typeof name === 'string' ? `${method} ${name}` : method
}
