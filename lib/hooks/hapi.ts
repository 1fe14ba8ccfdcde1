/**
 * hapi 20.2 and later, and 21.
 *
 * Every function of the app's (a handler, an extension, a prerequisite, a scheme) is called by the
 * toolkit's `execute`, which runs in the frame of the one it calls. The route is `request.route`, known
 * once the request has looked itself up.
 */
import { enterLayer, handlerLayer, middlewareLayer, routeLayer } from './layers'
import type { AnyFunction, HookListener, LayerInfo } from './listener'
import type { HookedFile } from './modules'
import { patch } from './patch'

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

export function hapiFiles(listener: HookListener): HookedFile[] {
  const routes = new WeakMap<object, LayerInfo>()
  const handlers = new WeakMap<AnyFunction, LayerInfo>()
  const others = new WeakMap<AnyFunction, LayerInfo>()
  const noRoute = middlewareLayer(function hapi() {}, true)

  function infoOf(
    known: WeakMap<AnyFunction, LayerInfo>,
    fn: AnyFunction,
    make: (fn: AnyFunction) => LayerInfo,
  ): LayerInfo {
    let info = known.get(fn)
    if (!info) known.set(fn, (info = make(fn)))
    return info
  }

  function name({ route, method, raw }: Request): void {
    if (route.method === SPECIAL) {
      enterLayer(listener, raw.res, noRoute)
      // Its own answer to OPTIONS is special too.
      if (method !== 'options') listener.nothingMatched(raw.res)
      return
    }
    let info = routes.get(route)
    if (!info) routes.set(route, (info = routeLayer(route.path)))
    enterLayer(listener, raw.res, info)
  }

  function wrapLookup(original: AnyFunction): AnyFunction {
    return function _lookup(this: Request, ...args: unknown[]): unknown {
      const result = original.apply(this, args)
      try {
        if (listener.active) name(this)
      } catch (error) {
        listener.hookFailed('naming a route', error)
      }
      return result
    }
  }

  function wrapExecute(original: AnyFunction): AnyFunction {
    return function execute(
      this: unknown,
      method: AnyFunction,
      request: Request,
      options: unknown,
    ): unknown {
      const res = request?.raw?.res
      if (!listener.active || !res || typeof method !== 'function') {
        return original.call(this, method, request, options)
      }
      const isHandler = method === request.route.settings.handler
      const info = isHandler
        ? infoOf(handlers, method, handlerLayer)
        : infoOf(others, method, middlewareLayer)
      const frame = enterLayer(listener, res, info)
      return frame
        ? frame.call3(original, this, method, request, options)
        : original.call(this, method, request, options)
    }
  }

  const prototypeOf = (exports: unknown): object => (exports as { prototype: object }).prototype

  return [
    {
      packageName: '@hapi/hapi',
      file: '@hapi/hapi/lib/request',
      apply: (exports) => ({
        exports,
        unpatch: patch(prototypeOf(exports), '_lookup', wrapLookup),
      }),
    },
    {
      packageName: '@hapi/hapi',
      file: '@hapi/hapi/lib/toolkit',
      apply: (exports) => ({
        exports,
        unpatch: patch(
          prototypeOf((exports as { Manager: unknown }).Manager),
          'execute',
          wrapExecute,
        ),
      }),
    },
  ]
}
