/**
 * Hono 4 on @hono/node-server.
 *
 * A Hono app hands each function to its router together with what it publishes of the route:
 *
 *     router.add('GET', '/users/:id', [show, { method: 'GET', path: '/users/:id', handler: show }])
 *
 * The router gets the labelled function; what the app can look at (`app.routes`, `matchedRoutes(c)`) is
 * the second of the pair, and stays. The response is in `c.env`, where @hono/node-server puts it.
 */
import { before, labelledPair, patched, prototypeOf } from './framework'
import type { Guard } from './guard'
import { handlerLayer, middlewareLayer, routeLayer } from './layers'
import type { AnyFunction } from './listener'
import type { HookedFile } from './modules'

interface Bindings {
  readonly outgoing?: object
  /** Where @hono/node-server shares the bindings with others. */
  readonly server?: { readonly outgoing?: object }
}

interface Context {
  readonly env?: Bindings
}

interface RouterRoute {
  readonly method: string
  readonly path: string
  readonly handler: AnyFunction
}

/** Each router's file; an app has a SmartRouter over two of the others, or one of its choice. */
const ROUTERS: Readonly<Record<string, string>> = {
  'smart-router': 'SmartRouter',
  'reg-exp-router': 'RegExpRouter',
  'trie-router': 'TrieRouter',
  'linear-router': 'LinearRouter',
  'pattern-router': 'PatternRouter',
}

const responseOf = (context: Context | undefined): object | undefined =>
  context?.env?.outgoing ?? context?.env?.server?.outgoing

export function honoFiles(guard: Guard): HookedFile[] {
  /** Pairs with a labelled function: a router hands them on to another, or to itself. */
  const labelledPairs = new WeakSet<object>()
  const add = before(guard, 'declaring a route', labelPair)

  return Object.entries(ROUTERS).map(([folder, className]) =>
    patched(
      'hono',
      `dist/cjs/router/${folder}/router`,
      (exports) => prototypeOf((exports as Record<string, unknown>)[className]),
      { add },
    ),
  )

  function labelPair(_router: object, args: unknown[]): void {
    const pair = args[2]
    if (!Array.isArray(pair) || labelledPairs.has(pair)) return
    const [handle, route] = pair as [unknown, RouterRoute | undefined]
    // Anybody may use these routers, for anything.
    if (typeof handle !== 'function' || typeof route?.path !== 'string') return
    const ours = [labelledFor(route, handle as AnyFunction), route]
    labelledPairs.add(ours)
    args[2] = ours
  }

  function labelledFor({ method, path }: RouterRoute, handle: AnyFunction): AnyFunction {
    // `use` and `all` are one to the router; what takes a `next` for all paths below is middleware.
    if (method === 'ALL' && path.endsWith('*') && handle.length > 1) {
      const layer = middlewareLayer(handle, { path: path.slice(0, -1) })
      return labelledPair(guard, handle, layer, { responseOf })
    }
    const route = routeLayer(path)
    return labelledPair(guard, handle, handlerLayer(handle), { responseOf, route })
  }
}
