/**
 * Which route a request belongs to, in the app's own words: the matched pattern; else where the
 * middleware that answered was mounted, or its name; else, and below a pattern for every path, the path of
 * the URL, with what varies folded.
 */
import { GuessedRoutes } from './guessed-routes'
import type { RequestState } from './request-state'
import type { RouteStatsTable } from './route-stats'
import { OPTIONS_ANSWER, type PathNode, type Route, type RouteTable, UNMATCHED } from './routes'

export class RouteNaming {
  readonly #routes: RouteTable
  readonly #stats: RouteStatsTable
  readonly #guessed: GuessedRoutes
  readonly #frameworkServers = new WeakSet<object>()

  constructor(routes: RouteTable, stats: RouteStatsTable) {
    this.#routes = routes
    this.#stats = stats
    this.#guessed = new GuessedRoutes(routes, stats)
  }

  /** Whether a framework has answered on that server. */
  hasFramework(server: object): boolean {
    return this.#frameworkServers.has(server)
  }

  /** Of a request at its arrival; null where no more guesses are made. */
  guess({ method, url }: RequestState): Route | null {
    return this.#guessed.atArrival(method, url)
  }

  /** Of a request that enters a route of a framework; where its pattern says nothing, the path may be known. */
  matched(node: PathNode, { method, url }: RequestState): Route {
    const known = node.kind === 'catch-all' ? this.#guessed.known(method, url) : null
    return known ?? this.#routes.routeAt(node, method)
  }

  /** Of a request that no framework has, and that was answered by anything but 404. */
  answered({ method, url }: RequestState): Route {
    return this.#guessed.answered(method, url)
  }

  /** A framework has the request: the guess made from the URL gives way to what it will say. */
  leaveToFramework(state: RequestState): void {
    state.framework = true
    state.route = null
    if (state.server) this.#frameworkServers.add(state.server)
  }

  /** Of a request that ended. */
  name(state: RequestState): Route {
    const { method, status, route } = state
    if (state.unmatched) return this.#routes.named(method, UNMATCHED)
    if (!state.framework) return this.#nameWithoutFramework(state)
    if (route) return route.kind === 'declared' ? route : this.#nameByPath(route, state)
    if (status === 404) return this.#routes.named(method, UNMATCHED)
    const pattern = state.node?.pattern
    if (pattern) return this.#routes.named(method, pattern)
    // Express answers for the routes it has when none of them handles OPTIONS.
    if (method === 'OPTIONS') return this.#routes.named(method, OPTIONS_ANSWER)
    return this.#routes.named(method, state.lastLayer ? `(${state.lastLayer.name})` : UNMATCHED)
  }

  /** A path that a catch-all route takes is one of the app's as one without a framework is. */
  #nameByPath(route: Route, state: RequestState): Route {
    if (route.kind === 'guessed') return this.#routes.routes[route.id]!
    if (state.status === 404) return route
    const named = this.answered(state)
    return named === this.#routes.other ? route : named
  }

  #nameWithoutFramework(state: RequestState): Route {
    const { method, status, server } = state
    // A router alone answers for the routes it has, and enters no layer for it.
    if (method === 'OPTIONS' && server && this.hasFramework(server)) {
      return this.#routes.named(method, status === 404 ? UNMATCHED : OPTIONS_ANSWER)
    }
    // Without a framework, a path is a route once it was answered by anything but 404.
    const stats = state.route && this.#stats.of(state.route)
    if (stats && stats.endedTotal > 0) return stats.route
    return status === 404 ? this.#routes.named(method, UNMATCHED) : this.answered(state)
  }
}
