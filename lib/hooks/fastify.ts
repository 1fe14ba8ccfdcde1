/**
 * Fastify 4 and 5.
 *
 * Fastify publishes an `onRoute` hook, and an instance to add it to on a diagnostics channel. Neither is
 * used: the app's own `onRoute` hooks would see our handler for theirs, and `printRoutes` would list our
 * hooks. Instead, each route's context, which Fastify makes for itself and gives to its router, gets the
 * labelled handler; it holds a bound copy of the app's handler anyway.
 *
 *     fastify.get('/users/:id', show)
 *       new Context({ handler: show.bind(fastify), config: { url: '/users/:id' } })   handler labelled
 *       router.on('GET', '/users/:id', {}, routeHandler, context)                     routeHandler names
 */
import { before, labelledPair, patched, prototypeOf, replaced } from './framework'
import type { Guard } from './guard'
import { handlerLayer, routeLayer } from './layers'
import type { AnyFunction, LayerInfo } from './listener'
import type { HookedFile } from './modules'
import { apply, inGuiseOf } from './patch'

interface RouteContext {
  handler: AnyFunction
  readonly config?: { readonly url?: unknown }
}

interface Reply {
  readonly raw?: object
}

const responseOf = (_request: unknown, reply: Reply | undefined): object | undefined => reply?.raw

export function fastifyFiles(guard: Guard): HookedFile[] {
  /** The route of a context; null where it answers what no route does. */
  const routes = new WeakMap<object, LayerInfo | null>()
  const naming = new WeakSet<AnyFunction>()

  return [
    replaced('fastify', 'lib/context', makingContexts),
    // `on(method, path[, options], handler, store)`; other users of this router have other stores.
    patched('find-my-way', '', prototypeOf, { on: before(guard, 'declaring a route', nameRoute) }),
  ]

  function makingContexts(original: AnyFunction): AnyFunction {
    const note = guard.guarded('declaring a route', labelHandler)
    function Context(this: unknown, ...args: unknown[]): unknown {
      const context = Reflect.construct(original, args, new.target ?? Context) as RouteContext
      note(context)
      return context
    }
    Context.prototype = original.prototype as object
    return Context
  }

  function labelHandler(context: RouteContext): void {
    const url = context.config?.url
    const { handler } = context
    const isRoute = typeof url === 'string' && typeof handler === 'function'
    routes.set(context, isRoute ? routeLayer(url) : null)
    if (isRoute) {
      context.handler = labelledPair(guard, handler, handlerLayer(handler), { responseOf })
    }
  }

  function nameRoute(_router: object, args: unknown[]): void {
    const at = typeof args[2] === 'function' ? 2 : 3
    const handler = args[at] as AnyFunction
    const route = routes.get(args[at + 1] as object)
    if (route === undefined || typeof handler !== 'function' || naming.has(handler)) return
    args[at] = named(handler, route)
  }

  /** Fastify's one handler of all routes, which tells by their context which one it is. */
  function named(handler: AnyFunction, route: LayerInfo | null): AnyFunction {
    const wrapper = inGuiseOf(
      handler,
      function (this: unknown, _req: unknown, res: object): unknown {
        if (route) guard.enterLayer(res, route)
        else guard.nothingMatched(res)
        // Once per request: no array of arguments is made here.
        return apply(handler, this, arguments)
      },
    )
    naming.add(wrapper)
    return wrapper
  }
}
