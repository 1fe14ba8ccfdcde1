/**
 * Next.js 15 and 16: `next start` and custom servers, app and pages router.
 *
 * Next keeps what it knows of a request under a registered symbol on it; once it has answered, the
 * matched route is among that. Its functions run deep in promises: none gets a label.
 */
import { enterLayer, middlewareLayer, routeLayer } from './layers'
import type { HookListener, LayerInfo } from './listener'
import type { HookedFile } from './modules'

const META = Symbol.for('NextInternalRequestMeta')

interface RequestMeta {
  readonly match?: { readonly definition?: { readonly pathname?: unknown } }
}

/** Pages that answer where no route does. */
const NOT_FOUND: ReadonlySet<unknown> = new Set(['/_not-found', '/404', '/_error'])

export function nextFiles(listener: HookListener): HookedFile[] {
  const routes = new WeakMap<object, LayerInfo>()
  const noRoute = middlewareLayer(function next() {}, true)

  function nameRoute(res: { readonly req?: object }): void {
    const meta = (res.req as Record<symbol, RequestMeta | undefined> | undefined)?.[META]
    if (!meta) return
    const definition = meta.match?.definition
    if (!definition || NOT_FOUND.has(definition.pathname)) {
      // What it serves from files has no match either, and was found.
      enterLayer(listener, res, noRoute)
      if (definition) listener.nothingMatched(res)
      return
    }
    let info = routes.get(definition)
    // The whole path, also where a server of the app's own came before.
    if (!info) {
      info = { ...routeLayer(definition.pathname), isWhole: true }
      routes.set(definition, info)
    }
    enterLayer(listener, res, info)
  }

  return [
    {
      packageName: 'next',
      file: 'next/dist/server/next-server',
      apply: (exports) => {
        listener.beforeEnd = nameRoute
        return {
          exports,
          unpatch: () => {
            listener.beforeEnd = null
          },
        }
      },
    },
  ]
}
