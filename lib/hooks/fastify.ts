/**
 * Fastify 4 and 5.
 *
 * Fastify publishes an `onRoute` hook, and an instance to add it to on a diagnostics channel. Neither is
 * used: the app's own `onRoute` hooks would see our handler for theirs, and `printRoutes` would list our
 * hooks. Instead, each route's context, which Fastify makes for itself and gives to its router, gets the
 * framed handler; it holds a bound copy of the app's handler anyway.
 *
 *     fastify.get('/users/:id', show)
 *       new Context({ handler: show.bind(fastify), config: { url: '/users/:id' } })   handler framed
 *       router.on('GET', '/users/:id', {}, routeHandler, context)                     routeHandler names
 */
import { enterLayer, handlerLayer, routeLayer } from './layers'
import type { AnyFunction, HookListener, LayerInfo } from './listener'
import type { HookedFile } from './modules'
import { inGuiseOf, patch } from './patch'

// Taken before the app can put another in its place: its requests pass through here.
const { apply } = Reflect

interface RouteContext {
  handler: AnyFunction
  readonly config?: { readonly url?: unknown }
}

interface Reply {
  readonly raw?: object
}

export function fastifyFiles(listener: HookListener): HookedFile[] {
  /** The route of a context; null where it answers what no route does. */
  const routes = new WeakMap<object, LayerInfo | null>()
  const naming = new WeakSet<AnyFunction>()

  function framed(handler: AnyFunction): AnyFunction {
    const info = handlerLayer(handler)
    return inGuiseOf(handler, function (this: unknown, request: unknown, reply: Reply): unknown {
      const res = reply?.raw
      const frame = res ? enterLayer(listener, res, info) : null
      return frame ? frame.call2(handler, this, request, reply) : handler.call(this, request, reply)
    })
  }

  function note(context: RouteContext): void {
    const url = context.config?.url
    const isRoute = typeof url === 'string' && typeof context.handler === 'function'
    routes.set(context, isRoute ? routeLayer(url) : null)
    if (isRoute) context.handler = framed(context.handler)
  }

  function wrapContext(original: AnyFunction): AnyFunction {
    function Context(this: unknown, ...args: unknown[]): unknown {
      const context = Reflect.construct(original, args, new.target ?? Context) as RouteContext
      try {
        if (listener.active) note(context)
      } catch (error) {
        listener.hookFailed('declaring a route', error)
      }
      return context
    }
    Context.prototype = original.prototype as object
    return Object.assign(Context, original)
  }

  /** Fastify's one handler of all routes, which tells by their context which one it is. */
  function named(handler: AnyFunction, route: LayerInfo | null): AnyFunction {
    const wrapper = inGuiseOf(
      handler,
      function (this: unknown, _req: unknown, res: object): unknown {
        if (route) enterLayer(listener, res, route)
        else tellUnmatched(res)
        // Once per request: no array of arguments is made here.
        return apply(handler, this, arguments)
      },
    )
    naming.add(wrapper)
    return wrapper
  }

  function tellUnmatched(res: object): void {
    try {
      if (listener.active) listener.nothingMatched(res)
    } catch (error) {
      listener.hookFailed('nothing matched', error)
    }
  }

  /** `on(method, path[, options], handler, store)`; other users of this router have other stores. */
  function wrapOn(original: AnyFunction): AnyFunction {
    return function on(this: unknown, ...args: unknown[]): unknown {
      const at = typeof args[2] === 'function' ? 2 : 3
      const handler = args[at]
      const route = routes.get(args[at + 1] as object)
      if (route !== undefined && typeof handler === 'function') {
        if (!naming.has(handler as AnyFunction)) args[at] = named(handler as AnyFunction, route)
      }
      return original.apply(this, args)
    }
  }

  return [
    {
      packageName: 'fastify',
      file: 'fastify/lib/context',
      apply: (exports) => ({ exports: wrapContext(exports as AnyFunction), unpatch: () => {} }),
    },
    {
      packageName: 'find-my-way',
      file: 'find-my-way',
      apply: (exports) => ({
        exports,
        unpatch: patch((exports as { prototype: object }).prototype, 'on', wrapOn),
      }),
    },
  ]
}
