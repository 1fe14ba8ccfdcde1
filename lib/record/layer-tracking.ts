/** Where in the app a request is: by the layers that it enters its route is found, and who runs now. */
import type { LayerInfo, Trampoline } from '../hooks/listener'
import type { RequestState } from './request-state'
import type { RouteNaming } from './route-naming'
import type { RouteStatsTable } from './route-stats'
import { type Layer, noteHandler, type PathNode, type RouteTable } from './routes'

/** The layer that stands for the server's own listeners, before any layer of a framework. */
const BEFORE_LAYERS = '(server)'

export class LayerTracking {
  readonly #routes: RouteTable
  readonly #stats: RouteStatsTable
  readonly #naming: RouteNaming

  constructor(routes: RouteTable, stats: RouteStatsTable, naming: RouteNaming) {
    this.#routes = routes
    this.#stats = stats
    this.#naming = naming
  }

  /** What runs before the framework's first layer belongs to all requests alike. */
  enterServer(): Trampoline | null {
    const layer = this.#routes.layerAt(this.#routes.root, BEFORE_LAYERS)
    if (!layer) return null
    layer.entered++
    return layer.label?.trampoline ?? null
  }

  /** @returns the trampoline of what runs from here on: the route, or a middleware by itself */
  enter(state: RequestState, layer: LayerInfo): Trampoline | null {
    // The request stays where it failed: an error handler answers for all.
    if (layer.handlesErrors) return this.#run(state.node ?? this.#routes.root, layer)
    if (layer.kind === 'handler') return this.#runHandler(state, layer)
    const node = state.enter(layer, this.#routes)
    state.unmatched = false
    if (layer.kind === 'route') {
      state.route = this.#naming.matched(node, state)
      this.#stats.countIn(state, state.route)
      return state.route.label?.trampoline ?? null
    }
    state.lastLayer = layer
    return layer.isRouter ? null : this.#run(node, layer)
  }

  #runHandler(state: RequestState, layer: LayerInfo): Trampoline | null {
    state.lastLayer = layer
    const { route } = state
    if (!route) return null
    if (layer.recorderSlot !== route) {
      layer.recorderSlot = route
      noteHandler(route, layer.handle)
    }
    return route.label?.trampoline ?? null
  }

  #run(node: PathNode, info: LayerInfo): Trampoline | null {
    // Nearly always mounted in one place.
    let layer = info.recorderSlot as Layer | null
    if (layer?.node !== node) {
      layer = this.#routes.layerAt(node, info.name)
      if (!layer) return null
      info.recorderSlot = layer
      noteHandler(layer, info.handle)
    }
    layer.entered++
    return layer.label?.trampoline ?? null
  }
}
