/**
 * At which place of the code the containers grow: a logpoint at every place where V8 may stop in some
 * functions, for a bounded number of hits. What grew from one hit to the next grew at the first of the two.
 *
 *     function add(key) {
 *       const entry = make(key)     1 the call of make
 *       entries.set(key, entry)     4 the call of set: +1
 *     }                             5 returns
 *     function make(key) {
 *       return { key }              2   3 returns: back at 1
 *     }
 *
 * V8 may stop at a call before or after it has its arguments: of one statement that calls several functions
 * any of its calls may be told.
 */
import { type CodePlace, HIT_MS, type Logpoints, MAX_SETTING_MS } from '../inspector/logpoints'
import type { StackFrame } from '../inspector/stack-frame'
import { type Changes, NOWHERE, type Slices } from './slices'

/** Functions, and places in them, that are watched in one trace, at most. */
const MAX_FUNCTIONS = 16
const MAX_PLACES = 192
/** Hits of a look for places, at most: a round number. */
const MAX_HITS = 1000
/** Additions at known places from which enough was seen of a container. */
const ENOUGH = 30
/** Functions within functions, at most. */
const MAX_DEPTH = 64

/** A function that runs, and the place that it has come to. */
interface Running {
  readonly fn: number
  place: number
}

export class Additions {
  readonly #logpoints: Logpoints
  readonly #slices: Slices
  readonly #places: Array<{ readonly place: CodePlace; readonly within: StackFrame }> = []
  readonly #now: () => number
  /** In which no logpoint was set yet; in the order in which that is done. */
  #functions: readonly StackFrame[]
  #points: number[] = []
  #isOver = false
  /** Of the slice that runs, the innermost last. */
  #running: Running[] = []
  #hits = 0

  constructor(
    functions: readonly StackFrame[],
    logpoints: Logpoints,
    slices: Slices,
    now: () => number,
  ) {
    this.#functions = functions.slice(0, MAX_FUNCTIONS)
    this.#logpoints = logpoints
    this.#slices = slices
    this.#now = now
    this.look()
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Watches more of the functions. */
  look(): void {
    const beganMs = this.#now()
    while (!this.#isOver && this.#functions.length > 0 && this.#now() - beganMs < MAX_SETTING_MS) {
      const [next, ...others] = this.#functions
      this.#functions = others
      this.#watch(next!, others.length)
    }
  }

  /** Time of the app's that the hits took, about. */
  get hitsMs(): number {
    return HIT_MS * this.#hits
  }

  /**
   * Where most of what was seen to be added to a container was added: the function, and the place in it.
   *
   * @returns null where none was seen
   */
  placeOf({ byPlace }: Changes): StackFrame | null {
    const [most] = [...byPlace].filter(([at]) => at !== NOWHERE).sort((a, b) => b[1] - a[1])
    const found = most && this.#places[most[0]]
    if (!found) return null
    const { lineNumber, columnNumber = 0 } = found.place
    return { ...found.within, lineNumber, columnNumber }
  }

  sawEnough({ byPlace }: Changes): boolean {
    let entries = 0
    for (const [at, by] of byPlace) if (at !== NOWHERE) entries += by
    return entries >= ENOUGH
  }

  /** Leaves the places: of what follows nothing is known. */
  stop(): void {
    this.#isOver = true
    for (const point of this.#points) this.#logpoints.remove(point)
    this.#points = []
    this.#slices.reach(NOWHERE)
  }

  #watch(within: StackFrame, fn: number): void {
    for (const place of this.#logpoints.placesIn(within)) {
      if (this.#places.length >= MAX_PLACES) return
      const at = this.#places.length
      const point = this.#logpoints.setAt(place, () => this.#hit(fn, at))
      if (point === null) continue
      this.#places.push({ place, within })
      this.#points.push(point)
    }
  }

  #hit(fn: number, place: number): void {
    if (this.#isOver) return
    this.#hits++
    if (this.#hits >= MAX_HITS) this.stop()
    else this.#slices.reach(this.#reached(fn, place))
  }

  /** A function that has returned leaves its caller where that was. */
  #reached(fn: number, place: number): number {
    if (this.#slices.place === NOWHERE) this.#running = []
    const at = this.#running.findLastIndex((one) => one.fn === fn)
    if (at >= 0) this.#running.length = at + 1
    else if (this.#running.length < MAX_DEPTH) this.#running.push({ fn, place })
    this.#running.at(-1)!.place = place
    if (this.#places[place]!.place.type !== 'return') return place
    this.#running.pop()
    return this.#running.at(-1)?.place ?? NOWHERE
  }
}
