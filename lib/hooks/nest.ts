/**
 * NestJS 9 to 11, on Express and on Fastify, which name its routes.
 *
 * Between their handler and a controller's method come guards, interceptors and pipes, and most of them
 * wait: the method then runs without a label. It is noted as the route's, so that it is known by its
 * place. It cannot be wrapped: Nest finds its metadata by it, and hands it out as `getHandler()`.
 */
import { enterLayer, handlerLayer } from './layers'
import type { AnyFunction, HookListener, LayerInfo } from './listener'
import type { HookedFile } from './modules'
import { inGuiseOf, patch } from './patch'

/** Express's response, or Fastify's reply over it. */
type Response = object & { readonly raw?: object }

export function nestFiles(listener: HookListener): HookedFile[] {
  const handlers = new WeakMap<AnyFunction, LayerInfo>()

  function infoOf(method: AnyFunction): LayerInfo {
    let info = handlers.get(method)
    if (!info) handlers.set(method, (info = handlerLayer(method)))
    return info
  }

  function framed(handle: AnyFunction, info: LayerInfo): AnyFunction {
    return inGuiseOf(
      handle,
      function (this: unknown, req: unknown, res: Response, next: unknown): unknown {
        const frame = res ? enterLayer(listener, res.raw ?? res, info) : null
        return frame ? frame.call3(handle, this, req, res, next) : handle.call(this, req, res, next)
      },
    )
  }

  /** `create(instance, method, …)` makes what the adapter calls for a route, of a method of a controller. */
  function wrapCreate(original: AnyFunction): AnyFunction {
    return function create(this: unknown, ...args: unknown[]): unknown {
      const handle = original.apply(this, args) as unknown
      const method = args[1]
      return listener.active && typeof handle === 'function' && typeof method === 'function'
        ? framed(handle as AnyFunction, infoOf(method as AnyFunction))
        : handle
    }
  }

  return [
    {
      packageName: '@nestjs/core',
      file: '@nestjs/core/router/router-execution-context',
      apply: (exports) => ({
        exports,
        unpatch: patch(
          (exports as { RouterExecutionContext: { prototype: object } }).RouterExecutionContext
            .prototype,
          'create',
          wrapCreate,
        ),
      }),
    },
  ]
}
