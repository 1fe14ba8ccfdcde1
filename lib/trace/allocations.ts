/**
 * How much the app allocates between places of its code: the heap is read where a hit begins and where it
 * ends, and what lies between two hits is the app's, but for what the debugger itself allocates for a hit.
 * That is the same at each hit of a place. A twin, hit right after it, tells how much:
 *
 *     hit of 3   twin of 3            the app            hit of 4
 *     [-------]  [-------]                               [-------]
 *             \__/       \_______________________________/
 *           a hit's own           bytes, and a hit's own
 *
 * On Node 20 to 24 a hit's own bytes depend on the function alone, on Node 26 also on the variables that
 * have no value yet at the place before. What a slice allocates after its last hit is not seen, and what
 * functions without places allocate is of the place that called them: so of each place that is reached,
 * this is the most that the code there may have allocated. docs/method.md, "Tracing".
 */

/**
 * Twins' hits at one place, at most. V8 hands out memory in pieces, and the rest of one counts as used with
 * the next: readings err upwards, a third of them, and the least is right.
 */
export const MAX_TWIN_HITS = 4
/** Ways from one place to the next that are told apart, at most: straight code has one from each. */
const MAX_STRETCHES = 1024
/** Readings kept of a stretch, at most; the first. */
const MAX_READINGS = 64
/** Readings of a stretch from which they tell that next to nothing is allocated there. */
const ENOUGH_READINGS = 10

/** From one place to another. */
interface Stretch {
  /** That the app had come to. */
  readonly from: number
  /** That was hit before: of a function that has returned, where it is not `from`. */
  readonly last: number
  readonly to: number
  times: number
  readonly readings: number[]
}

/** What is known of a place by its number. */
export interface PlaceKind {
  /** Number of the function around it. */
  readonly fn: number
  readonly isCall: boolean
}

export class Allocations {
  readonly #usedBytes: () => number
  readonly #kindOf: (place: number) => PlaceKind
  readonly #stretches: Map<string, Stretch> = new Map()
  /** What a hit itself allocates, by place. */
  readonly #own: Map<number, number> = new Map()
  /** Calls since the last addition of the slice: what follows it is no part of what was added. */
  #pending: Array<readonly [Stretch, number]> = []
  #isAdded = false
  #lastBytes = 0
  #last = -1
  #turn = -1

  /** @param usedBytes - what is used of the heap, to the byte */
  constructor(usedBytes: () => number, kindOf: (place: number) => PlaceKind) {
    this.#usedBytes = usedBytes
    this.#kindOf = kindOf
  }

  /**
   * A hit begins.
   *
   * @param from - the place that the slice which runs had come to; negative where it had come to none
   * @param turn - the same as at the hit before while one slice runs
   */
  reach(from: number, to: number, turn: number): void {
    const grown = this.#grown(turn)
    if (turn !== this.#turn) {
      this.#pending = []
      this.#isAdded = false
    }
    const stretch = grown === null || from < 0 ? null : this.#stretch(from, to)
    if (!stretch) return
    if (this.#isAdded && this.#kindOf(from).isCall) this.#pending.push([stretch, grown!])
    else note(stretch, grown!)
  }

  /** From the place before to the one that is hit, an entry was added. */
  added(): void {
    for (const [stretch, grown] of this.#pending) note(stretch, grown)
    this.#pending = []
    this.#isAdded = true
  }

  /** The hit of a place's twin begins. */
  twin(place: number, turn: number): void {
    const grown = this.#grown(turn)
    if (grown === null || place !== this.#last) return
    this.#own.set(place, Math.min(grown, this.#own.get(place) ?? Number.POSITIVE_INFINITY))
  }

  /** The hit of a place or its twin ends. */
  leave(place: number, turn: number): void {
    this.#last = place
    this.#turn = turn
    this.#lastBytes = this.#usedBytes()
  }

  /**
   * Bytes allocated from each place on until the next, at most, for each of so many entries: where the code
   * runs oftener than entries are added, as if those were the times that it allocates most.
   */
  byPlace(entries: number): Map<number, number> {
    const stretches = [...this.#stretches.values()].filter(({ times }) => times > 0)
    const drift = this.#drift(stretches)
    const byPlace = new Map<number, number>()
    for (const stretch of stretches) {
      const { from, to, times } = stretch
      const own = this.#ownOf(stretch) + (drift.get(this.#kindOf(to).fn) ?? 0)
      const bytesAt = (quantile: number): number => Math.max(0, at(stretch, quantile) - own)
      const inSome = bytesAt(1 - Math.min(1, entries / times) / 2)
      const inAll = (bytesAt(0.5) * times) / entries
      byPlace.set(from, (byPlace.get(from) ?? 0) + Math.max(times < entries ? 0 : inSome, inAll))
    }
    return byPlace
  }

  /** By function: later hits' own bytes may differ from the first ones', and somewhere next to nothing is allocated. */
  #drift(stretches: readonly Stretch[]): Map<number, number> {
    const drift = new Map<number, number>()
    for (const stretch of stretches) {
      if (!this.#isOfOne(stretch) || stretch.readings.length < ENOUGH_READINGS) continue
      const { fn } = this.#kindOf(stretch.to)
      const bytes = at(stretch, 0.5) - this.#ownOf(stretch)
      drift.set(fn, Math.min(bytes, drift.get(fn) ?? Number.POSITIVE_INFINITY))
    }
    return drift
  }

  /** 0 where no twin was hit: then all of it counts as the app's. */
  #ownOf(stretch: Stretch): number {
    const { last, to } = stretch
    const own = this.#own.get(to) ?? 0
    return this.#isOfOne(stretch) ? Math.max(own, this.#own.get(last) ?? 0) : own
  }

  #isOfOne({ last, to }: Stretch): boolean {
    return this.#kindOf(last).fn === this.#kindOf(to).fn
  }

  #stretch(from: number, to: number): Stretch | null {
    const key = `${from} ${this.#last} ${to}`
    const known = this.#stretches.get(key)
    if (known || this.#stretches.size >= MAX_STRETCHES) return known ?? null
    const stretch = { from, last: this.#last, to, times: 0, readings: [] }
    this.#stretches.set(key, stretch)
    return stretch
  }

  /** @returns null where another slice ran since the last hit, or a GC */
  #grown(turn: number): number | null {
    const grown = this.#usedBytes() - this.#lastBytes
    return turn === this.#turn && grown >= 0 ? grown : null
  }
}

function note(stretch: Stretch, grown: number): void {
  stretch.times++
  if (stretch.readings.length < MAX_READINGS) stretch.readings.push(grown)
}

/** The reading at a quantile. */
function at({ readings }: Stretch, quantile: number): number {
  const sorted = readings.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))]!
}
