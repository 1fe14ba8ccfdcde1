/**
 * hapi 20.2 and later, and 21.
 *
 * Every function of the app's (a handler, an extension, a prerequisite, a scheme) is called by the
 * toolkit's `execute`, which runs through the trampoline of the one it calls. The route is
 * `request.route`, known once the request has looked itself up.
 */
import { after, patched, prototypeOf, remembered } from './framework'
import type { Guard } from './guard'
import { handlerLayer, middlewareLayer, noRouteLayer, routeLayer } from './layers'
import type { AnyFunction } from './listener'
import type { HookedFile } from './modules'

interface Route {
  readonly path: string
  /** `_special` for the routes hapi has for what no route of the app's answers. */
  readonly method: string
  readonly settings: { readonly handler?: unknown }
}

interface Request {
  readonly method: string
  readonly route: Route
  readonly raw: { readonly res: object }
}

const SPECIAL = '_special'

export function hapiFiles(guard: Guard): HookedFile[] {
  const routeOf = remembered((route: Route) => routeLayer(route.path))
  const handlerOf = remembered(handlerLayer)
  const middlewareOf = remembered((fn: AnyFunction) => middlewareLayer(fn))
  const noRoute = noRouteLayer('hapi')

  return [
    patched('@hapi/hapi', 'lib/request', prototypeOf, {
      _lookup: after(guard, 'naming a route', nameRoute),
    }),
    patched(
      '@hapi/hapi',
      'lib/toolkit',
      (exports) => prototypeOf((exports as { Manager: unknown }).Manager),
      { execute: executing },
    ),
  ]

  function nameRoute({ route, method, raw }: Request): void {
    guard.enterLayer(raw.res, route.method === SPECIAL ? noRoute : routeOf(route))
    // Its own answer to OPTIONS is special too.
    if (route.method === SPECIAL && method !== 'options') guard.nothingMatched(raw.res)
  }

  function executing(original: AnyFunction): AnyFunction {
    return function execute(
      this: unknown,
      method: AnyFunction,
      request: Request,
      options: unknown,
    ): unknown {
      const res = request?.raw?.res
      if (!guard.active || !res || typeof method !== 'function') {
        return original.call(this, method, request, options)
      }
      const isHandler = method === request.route.settings.handler
      const trampoline = guard.enterLayer(res, isHandler ? handlerOf(method) : middlewareOf(method))
      return trampoline
        ? trampoline.call3(original, this, method, request, options)
        : original.call(this, method, request, options)
    }
  }
}
