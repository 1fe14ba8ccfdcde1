/**
 * Next.js 15 and 16: `next start` and custom servers, app and pages router.
 *
 * Next keeps what it knows of a request under a registered symbol on it; once it has answered, the
 * matched route is among that. Its functions run deep in promises: none gets a label.
 */
import { remembered, seen } from './framework'
import type { Guard } from './guard'
import { noRouteLayer, routeLayer } from './layers'
import type { HookedFile } from './modules'

const META = Symbol.for('NextInternalRequestMeta')

interface Definition {
  readonly pathname?: unknown
}

interface RequestMeta {
  readonly match?: { readonly definition?: Definition }
}

/** Pages that answer where no route does. */
const NOT_FOUND: ReadonlySet<unknown> = new Set(['/_not-found', '/404', '/_error'])

export function nextFiles(guard: Guard): HookedFile[] {
  // The whole path, also where a server of the app's own came before.
  const routeOf = remembered((definition: Definition) => routeLayer(definition.pathname, true))
  const noRoute = noRouteLayer('next')

  return [
    seen('next', 'dist/server/next-server', () =>
      guard.onResponseEnding(guard.guarded('naming a route', nameRoute)),
    ),
  ]

  function nameRoute(res: { readonly req?: object }): void {
    const meta = (res.req as Record<symbol, RequestMeta | undefined> | undefined)?.[META]
    if (!meta) return
    const definition = meta.match?.definition
    const isFound = definition !== undefined && !NOT_FOUND.has(definition.pathname)
    guard.enterLayer(res, isFound ? routeOf(definition) : noRoute)
    // What Next serves from files has no match either, and was found.
    if (definition && !isFound) guard.nothingMatched(res)
  }
}
