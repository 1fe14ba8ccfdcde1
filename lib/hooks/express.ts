/**
 * Express 4 and 5, and the `router` package: which layer runs, and the path it was declared with.
 *
 * Layers keep only a compiled matcher of their path, so the path is noted beside them when the app
 * declares it (`use`, `route`). Nothing of the app's is replaced: not `next`, not a handler, not a
 * layer; those are compared by identity in tests and by frameworks that sort their stacks.
 */
import { patternText } from './layers'
import type { AnyFunction, Frame, HookListener, LayerInfo } from './listener'
import type { HookedFile } from './modules'
import { inGuiseOf, patchAll, type Unpatch } from './patch'

// Taken before the app can put another in its place: its requests pass through here.
const { apply } = Reflect

interface Layer {
  handle: AnyFunction & { stack?: unknown; handle?: unknown }
  name?: string
  route?: object
}

/** As `Router.use` itself decides: the first argument is a path unless it leads to a function. */
function isPath(argument: unknown): boolean {
  let first = argument
  while (Array.isArray(first) && first.length !== 0) first = first[0]
  return typeof first !== 'function'
}

export function expressFiles(listener: HookListener): HookedFile[] {
  const layers = new WeakMap<object, LayerInfo>()

  function infoOf(layer: Layer): LayerInfo {
    let info = layers.get(layer)
    if (!info) {
      // Not seen when it was declared: a function inside a route, or a layer older than our hooks.
      const path = (layer.route as { path?: unknown } | undefined)?.path
      info = {
        kind: layer.route ? 'route' : 'handler',
        owner: null,
        pattern: layer.route ? patternText(path) : '',
        name: nameOf(layer),
        handle: layer.handle,
        isRouter: false,
        handlesErrors: layer.handle?.length === 4,
        memo: null,
      }
      layers.set(layer, info)
    }
    return info
  }

  function nameOf(layer: Layer): string {
    return String(layer.name || layer.handle?.name || '<anonymous>')
  }

  function noteNewLayers(router: { stack?: Layer[] }, from: number, path: unknown): void {
    for (const layer of (router.stack ?? []).slice(from)) {
      layers.set(layer, {
        kind: layer.route ? 'route' : 'mount',
        owner: router,
        pattern: patternText(path),
        name: nameOf(layer),
        handle: layer.handle,
        isRouter: Array.isArray(layer.handle?.stack) || layer.name === 'mounted_app',
        handlesErrors: layer.handle?.length === 4,
        memo: null,
      })
    }
  }

  function enter(res: object, layer: Layer): Frame | null {
    try {
      return listener.layerEntered(res, infoOf(layer))
    } catch (error) {
      listener.hookFailed('layer', error)
      return null
    }
  }

  function declaring(original: AnyFunction): AnyFunction {
    return function declare(this: { stack?: Layer[] }, ...args: unknown[]): unknown {
      const from = this?.stack?.length ?? 0
      const result = original.apply(this, args)
      try {
        noteNewLayers(this, from, isPath(args[0]) ? args[0] : '')
      } catch (error) {
        listener.hookFailed('declaring a layer', error)
      }
      return result
    }
  }

  function handling(original: AnyFunction): AnyFunction {
    return function handleRequest(this: Layer, req: unknown, res: object, next: unknown): unknown {
      // Once per layer and request: no array of arguments is made here.
      const known = listener.active && arguments.length === 3
      // A function of four arguments handles errors only: it is skipped, and does not take over.
      const frame = known && !(this.handle?.length > 3) ? enter(res, this) : null
      if (frame) return frame.call3(original, this, req, res, next)
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
      const known = listener.active && arguments.length === 4
      const frame = known && this.handle?.length === 4 ? enter(res, this) : null
      return frame
        ? frame.call4(original, this, error, req, res, next)
        : apply(original, this, arguments)
    }
  }

  function patchLayer(exports: unknown, handle: string, handleError: string): Unpatch {
    const { prototype } = exports as { prototype: object }
    return patchAll(prototype, { [handle]: handling, [handleError]: handlingError })
  }

  function patchDeclarations(router: object): Unpatch {
    return patchAll(router, { use: declaring, route: declaring })
  }

  const inPlace = (exports: unknown, unpatch: Unpatch): { exports: unknown; unpatch: Unpatch } => ({
    exports,
    unpatch,
  })

  return [
    // Express itself: seen for its version alone. Its main file is not seen when imported.
    {
      packageName: 'express',
      file: 'express/lib/express',
      apply: (exports) => inPlace(exports, () => {}),
    },
    {
      packageName: 'express',
      file: 'express/lib/router/layer',
      apply: (exports) => inPlace(exports, patchLayer(exports, 'handle_request', 'handle_error')),
    },
    {
      packageName: 'express',
      file: 'express/lib/router/index',
      // In Express 4 the exported function is itself the prototype of every router.
      apply: (exports) => inPlace(exports, patchDeclarations(exports as object)),
    },
    {
      packageName: 'router',
      file: 'router/lib/layer',
      apply: (exports) => inPlace(exports, patchLayer(exports, 'handleRequest', 'handleError')),
    },
    {
      packageName: 'router',
      file: 'router',
      apply: (exports) =>
        inPlace(exports, patchDeclarations((exports as { prototype: object }).prototype)),
    },
    {
      packageName: 'finalhandler',
      file: 'finalhandler',
      apply: (exports) => inPlace(wrapFinalHandler(exports as AnyFunction, listener), () => {}),
    },
  ]
}

/** What Express and Connect call when no layer answered: the one sure sign of an unmatched URL. */
function wrapFinalHandler(original: AnyFunction, listener: HookListener): AnyFunction {
  function finalhandler(this: unknown, _req: unknown, res: object): unknown {
    const last = apply(original, this, arguments) as AnyFunction
    // One per request: without a name and of one parameter, like the one it stands for, as it is.
    return function (this: unknown, error: unknown): unknown {
      try {
        if (listener.active && !error) listener.nothingMatched(res)
      } catch (caught) {
        listener.hookFailed('finalhandler', caught)
      }
      return apply(last, this, arguments)
    }
  }
  return Object.assign(inGuiseOf(original, finalhandler), original)
}
