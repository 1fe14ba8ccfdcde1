/**
 * Routes by method and pattern, and the tree of path segments they are found by. Bounded: what comes
 * after the last place shares `(other)`.
 */
import type { Label } from '../hooks/listener'
import type { UnitKind } from '../schema/lines'
import { copyOf } from './paths'

/** A pattern longer than this many characters is cut: it comes from the app, or from a URL. */
export const MAX_PATTERN_CHARS = 256
/** Routes no framework matched share one name: what strangers ask for never makes a route. */
export const UNMATCHED = '(unmatched)'
/** What a framework, or a CORS middleware before all routes, says to OPTIONS. */
export const OPTIONS_ANSWER = '(options)'
export const OTHER = '(other)'

/** Methods of RFC 9110 and 5789; anything else is `_OTHER`, as in the OpenTelemetry conventions. */
const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'QUERY',
])
export function knownMethod(method: unknown): string {
  return METHODS.has(method as string) ? (method as string) : '_OTHER'
}

export interface Route {
  readonly id: number
  readonly method: string
  readonly pattern: string
  /** What its handlers run under. */
  readonly label: Label | null
  /** Of the routes that became part of it: what was allocated under them is its. */
  readonly formerLabels: Label[]
  /** The functions that were its handlers, the first few. */
  readonly handlers: Set<object>
  kind: RouteKind
}

/**
 * - `declared`: by a pattern of the app's
 * - `catch-all`: by one that takes every path, and so says nothing
 * - `guessed`: from URLs, or named by what answered
 */
export type RouteKind = 'declared' | 'catch-all' | 'guessed'

/** A middleware where it is mounted. */
export interface Layer {
  readonly name: string
  readonly node: PathNode
  /** Pattern of the mount; '' for every path. */
  readonly mount: string
  readonly label: Label | null
  readonly handlers: Set<object>
  /** Times it ran. */
  entered: number
}

/** Names of one kind of unit, at most, as a share of the table's places: strangers may give them. */
const UNITS_SHARE = 1 / 4
/** A unit's name longer than this many characters is cut. */
const MAX_UNIT_CHARS = 128

/** Handlers noted per route or layer: an app that makes one per request must not grow this. */
const MAX_HANDLERS = 16

export function noteHandler(of: { readonly handlers: Set<object> }, handle: object): void {
  if (of.handlers.size < MAX_HANDLERS) of.handlers.add(handle)
}

/** Ids for each place of the table: a route that became part of another leaves its id, which is not used again. */
const IDS_PER_PLACE = 4

/** As frameworks write it: `*`, `/{*path}`, `(.*)`, `/{path*}`, `/[[...path]]`. */
const CATCH_ALL = /^\/?(\*\w*|\{\/?\*\w*\}|\(\.\*\)|\{\w+\*\}|\[{1,2}\.{3}\w+\]{1,2})$/

/** Makes the label of a route or layer; null where stacks are not sampled. */
export type LabelMaker = (kind: 'route' | 'layer', name: string) => Label | null

/**
 * A node of the tree of path segments as the app declared them: `/v1` -> `/users` -> `/:id`. A
 * request's place in the app is one node, so no path is put together per request.
 */
export class PathNode {
  readonly children: Map<string, PathNode> = new Map()
  readonly routes: Map<string, Route> = new Map()
  readonly layers: Map<string, Layer> = new Map()
  readonly pattern: string
  /** Of the routes here. */
  readonly kind: RouteKind
  constructor(pattern: string, kind: RouteKind = 'declared') {
    this.pattern = pattern
    this.kind = kind
  }
}

export class RouteTable {
  readonly root: PathNode = new PathNode('')
  /** Told apart; the rest share `(other)`. */
  readonly maxRoutes: number
  /** Where paths go that found no place in the tree. */
  readonly #overflow = new PathNode(OTHER)
  readonly #routes: Route[] = []
  readonly #layers: Layer[] = []
  /** By method, then by pattern: one text of both would be put together per request. */
  readonly #named: Map<string, Map<string, Route>> = new Map()
  readonly #makeLabel: LabelMaker
  #nodes = 1
  /** Routes that became part of another. */
  #merged = 0
  /** How often a route found no place and went to `(other)`. */
  overflowed = 0

  constructor(maxRoutes: number, makeLabel: LabelMaker) {
    this.maxRoutes = maxRoutes
    this.#makeLabel = makeLabel
    this.#add('', OTHER)
  }

