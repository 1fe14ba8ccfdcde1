/**
 * Express 4 and 5, and the `router` package: which layer runs, and the path it was declared with.
 *
 * Layers keep only a compiled matcher of their path, so the path is noted beside them when the app
 * declares it (`use`, `route`). Nothing of the app's is replaced: not `next`, not a handler, not a
 * layer; those are compared by identity in tests and by frameworks that sort their stacks.
 */
import { afterDeclaring, patched, prototypeOf, replaced, seen } from './framework'
import type { Guard } from './guard'
import { layerInfo } from './layers'
import type { AnyFunction, LayerInfo } from './listener'
import type { HookedFile } from './modules'
import { apply } from './patch'

interface Layer {
  handle: AnyFunction & { stack?: unknown; handle?: unknown }
  name?: string
  route?: { readonly path?: unknown }
}

export function expressFiles(guard: Guard): HookedFile[] {
  const layers = new WeakMap<object, LayerInfo>()
  const enter = guard.guarded('layer', (res: object, layer: Layer) =>
    guard.listener.layerEntered(res, infoOf(layer)),
  )
  const declare = afterDeclaring(guard, noteLayers)
  const declarations = { use: declare, route: declare }

  return [
    // Express itself: seen for its version alone. Its main file is not seen when imported.
    seen('express', 'lib/express'),
    patched('express', 'lib/router/layer', prototypeOf, {
      handle_request: handling,
      handle_error: handlingError,
    }),
    // In Express 4 the exported function is itself the prototype of every router.
    patched('express', 'lib/router/index', (exports) => exports as object, declarations),
    patched('router', 'lib/layer', prototypeOf, {
      handleRequest: handling,
      handleError: handlingError,
    }),
    patched('router', '', prototypeOf, declarations),
    replaced('finalhandler', '', lastResort),
  ]

  function noteLayers(router: object, declared: Layer[], args: unknown[]): void {
    const path = isPath(args[0]) ? args[0] : ''
    for (const layer of declared) {
      layers.set(
        layer,
        layerInfo(layer.route ? 'route' : 'mount', layer.handle, {
          owner: router,
          path,
          name: layer.name,
          isRouter: Array.isArray(layer.handle?.stack) || layer.name === 'mounted_app',
          handlesErrors: layer.handle?.length === 4,
        }),
      )
    }
  }

  function infoOf(layer: Layer): LayerInfo {
    let info = layers.get(layer)
    if (!info) {
      // Not seen when it was declared: a function inside a route, or a layer older than our hooks.
      info = layerInfo(layer.route ? 'route' : 'handler', layer.handle, {
        owner: null,
        path: layer.route ? layer.route.path : '',
        name: layer.name,
        handlesErrors: layer.handle?.length === 4,
      })
      layers.set(layer, info)
    }
    return info
  }

  function handling(original: AnyFunction): AnyFunction {
    return function handleRequest(this: Layer, req: unknown, res: object, next: unknown): unknown {
      // Once per layer and request: no array of arguments is made here.
      const known = guard.active && arguments.length === 3
      // A function of four arguments handles errors only: it is skipped, and does not take over.
      const trampoline = known && !(this.handle?.length > 3) ? enter(res, this) : null
      if (trampoline) return trampoline.call3(original, this, req, res, next)
      return known ? original.call(this, req, res, next) : apply(original, this, arguments)
    }
  }

  function handlingError(original: AnyFunction): AnyFunction {
    return function handleError(
      this: Layer,
      error: unknown,
      req: unknown,
      res: object,
      next: unknown,
    ): unknown {
      const known = arguments.length === 4 && this.handle?.length === 4
      const trampoline = known ? enter(res, this) : null
      return trampoline
        ? trampoline.call4(original, this, error, req, res, next)
        : apply(original, this, arguments)
    }
  }

  /** What Express and Connect call when no layer answered: the one sure sign of an unmatched URL. */
  function lastResort(original: AnyFunction): AnyFunction {
    return function finalhandler(this: unknown, _req: unknown, res: object): unknown {
      const last = apply(original, this, arguments) as AnyFunction
      // One per request: without a name and of one parameter, like the one it stands for, as it is.
      return function (this: unknown, error: unknown): unknown {
        if (!error) guard.nothingMatched(res)
        return apply(last, this, arguments)
      }
    }
  }
}

/** As `Router.use` itself decides: the first argument is a path unless it leads to a function. */
function isPath(argument: unknown): boolean {
  let first = argument
  while (Array.isArray(first) && first.length !== 0) first = first[0]
  return typeof first !== 'function'
}
