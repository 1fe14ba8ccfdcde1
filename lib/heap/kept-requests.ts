/**
 * Which finished requests the app does not let go of: some of them are watched by a
 * FinalizationRegistry, which holds them no longer than the app does.
 */

/** Of a route's requests the first few are watched, then one in this many. */
const WATCH_ONE_IN = 16
const WATCH_AT_FIRST = 64
/** Requests watched at once, at most: a leak of requests would otherwise grow this too. */
const MAX_WATCHED = 16384

interface Watch {
  readonly routeId: number
  /** The reading before which the request finished. */
  readonly reading: number
}

interface RouteWatch {
  seen: number
  /** By reading: watched, and of those not yet collected. */
  readonly watched: Map<number, number>
  readonly alive: Map<number, number>
}

/** Readings whose watches are told apart; older ones are added up. */
const MAX_READINGS = 64

export class KeptRequests {
  readonly #registry: FinalizationRegistry<Watch>
  readonly #routes: RouteWatch[] = []
  #watched = 0
  #reading = 0

  /** @param run - runs what no hook guards, so that its errors never reach the app */
  constructor(run: (work: () => void) => void = (work) => work()) {
    this.#registry = new FinalizationRegistry((watch) => run(() => this.#collected(watch)))
  }

  /** Called for each finished request; registers some. */
  watch(request: object, routeId: number): void {
    const route = (this.#routes[routeId] ??= { seen: 0, watched: new Map(), alive: new Map() })
    const seen = route.seen++
    if (seen >= WATCH_AT_FIRST && seen % WATCH_ONE_IN !== 0) return
    if (this.#watched >= MAX_WATCHED) return
    this.#watched++
    const reading = this.#reading
    add(route.watched, reading, 1)
    add(route.alive, reading, 1)
    this.#registry.register(request, { routeId, reading })
  }

  #collected({ routeId, reading }: Watch): void {
    this.#watched--
    const route = this.#routes[routeId]
    // A reading that was forgotten meanwhile was added to its successor.
    if (route) add(route.alive, route.alive.has(reading) ? reading : oldest(route.alive), -1)
  }

  /** After each reading of the live heap, that is, after each full collection of ours. */
  nextReading(): void {
    this.#reading++
    for (const route of this.#routes) {
      for (const counts of route ? [route.watched, route.alive] : []) {
        if (counts.size <= MAX_READINGS) continue
        const first = oldest(counts)
        const count = counts.get(first) ?? 0
        counts.delete(first)
        add(counts, oldest(counts), count)
      }
    }
  }

  /**
   * Watched requests that had finished before the last two readings, so that a full collection has
   * passed and been reported; and how many of them live.
   */
  of(routeId: number): { watched: number; kept: number } {
    const route = this.#routes[routeId]
    let watched = 0
    let kept = 0
    for (const [reading, count] of route?.watched ?? []) {
      if (reading > this.#reading - 2) continue
      watched += count
      kept += route?.alive.get(reading) ?? 0
    }
    return { watched, kept }
  }
}

function add(counts: Map<number, number>, key: number, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}

/** Keys are added in ascending order. */
function oldest(counts: ReadonlyMap<number, number>): number {
  return counts.keys().next().value ?? 0
}
