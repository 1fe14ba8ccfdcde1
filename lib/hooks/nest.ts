/**
 * NestJS 9 to 11, on Express and on Fastify, which name its routes.
 *
 * Between their handler and a controller's method come guards, interceptors and pipes, and most of them
 * wait: the method then runs without a label. It is noted as the route's, so that it is known by its
 * place. It cannot be wrapped: Nest finds its metadata by it, and hands it out as `getHandler()`.
 */
import { labelled, patched, prototypeOf, remembered } from './framework'
import type { Guard } from './guard'
import { handlerLayer } from './layers'
import type { AnyFunction } from './listener'
import type { HookedFile } from './modules'

/** Express's response, or Fastify's reply over it. */
type Response = object & { readonly raw?: object }

const responseOf = (_req: unknown, res: Response | undefined): object | undefined => res?.raw ?? res

export function nestFiles(guard: Guard): HookedFile[] {
  const layerOf = remembered(handlerLayer)

  return [
    patched(
      '@nestjs/core',
      'router/router-execution-context',
      (exports) =>
        prototypeOf((exports as { RouterExecutionContext: unknown }).RouterExecutionContext),
      { create: creating },
    ),
  ]

  /** `create(instance, method, …)` makes what the adapter calls for a route, of a method of a controller. */
  function creating(original: AnyFunction): AnyFunction {
    return function create(this: unknown, ...args: unknown[]): unknown {
      const handle = original.apply(this, args) as unknown
      const method = args[1]
      return guard.active && typeof handle === 'function' && typeof method === 'function'
        ? labelled(guard, handle as AnyFunction, layerOf(method as AnyFunction), { responseOf })
        : handle
    }
  }
}