  /** By id: a route that became part of another has that one in its place. */
  get routes(): readonly Route[] {
    return this.#routes
  }

  get layers(): readonly Layer[] {
    return this.#layers
  }

  /** Where a full table puts the rest. Always id 0. */
  get other(): Route {
    return this.#routes[0]!
  }

  child(node: PathNode, pattern: string): PathNode {
    if (pattern === '' || node === this.#overflow) return node
    let child = node.children.get(pattern)
    if (!child) {
      // Twice as many nodes as routes: mounts are nodes too. An app that builds routers per
      // request would otherwise grow this tree for ever.
      if (this.#nodes >= 2 * this.maxRoutes + 64) return this.#overflow
      const kind = CATCH_ALL.test(pattern) ? 'catch-all' : 'declared'
      child = new PathNode(join(node.pattern, pattern), kind)
      node.children.set(pattern, child)
      this.#nodes++
    }
    return child
  }

  routeAt(node: PathNode, method: string): Route {
    if (node === this.#overflow) {
      this.overflowed++
      return this.other
    }
    let route = node.routes.get(method)
    if (!route) {
      route = this.named(method, node.pattern === '' ? '/' : node.pattern)
      route.kind = node.kind
      node.routes.set(method, route)
    }
    return route
  }

  named(method: string, pattern: string): Route {
    const found = this.#named.get(method)?.get(pattern)
    if (found) return found
    if (this.#isFull) {
      this.overflowed++
      return this.other
    }
    return this.#add(method, pattern)
  }

  /** Of work that is no request. What is one name too many shares `(other)` with the rest of its kind. */
  unit(kind: UnitKind, name: string): Route {
    const ofKind = this.#named.get(kind)
    const cut = name.slice(0, MAX_UNIT_CHARS)
    const known = ofKind?.get(cut)
    if (known) return known
    const isOneMore = (ofKind?.size ?? 0) >= this.maxRoutes * UNITS_SHARE
    return this.named(kind, isOneMore ? OTHER : copyOf(cut))
  }

  /**
   * Whether a route may be guessed from a URL before anybody answered it: strangers' paths take half of
   * the places at most.
   */
  get takesGuesses(): boolean {
    return !this.#isFull && this.#routes.length - this.#merged <= this.maxRoutes / 2
  }

  get #isFull(): boolean {
    const ids = this.#routes.length
    return ids - this.#merged > this.maxRoutes || ids > IDS_PER_PLACE * this.maxRoutes
  }

  /**
   * A route is known by another pattern from here on, and is part of the route of that pattern. A stack
   * that was sampled under its label still has that label.
   */
  rename(route: Route, from: string, to: string): Route {
    const { method } = route
    this.#named.get(method)?.delete(from)
    this.#merged++
    const into = this.named(method, to)
    for (const [id, one] of this.#routes.entries()) if (one === route) this.#routes[id] = into
    into.formerLabels.push(...(route.label ? [route.label] : []), ...route.formerLabels)
    for (const handle of route.handlers) noteHandler(into, handle)
    return into
  }

  /** Null: more layers than have a place. */
  layerAt(node: PathNode, name: string): Layer | null {
    let layer = node.layers.get(name)
    if (!layer) {
      if (this.#layers.length >= this.maxRoutes) return null
      const label = this.#makeLabel('layer', `${name} ${node.pattern || '/'}`)
      layer = { name, node, mount: node.pattern, label, handlers: new Set(), entered: 0 }
      node.layers.set(name, layer)
      this.#layers.push(layer)
    }
    return layer
  }

  #add(method: string, pattern: string): Route {
    const cut =
      pattern.length > MAX_PATTERN_CHARS ? `${pattern.slice(0, MAX_PATTERN_CHARS - 1)}…` : pattern
    const route: Route = {
      id: this.#routes.length,
      method,
      pattern: cut,
      label: this.#makeLabel('route', method ? `${method} ${cut}` : cut),
      formerLabels: [],
      handlers: new Set(),
      kind: 'guessed',
    }
    this.#routes.push(route)
    const ofMethod = this.#named.get(method)
    if (ofMethod) ofMethod.set(pattern, route)
    else this.#named.set(method, new Map([[pattern, route]]))
    return route
  }
}

function join(parent: string, pattern: string): string {
  return pattern.startsWith('/') || parent === '' ? parent + pattern : `${parent}/${pattern}`
}
