/**
 * Which finished requests the app does not let go of: some of them are watched by a
 * FinalizationRegistry, which holds them no longer than the app does.
 *
 * Requests that finish between two readings of the live heap are one cohort. A reading forces a major
 * GC, whose finalizers run in a later turn of the event loop: of the cohorts before the last two
 * readings it is known what lives.
 *
 *     reading       1          2          3 (the last)
 *     cohort   0    |    1     |    2     |    3
 *              known     known      still to be reported
 */

/** The first requests of a route are all watched, so that a rare route is known too. */
const WATCH_AT_FIRST = 64
/** After those one in so many: the registry takes 0.5 us for each. */
const WATCH_ONE_IN = 16
/** Requests watched at once, at most: a leak of requests would otherwise be one of memprof's too. */
const MAX_WATCHED = 16384
/** Cohorts of a route, at most; the two oldest become one. */
const MAX_COHORTS = 64

interface Cohort {
  /** The last reading before its requests finished. */
  readonly reading: number
  watched: number
  /** Watched requests that the app still holds. */
  alive: number
  /** The older cohort that has taken this one's counts. */
  mergedInto: Cohort | null
}

interface RouteRequests {
  finished: number
  /** Oldest first. */
  readonly cohorts: Cohort[]
}

export class KeptRequests {
  readonly #registry: FinalizationRegistry<Cohort>
  readonly #routes: RouteRequests[] = []
  #watched = 0
  #reading = 0

  /** @param guard - runs what no hook guards, so that its errors never reach the app */
  constructor(guard: (work: () => void) => void = (work) => work()) {
    this.#registry = new FinalizationRegistry((cohort) => guard(() => this.#letGo(cohort)))
  }

  /** Called for each finished request; watches some. */
  watch(request: object, routeId: number): void {
    const route = (this.#routes[routeId] ??= { finished: 0, cohorts: [] })
    const before = route.finished++
    if (before >= WATCH_AT_FIRST && before % WATCH_ONE_IN !== 0) return
    if (this.#watched >= MAX_WATCHED) return
    this.#watched++
    const cohort = this.#cohortNow(route)
    cohort.watched++
    cohort.alive++
    this.#registry.register(request, cohort)
  }

  /** After each reading of the live heap. */
  nextReading(): void {
    this.#reading++
    for (const route of this.#routes) {
      if (!route || route.cohorts.length <= MAX_COHORTS) continue
      const oldest = route.cohorts[0]!
      const [merged] = route.cohorts.splice(1, 1)
      oldest.watched += merged!.watched
      oldest.alive += merged!.alive
      merged!.mergedInto = oldest
    }
  }

  /** Watched requests of the cohorts of which it is known what lives, and how many of them live. */
  of(routeId: number): { watched: number; kept: number } {
    let watched = 0
    let kept = 0
    for (const cohort of this.#routes[routeId]?.cohorts ?? []) {
      if (cohort.reading > this.#reading - 2) break
      watched += cohort.watched
      kept += cohort.alive
    }
    return { watched, kept }
  }

  #letGo(cohort: Cohort): void {
    this.#watched--
    // The oldest cohort is merged into none: one step leads there.
    const counting = cohort.mergedInto ?? cohort
    counting.alive--
  }

  #cohortNow({ cohorts }: RouteRequests): Cohort {
    const last = cohorts.at(-1)
    if (last?.reading === this.#reading) return last
    const cohort = { reading: this.#reading, watched: 0, alive: 0, mergedInto: null }
    cohorts.push(cohort)
    return cohort
  }
}
