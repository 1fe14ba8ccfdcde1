/** An app by hand: its routes and layers, and the requests that the test lets end. */
import type { Label } from '../../lib/hooks/listener'
import type { RequestCounts } from '../../lib/leaks/watched-app'
import { RequestMarks } from '../../lib/record/request-marks'
import { type Layer, PathNode, type Route } from '../../lib/record/routes'

/** Of a process that has nothing, at one reading. */
export const SIZES = {
  liveHeapBytes: 0,
  appCodeBytes: 0,
  codeBytes: 0,
  ownWork: 0,
  debugged: 0,
  arrayBuffersBytes: 0,
  rssBytes: 0,
  heapTotalBytes: 0,
  connections: 0,
}

type Counted = Record<'endedTotal' | 'abortedTotal' | 'errorsTotal' | 'inFlight', number>

export class AppByHand implements RequestCounts {
  readonly routes: { readonly routes: Route[]; readonly layers: Layer[] } = {
    routes: [],
    layers: [],
  }
  readonly stats: Array<Counted> = []
  requests = 0
  readonly units = { begun: 0 }
  readonly marks: RequestMarks = new RequestMarks()

  constructor(patterns: readonly string[]) {
    for (const pattern of patterns) this.addRoute(pattern)
  }

  addRoute(pattern: string, label: Label | null = null): Route {
    const { routes } = this.routes
    const route: Route = {
      id: routes.length,
      method: 'GET',
      pattern,
      label,
      formerLabels: [],
      handlers: new Set(),
      kind: 'declared',
    }
    routes.push(route)
    this.stats.push({ endedTotal: 0, abortedTotal: 0, errorsTotal: 0, inFlight: 0 })
    return route
  }

  addLayer(name: string, mount: string, label: Label | null = null): Layer {
    const layer = {
      name,
      node: new PathNode(mount),
      mount,
      label,
      handlers: new Set<object>(),
      entered: 0,
    }
    this.routes.layers.push(layer)
    return layer
  }

  /** Requests of a route, by its index. */
  end(route: number, requests = 1): void {
    this.stats[route]!.endedTotal += requests
    this.requests += requests
  }
}
