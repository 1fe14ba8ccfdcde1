/**
 * Leaks that are found and not told: while what keeps them may be a cache on its way to its capacity, and
 * while it is one. Its growth is a leak's in every respect but that it ends.
 */
import type { Judgement, Leak } from './judge'

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

export class FillingCaches {
  /** Counts of the leak from which it is judged again, by its key. */
  readonly #until: Map<string, number> = new Map()

  /**
   * What keeps a leak was found. It is held back where all of it has a capacity, and the memory suffices
   * for that.
   */
  note(leak: Leak, holders: readonly Bounded[], headroomBytes: number): void {
    const counts = Math.max(0, ...holders.map((holder) => untilFull(holder)))
    if (holders.length === 0 || !Number.isFinite(counts)) return
    if (counts * leak.rate > headroomBytes) return
    this.#until.set(leak.key, FULL_FACTOR * (leak.counts + counts))
  }

  has(key: string): boolean {
    return this.#until.has(key)
  }

  /** @returns true once, where a leak goes on for longer than its cache was expected to fill */
  isOver({ key, counts }: Leak): boolean {
    const until = this.#until.get(key)
    return until !== undefined && counts >= until && this.#until.delete(key)
  }
}

/** Counts until it is full, at its present growth. */
function untilFull({ size, growth, capacity }: Bounded): number {
  return (capacity - size) / growth
}

/** The judgement without some leaks: of a route that is left with none, nothing is said yet. */
export function without(judgement: Judgement, held: ReadonlySet<string>): Judgement {
  const leaks = judgement.leaks.filter(({ key }) => !held.has(key))
  const routes = judgement.routes.map((route, index) => {
    if (route.verdict !== 'leaking' || leaks.some((leak) => leak.route === index)) return route
    const { floorBytesPerRequest } = route
    return {
      verdict: 'insufficient-data' as const,
      ...(floorBytesPerRequest === undefined ? {} : { floorBytesPerRequest }),
    }
  })
  return { routes, leaks }
}
