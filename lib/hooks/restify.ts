/**
 * restify 10 to 12.
 *
 * The router tells the route; its functions stand in chains, which call them by turns, and in version
 * 12 a tick later. A chain runs over a view of itself that has framed functions; its own stack stays.
 */
import { enterLayer, handlerLayer, middlewareLayer, routeLayer } from './layers'
import type { AnyFunction, HookListener, LayerInfo } from './listener'
import type { HookedFile } from './modules'
import { inGuiseOf, patch, patchAll } from './patch'

interface Route {
  readonly path: unknown
  readonly chain: object
}

interface Request {
  readonly method: string
  readonly route?: Route
}

interface Chain {
  readonly _stack: readonly AnyFunction[]
}

interface View {
  readonly of: readonly AnyFunction[]
  readonly chain: object
}

export function restifyFiles(listener: HookListener): HookedFile[] {
  const routes = new WeakMap<object, LayerInfo>()
  /** Chains of routes; the others run for many. */
  const routeChains = new WeakSet<object>()
  const views = new WeakMap<object, View>()
  const noRoute = middlewareLayer(function restify() {}, true)

  function framed(handler: AnyFunction, info: LayerInfo): AnyFunction {
    const wrapper = function (this: unknown, req: unknown, res: object, next: unknown): unknown {
      const frame = enterLayer(listener, res, info)
      return frame ? frame.call3(handler, this, req, res, next) : handler.call(this, req, res, next)
    }
    // The names restify gives a function are properties of it.
    return Object.assign(inGuiseOf(handler, wrapper), handler)
  }

  function viewOf(chain: Chain): object {
    const stack = chain._stack
    let view = views.get(chain)
    if (view?.of.length !== stack.length || !view.of.every((fn, at) => fn === stack[at])) {
      const layer = routeChains.has(chain) ? handlerLayer : middlewareLayer
      // Four arguments: for errors only, and told by that number.
      const of = stack.map((fn) => (fn.length === 4 ? fn : framed(fn, layer(fn))))
      view = { of: [...stack], chain: Object.create(chain, { _stack: { value: of } }) as object }
      views.set(chain, view)
    }
    return view.chain
  }

  function framedChain(chain: Chain): object {
    if (!listener.active) return chain
    try {
      return viewOf(chain)
    } catch (error) {
      listener.hookFailed('running a chain', error)
      return chain
    }
  }

  function wrapRun(original: AnyFunction): AnyFunction {
    return function run(this: Chain, req: unknown, res: unknown, done: unknown): unknown {
      return original.call(framedChain(this), req, res, done)
    }
  }

  function name(route: Route, res: object): void {
    let info = routes.get(route)
    if (!info) routes.set(route, (info = routeLayer(route.path)))
    routeChains.add(route.chain)
    enterLayer(listener, res, info)
  }

  /** `lookup(req, res)` and `lookupByName(name, req, res)` set `req.route` when they find one. */
  function wrapLookup(original: AnyFunction): AnyFunction {
    return function lookup(this: unknown, ...args: unknown[]): unknown {
      const found = original.apply(this, args) as unknown
      if (!found || !listener.active) return found
      try {
        const [req, res] = args.slice(-2) as [Request, object]
        if (req.route) name(req.route, res)
      } catch (error) {
        listener.hookFailed('naming a route', error)
      }
      return found
    }
  }

  function wrapDefaultRoute(original: AnyFunction): AnyFunction {
    return function defaultRoute(this: unknown, ...args: unknown[]): unknown {
      try {
        const [req, res] = args as [Request, object]
        enterLayer(listener, res, noRoute)
        // It answers OPTIONS for the routes there are.
        if (listener.active && req.method !== 'OPTIONS') listener.nothingMatched(res)
      } catch (error) {
        listener.hookFailed('nothing matched', error)
      }
      return original.apply(this, args)
    }
  }

  const prototypeOf = (exports: unknown): object => (exports as { prototype: object }).prototype

  return [
    {
      packageName: 'restify',
      file: 'restify/lib/router',
      apply: (exports) => ({
        exports,
        unpatch: patchAll(prototypeOf(exports), {
          lookup: wrapLookup,
          lookupByName: wrapLookup,
          defaultRoute: wrapDefaultRoute,
        }),
      }),
    },
    {
      packageName: 'restify',
      file: 'restify/lib/chain',
      apply: (exports) => ({ exports, unpatch: patch(prototypeOf(exports), 'run', wrapRun) }),
    },
  ]
}
