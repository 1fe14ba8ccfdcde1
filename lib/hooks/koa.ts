/**
 * Koa 2 and 3, with @koa/router and koa-router.
 *
 * All of them run their functions through `koa-compose`, which is CommonJS whatever the app is: it is
 * handed an array that answers with labelled functions, and runs them as its own. The arrays that an app
 * can look at (`app.middleware`, a layer's `stack`) keep its functions.
 *
 * The route is what the router publishes: `ctx.matched`, the layers that fit, each with its `path`,
 * `methods` and `stack`. A router composes a chain per request; of each layer that runs, a function of
 * the router's own and then the layer's:
 *
 *     ctx.matched  [use /v1(.*), stack [auth]]   [GET /v1/users/:id, stack [load, show]]
 *     chain        (set), auth,                  (set), load, show
 */
import { isSameList, remembered, replaced, seen } from './framework'
import type { Guard } from './guard'
import { handlerLayer, middlewareLayer, patternText, routeLayer } from './layers'
import type { AnyFunction, LayerInfo } from './listener'
import type { HookedFile } from './modules'
import { apply, inGuiseOf } from './patch'

interface Context {
  readonly res: object
  readonly method: string
  readonly path: string
  readonly originalUrl: string
  /** Of koa-mount: where the innermost app is mounted. */
  readonly mountPath?: unknown
  readonly matched?: unknown
}

interface RouterLayer {
  readonly path: unknown
  readonly methods: readonly string[]
  readonly stack: readonly AnyFunction[]
}

/** Prefixes that one layer is told apart by, at most: the places an app mounts one router in. */
const MAX_PREFIXES = 16

export function koaFiles(guard: Guard): HookedFile[] {
  const labelledStacks = new WeakMap<object, { of: AnyFunction[]; labelled: AnyFunction[] }>()
  const routesOf = remembered((_layer: RouterLayer) => new Map<string, LayerInfo>())
  const composed = new WeakSet<object>()
  /** A middleware of the app, or of something it composed. A router's `routes()` says whose it is. */
  const labelledMiddleware = remembered((fn: AnyFunction) =>
    labelled(fn, middlewareLayer(fn, { isRouter: 'router' in fn || composed.has(fn) })),
  )
  /** The request whose function runs now, for the chain a router composes in it. */
  let running: Context | null = null

  return [
    seen('koa', 'lib/application'),
    seen('@koa/router', 'lib/router'),
    seen('@koa/router', 'dist/index'),
    seen('koa-router', 'lib/router'),
    replaced('koa-compose', '', composing),
  ]

  function labelled(fn: AnyFunction, layer: LayerInfo): AnyFunction {
    return inGuiseOf(fn, function (this: unknown, ctx: unknown, next: unknown): unknown {
      if (!guard.active || !isContext(ctx)) return fn.call(this, ctx, next)
      const outer = running
      running = ctx
      try {
        const trampoline = guard.enterLayer(ctx.res, layer)
        return trampoline ? trampoline.call2(fn, this, ctx, next) : fn.call(this, ctx, next)
      } finally {
        running = outer
      }
    })
  }

  function composing(original: AnyFunction): AnyFunction {
    const labelledList = guard.guarded('composing', (list: AnyFunction[]) =>
      running ? labelledChain(running, list) : labelledView(list),
    )
    return function compose(this: unknown, ...args: unknown[]): unknown {
      if (Array.isArray(args[0])) args[0] = labelledList(args[0] as AnyFunction[]) ?? args[0]
      const result = apply(original, this, args) as unknown
      // A chain lives as long as its request: not worth a note.
      if (!running && typeof result === 'function') composed.add(result)
      return result
    }
  }

  /** A list of middleware, and of lists of it, that answers with labelled functions. */
  function labelledView(list: AnyFunction[]): AnyFunction[] {
    return new Proxy(list, {
      get(middleware, key) {
        const value: unknown = Reflect.get(middleware, key)
        // An index; all other keys are the array's own methods.
        if (typeof key !== 'string' || key.charCodeAt(0) > 0x39) return value
        if (typeof value === 'function') return labelledMiddleware(value as AnyFunction)
        return Array.isArray(value) ? labelledView(value as AnyFunction[]) : value
      },
    })
  }

  /** The chain as a router is to run it; any other array composed meanwhile comes back as it is. */
  function labelledChain(ctx: Context, chain: AnyFunction[]): AnyFunction[] {
    const { matched, method } = ctx
    if (!Array.isArray(matched)) return chain
    let result: AnyFunction[] | null = null
    let route: RouterLayer | null = null
    let at = 0
    for (const layer of matched as RouterLayer[]) {
      const { methods, stack } = layer
      const runs = methods.length === 0 || methods.includes(method)
      if (!runs || stack.length === 0 || chain[at + 1] !== stack[0]) continue
      result ??= [...chain]
      for (const fn of labelledStack(layer)) result[++at] = fn
      at++
      if (methods.length > 0) route = layer
    }
    if (route) {
      const info = routeOf(route, mountPrefix(ctx))
      if (info) guard.enterLayer(ctx.res, info)
    }
    return result ?? chain
  }

  function labelledStack(layer: RouterLayer): AnyFunction[] {
    const { stack } = layer
    let known = labelledStacks.get(layer)
    if (!known || !isSameList(stack, known.of)) {
      const info = layer.methods.length > 0 ? handlerLayer : middlewareLayer
      known = { of: [...stack], labelled: stack.map((fn) => labelled(fn, info(fn))) }
      labelledStacks.set(layer, known)
    }
    return known.labelled
  }

  function routeOf(layer: RouterLayer, prefix: string): LayerInfo | null {
    const byPrefix = routesOf(layer)
    let route = byPrefix.get(prefix)
    if (!route) {
      if (byPrefix.size >= MAX_PREFIXES) return null
      route = routeLayer(prefix + patternText(layer.path))
      byPrefix.set(prefix, route)
    }
    return route
  }
}

function isContext(ctx: unknown): ctx is Context {
  return typeof ctx === 'object' && ctx !== null && 'res' in ctx
}

/**
 * Where koa-mount put the app that runs now, all mounts above it included: what the path lost since
 * the request came. Mounts are literal text, so this is no part of a URL that varies.
 */
function mountPrefix({ mountPath, originalUrl, path }: Context): string {
  if (typeof mountPath !== 'string') return ''
  const end = originalUrl.search(/[?#]/)
  const original = end < 0 ? originalUrl : originalUrl.slice(0, end)
  const inner = path === '/' && !original.endsWith('/') ? '' : path
  if (!original.endsWith(inner)) return ''
  const prefix = original.slice(0, original.length - inner.length)
  const mount = patternText(mountPath)
  // Something else than mounts rewrote the path: what it took away may vary.
  return prefix.endsWith(mount) ? prefix : mount
}
