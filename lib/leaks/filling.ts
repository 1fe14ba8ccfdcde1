/**
 * Leaks that are found and not told: while what keeps them may be a cache on its way to its capacity, and
 * while it is one, or has just become full. Its growth is a leak's in every respect but that it ends.
 */
import type { Judgement, RouteJudgement } from '../verdict/judge'
import type { Leak } from '../verdict/leak'

/** What a holder's growth says of its end. */
export interface Bounded {
  readonly size: number
  /** Entries per count of the leak. */
  readonly growth: number
  /** Entries it may come to; Infinity where nothing says it. */
  readonly capacity: number
}

/**
 * A full cache is judged by what came after it was full: from here on, in counts, the last third of the
 * observation lies behind that.
 */
const FULL_FACTOR = 1.5

/** A leak is held back so often: a cache that is cleared before it is full never is. */
const MAX_HOLDS = 3
/** Counts below this share of what they were: sampling began anew, and with it the observation. */
const RESTART_SHARE = 0.5

interface Hold {
  /** Counts of the leak when it was noted, up to which it may grow, and from which it is judged again. */
  readonly notedAt: number
  readonly growsUntil: number
  readonly until: number
}

export class FillingCaches {
  /** By the key of the leak. */
  readonly #holds: Map<string, Hold> = new Map()
  readonly #times: Map<string, number> = new Map()

  /**
   * What keeps a leak was found, or has kept it until it was full. It is held back where all of it has a
   * capacity, and the memory suffices for that.
   */
  note({ key, exposure, rate }: Leak, holders: readonly Bounded[], headroomBytes: number): void {
    const left = Math.max(0, ...holders.map((holder) => untilFull(holder)))
    const times = this.#times.get(key) ?? 0
    if (holders.length === 0 || !Number.isFinite(left) || times >= MAX_HOLDS) return
    const fullAt = exposure + left
    const until = FULL_FACTOR * fullAt
    // What goes on beside a cache that is full already is a leak for all of that time.
    const growsUntil = left === 0 ? until : fullAt
    if ((growsUntil - exposure) * rate > headroomBytes) return
    this.#times.set(key, times + 1)
    this.#holds.set(key, { notedAt: exposure, growsUntil, until })
  }

  has(key: string): boolean {
    return this.#holds.has(key)
  }

  /**
   * @returns true once, where a leak goes on for longer than its cache was expected to fill, or the
   *   memory no longer suffices for it
   */
  isOver({ key, exposure, rate }: Leak, headroomBytes: number): boolean {
    const hold = this.#holds.get(key)
    if (!hold) return false
    const { notedAt, growsUntil, until } = hold
    const isPast = exposure >= until || exposure < RESTART_SHARE * notedAt
    if (!isPast && (growsUntil - exposure) * rate <= headroomBytes) return false
    return this.#holds.delete(key)
  }
}

/** Counts until it is full, at its present growth. */
function untilFull({ size, growth, capacity }: Bounded): number {
  return (capacity - size) / growth
}

/** The judgement without some leaks: of a route that is left with none, nothing is said yet. */
export function without(judgement: Judgement, held: ReadonlySet<string>): Judgement {
  const leaks = judgement.leaks.filter(({ key }) => !held.has(key))
  const routes = judgement.routes.map((route, index): RouteJudgement => {
    if (route.verdict !== 'leaking') return route
    const leak = leaks.find((one) => one.route === index)
    if (leak) return { ...route, bytesPerRequest: leak.rate, ci95: leak.ci95 }
    const { floorBytesPerRequest } = route
    return {
      verdict: 'insufficient-data',
      ...(floorBytesPerRequest === undefined ? {} : { floorBytesPerRequest }),
    }
  })
  return { routes, leaks }
}
