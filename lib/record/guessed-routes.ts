/**
 * Routes that no framework names, or only by a pattern for every path: guessed from the path. What varies
 * by its look is folded at once (`/users/42` -> `/users/:n`); what does not look so, by how many values a
 * place of the path takes:
 *
 *     /products ─┬─ /search       has many requests: a route by itself
 *                ├─ /red-shoe     one value too many that had few: the place is a parameter
 *                ├─ /blue-hat
 *                └─ ...
 *     /products ─┬─ /search
 *                └─ /:id          what the few had is its, and so is every value to come
 *
 * A leak that is spread over the values of a parameter is too small in each of them to be seen, and their
 * routes would take all the places of the table.
 */
import { alongPath, copyOf, PARAMETER } from './paths'
import type { RouteStatsTable } from './route-stats'
import type { Route, RouteTable } from './routes'

/**
 * Values of a place that had few requests, at most; with one more it is a parameter. Chosen: 40 routes beside
 * each other are many for an app to name, and 64 values were seen to hide a leak.
 */
const MAX_VALUES = 48
/**
 * Requests from which a value is a route by itself. Of values that are asked for by Zipf's law (exponent 1)
 * 49 have come after 60 to 210 requests, and the first of them has had a quarter at most.
 */
const REQUESTS_OF_ROUTE = 100
/**
 * Places of the tree for each place of the table, at most: values of a dozen parameters at once, before they
 * are known to be such. Some 500 bytes each. A path that finds none is of `(other)`.
 */
const PLACES_PER_ROUTE = 8

interface Place {
  readonly pattern: string
  readonly parent: Place | null
  /** By the segment that leads there, with the slash before it. */
  readonly children: Map<string, Place>
  /** By method. */
  readonly routes: Map<string, Route>
  /** The child that takes what is no other's; null as long as each value has its own. */
  parameter: Place | null
  /** A request to it, or to below it, was answered by anything but 404. */
  isAnswered: boolean
}

export class GuessedRoutes {
  readonly #routes: RouteTable
  readonly #stats: RouteStatsTable
  readonly #root = placeAt('', null)
  #places = 1

  constructor(routes: RouteTable, stats: RouteStatsTable) {
    this.#routes = routes
    this.#stats = stats
  }

  /** Of a request at its arrival; null where no more guesses are made: it is named when it was answered. */
  atArrival(method: string, url: string): Route | null {
    const known = this.known(method, url)
    if (known || !this.#routes.takesGuesses) return known
    const place = this.#placeOf(url)
    return place && this.#routeAt(place, method)
  }

  known(method: string, url: string): Route | null {
    return alongPath<Place | null>(url, this.#root, knownChild)?.routes.get(method) ?? null
  }

  /** Of a request that was answered by anything but 404: strangers' paths are no values. */
  answered(method: string, url: string): Route {
    const place = this.#placeOf(url)
    if (place && this.#noteAnswered(place)) return this.answered(method, url)
    if (place) return this.#routeAt(place, method)
    this.#routes.overflowed++
    return this.#routes.other
  }

  #placeOf(url: string): Place | null {
    return alongPath<Place | null>(url, this.#root, (at, segment) => at && this.#child(at, segment))
  }

  #child(of: Place, segment: string): Place | null {
    const known = knownChild(of, segment)
    if (known) return known
    const hasPlace = this.#places < PLACES_PER_ROUTE * this.#routes.maxRoutes
    return hasPlace ? this.#addChild(of, segment) : null
  }

  #addChild(of: Place, segment: string): Place {
    const key = copyOf(segment)
    const child = placeAt(of.pattern + key, of)
    of.children.set(key, child)
    this.#places++
    return child
  }

  #routeAt(place: Place, method: string): Route {
    const known = place.routes.get(method)
    if (known) return known
    const route = this.#routes.named(method, place.pattern)
    // A place in the table may become free again.
    if (route !== this.#routes.other) place.routes.set(method, route)
    return route
  }

  /** @returns whether the place became part of another for it */
  #noteAnswered(place: Place): boolean {
    let highest: Place | null = null
    for (let at: Place | null = place; at?.parent && !at.isAnswered; at = at.parent) {
      at.isAnswered = true
      highest = at.parent
    }
    // Below a value that is new, nothing varies yet.
    if (!highest || !this.#varies(highest)) return false
    this.#makeParameter(highest)
    return true
  }

  #varies({ parameter, children }: Place): boolean {
    if (parameter || children.size <= MAX_VALUES) return false
    const values = [...children.values()].filter(
      (child) => child.isAnswered && !this.#isRoute(child),
    )
    return values.length > MAX_VALUES
  }

  #isRoute(place: Place): boolean {
    return this.#requestsBelow(place) >= REQUESTS_OF_ROUTE
  }

  #requestsBelow({ routes, children }: Place): number {
    let requests = 0
    for (const route of routes.values()) requests += this.#stats.of(route).endedTotal
    for (const child of children.values()) requests += this.#requestsBelow(child)
    return requests
  }

  #makeParameter(place: Place): void {
    const parameter = place.children.get(PARAMETER) ?? this.#addChild(place, PARAMETER)
    place.parameter = parameter
    for (const [segment, child] of place.children) {
      if (child === parameter || this.#isRoute(child)) continue
      place.children.delete(segment)
      this.#merge(child, parameter)
    }
    this.#makeParametersBelow(parameter)
  }

  /** Values that few requests had below each of many are many below the one that these have become. */
  #makeParametersBelow(place: Place): void {
    if (this.#varies(place)) return this.#makeParameter(place)
    for (const child of place.children.values()) this.#makeParametersBelow(child)
  }

  #merge(place: Place, into: Place): void {
    this.#places--
    into.isAnswered ||= place.isAnswered
    for (const [method, route] of place.routes) {
      // The app has a route of that very pattern, which stays.
      if (route.kind !== 'guessed') continue
      const taking = this.#routes.rename(route, place.pattern, into.pattern)
      this.#stats.merge(route, taking)
      if (taking !== this.#routes.other) into.routes.set(method, taking)
    }
    for (const [segment, child] of place.children) {
      this.#merge(child, knownChild(into, segment) ?? this.#addChild(into, segment))
    }
    if (place.parameter && !into.parameter) this.#makeParameter(into)
  }
}

function placeAt(pattern: string, parent: Place | null): Place {
  const [children, routes] = [new Map<string, Place>(), new Map<string, Route>()]
  return { pattern, parent, children, routes, parameter: null, isAnswered: false }
}

function knownChild(of: Place | null, segment: string): Place | null {
  return of && (of.children.get(segment) ?? of.parameter)
}
