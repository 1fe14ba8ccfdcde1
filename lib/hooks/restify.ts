/**
 * restify 10 to 12.
 *
 * The router tells the route; its functions stand in chains, which call them by turns, and in version
 * 12 a tick later. A chain runs over a view of itself that has labelled functions; its own stack stays.
 */
import { after, before, isSameList, labelled, patched, prototypeOf, remembered } from './framework'
import type { Guard } from './guard'
import { handlerLayer, middlewareLayer, noRouteLayer, routeLayer } from './layers'
import type { AnyFunction, LayerInfo } from './listener'
import type { HookedFile } from './modules'

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

export function restifyFiles(guard: Guard): HookedFile[] {
  /** Chains of routes; the others run for many. */
  const routeChains = new WeakSet<object>()
  const views = new WeakMap<object, View>()
  const routeOf = remembered((route: Route) => {
    routeChains.add(route.chain)
    return routeLayer(route.path)
  })
  const noRoute = noRouteLayer('restify')
  // `lookup(req, res)` and `lookupByName(name, req, res)` set `req.route` when they find one.
  const lookup = after(guard, 'naming a route', nameRoute)

  return [
    patched('restify', 'lib/router', prototypeOf, {
      lookup,
      lookupByName: lookup,
      defaultRoute: before(guard, 'nothing matched', tellUnmatched),
    }),
    patched('restify', 'lib/chain', prototypeOf, { run: running }),
  ]

  function nameRoute(_router: object, args: unknown[], found: unknown): void {
    const [req, res] = args.slice(-2) as [Request, object]
    if (found && req.route) guard.enterLayer(res, routeOf(req.route))
  }

  function tellUnmatched(_router: object, args: unknown[]): void {
    const [req, res] = args as [Request, object]
    guard.enterLayer(res, noRoute)
    // It answers OPTIONS for the routes there are.
    if (req.method !== 'OPTIONS') guard.nothingMatched(res)
  }

  function running(original: AnyFunction): AnyFunction {
    const viewed = guard.guarded('running a chain', viewOf)
    return function run(this: Chain, req: unknown, res: unknown, done: unknown): unknown {
      return original.call(viewed(this) ?? this, req, res, done)
    }
  }

  function viewOf(chain: Chain): object {
    const stack = chain._stack
    let view = views.get(chain)
    if (!view || !isSameList(stack, view.of)) {
      const layer = routeChains.has(chain) ? handlerLayer : middlewareLayer
      // Four arguments: for errors only, and told by that number.
      const of = stack.map((fn) => (fn.length === 4 ? fn : inChain(fn, layer(fn))))
      view = { of: [...stack], chain: Object.create(chain, { _stack: { value: of } }) as object }
      views.set(chain, view)
    }
    return view.chain
  }

  /** The names restify gives a function are properties of it. */
  function inChain(fn: AnyFunction, layer: LayerInfo): AnyFunction {
    return Object.assign(labelled(guard, fn, layer), fn)
  }
}
