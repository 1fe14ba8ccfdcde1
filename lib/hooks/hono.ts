/**
 * Hono 4 on @hono/node-server.
 *
 * A Hono app hands each function to its router together with what it publishes of the route:
 *
 *     router.add('GET', '/users/:id', [show, { method: 'GET', path: '/users/:id', handler: show }])
 *
 * The router gets the framed function; what the app can look at (`app.routes`, `matchedRoutes(c)`) is
 * the second of the pair, and stays. The response is in `c.env`, where @hono/node-server puts it.
 */
import { enterLayer, handlerLayer, middlewareLayer, patternText, routeLayer } from './layers'
import type { AnyFunction, HookListener, LayerInfo } from './listener'
import type { HookedFile } from './modules'
import { inGuiseOf, patch } from './patch'

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

export function honoFiles(listener: HookListener): HookedFile[] {
  /** Pairs that were framed: a router hands them on to another, or to itself. */
  const framedPairs = new WeakSet<object>()

  function framed(handler: AnyFunction, route: LayerInfo | null, info: LayerInfo): AnyFunction {
    return inGuiseOf(handler, function (this: unknown, c: Context, next: unknown): unknown {
      const res = c?.env?.outgoing ?? c?.env?.server?.outgoing
      if (!res || !listener.active) return handler.call(this, c, next)
      if (route) enterLayer(listener, res, route)
      const frame = enterLayer(listener, res, info)
      return frame ? frame.call2(handler, this, c, next) : handler.call(this, c, next)
    })
  }

  function framedPair(pair: unknown): unknown {
    if (!Array.isArray(pair) || framedPairs.has(pair)) return pair
    const [handler, route] = pair as [unknown, RouterRoute | undefined]
    // Anybody may use these routers, for anything.
    if (typeof handler !== 'function' || typeof route?.path !== 'string') return pair
    const handle = handler as AnyFunction
    // `use` and `all` are one to the router; what takes a `next` for all paths below is middleware.
    const isMiddleware = route.method === 'ALL' && route.path.endsWith('*') && handle.length > 1
    const result = [
      isMiddleware
        ? framed(handle, null, {
            ...middlewareLayer(handle),
            pattern: patternText(route.path.slice(0, -1)),
          })
        : framed(handle, routeLayer(route.path), handlerLayer(handle)),
      route,
    ]
    framedPairs.add(result)
    return result
  }

  function wrapAdd(original: AnyFunction): AnyFunction {
    return function add(this: unknown, method: unknown, path: unknown, pair: unknown): unknown {
      let handed = pair
      try {
        if (listener.active) handed = framedPair(pair)
      } catch (error) {
        listener.hookFailed('declaring a route', error)
      }
      return original.call(this, method, path, handed)
    }
  }

  return Object.entries(ROUTERS).map(([folder, className]) => ({
    packageName: 'hono',
    file: `hono/dist/cjs/router/${folder}/router`,
    apply: (exports) => ({
      exports,
      unpatch: patch(
        (exports as Record<string, { prototype: object }>)[className]!.prototype,
        'add',
        wrapAdd,
      ),
    }),
  }))
}
