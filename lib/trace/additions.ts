/**
 * At which place of the code the containers grow, and how much is allocated there: a logpoint at every place
 * where V8 may stop in some functions, for a bounded number of hits. What grew from one hit to the next grew
 * at the first of the two, and so did the heap.
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
import type { Allocated } from '../verdict/observation'
import { Allocations, MAX_TWIN_HITS } from './allocations'
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

/** A place that is watched. */
interface Point {
  readonly place: CodePlace
  readonly within: StackFrame
  /** Number of the function. */
  readonly fn: number
  readonly id: number
  /** Of its twin; null where it has none, any more. */
  twinId: number | null
  twinHits: number
}

/** A function that runs, and the place that it has come to. */
interface Running {
  readonly fn: number
  place: number
}

export interface AdditionsOptions {
  readonly logpoints: Logpoints
  readonly slices: Slices
  /** Containers that have grown. */
  readonly grown: readonly Changes[]
  readonly now: () => number
  /** Of the heap, to the byte, garbage included. */
  readonly usedBytes: () => number
}

export class Additions {
  readonly #options: AdditionsOptions
  readonly #allocations: Allocations
  readonly #points: Point[] = []
  /** In which no logpoint was set yet; in the order in which that is done. */
  #functions: readonly StackFrame[]
  #isOver = false
  /** Of the slice that runs, the innermost last. */
  #running: Running[] = []
  #hits = 0

  constructor(functions: readonly StackFrame[], options: AdditionsOptions) {
    this.#functions = functions.slice(0, MAX_FUNCTIONS)
    this.#options = options
    this.#allocations = new Allocations(options.usedBytes, (at) => {
      const { fn, place } = this.#points[at]!
      return { fn, isCall: place.type === 'call' }
    })
    this.look()
  }

  /** Enough was seen, or no more may be. */
  get isOver(): boolean {
    return this.#isOver || this.#options.grown.every((changes) => seenOf(changes) >= ENOUGH)
  }

  /** Watches more of the functions. */
  look(): void {
    const { now } = this.#options
    const beganMs = now()
    while (!this.#isOver && this.#functions.length > 0 && now() - beganMs < MAX_SETTING_MS) {
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
    const found = most && this.#points[most[0]]
    return found ? frameAt(found) : null
  }

  /** What is allocated at each place for each entry that is added to some of the containers. */
  allocatedFor(some: readonly Changes[]): Allocated[] {
    const entries = some.reduce((sum, changes) => sum + seenOf(changes), 0)
    if (entries < ENOUGH) return []
    return [...this.#allocations.byPlace(entries)].map(([at, bytes]) => {
      const point = this.#points[at]!
      return { within: point.within, at: frameAt(point), bytes }
    })
  }

  /** Leaves the places: of what follows nothing is known. */
  stop(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const point of this.#points) {
      this.#options.logpoints.remove(point.id)
      this.#leaveTwin(point)
    }
    this.#options.slices.reach(NOWHERE)
  }

  #watch(frame: StackFrame, fn: number): void {
    const { logpoints } = this.#options
    const sourceHash = logpoints.hashOf(frame.scriptId)
    const within = sourceHash === undefined ? frame : { ...frame, sourceHash }
    for (const place of logpoints.placesIn(within)) {
      if (this.#points.length >= MAX_PLACES) return
      const at = this.#points.length
      const id = logpoints.setAt(place, () => this.#hit(at))
      if (id === null) continue
      const twinId = logpoints.setTwinAt(place, within.url, () => this.#hitTwin(at))
      this.#points.push({ place, within, fn, id, twinId, twinHits: 0 })
    }
  }

  #hit(at: number): void {
    if (this.#isOver) return
    const { slices } = this.#options
    const before = this.#added
    this.#allocations.reach(slices.place, at, slices.turn)
    if (++this.#hits >= MAX_HITS) this.stop()
    else slices.reach(this.#reached(this.#points[at]!.fn, at))
    if (this.#added > before) this.#allocations.added()
    this.#allocations.leave(at, slices.turn)
  }

  #hitTwin(at: number): void {
    if (this.#isOver) return
    const { slices } = this.#options
    this.#allocations.twin(at, slices.turn)
    this.#hits++
    const point = this.#points[at]!
    if (++point.twinHits >= MAX_TWIN_HITS) this.#leaveTwin(point)
    this.#allocations.leave(at, slices.turn)
  }

  /** Entries, of all containers. */
  get #added(): number {
    return this.#options.grown.reduce((sum, { added }) => sum + added.total, 0)
  }

  #leaveTwin(point: Point): void {
    if (point.twinId !== null) this.#options.logpoints.remove(point.twinId)
    point.twinId = null
  }

  /** A function that has returned leaves its caller where that was. */
  #reached(fn: number, place: number): number {
    if (this.#options.slices.place === NOWHERE) this.#running = []
    const at = this.#running.findLastIndex((one) => one.fn === fn)
    if (at >= 0) this.#running.length = at + 1
    else if (this.#running.length < MAX_DEPTH) this.#running.push({ fn, place })
    this.#running.at(-1)!.place = place
    if (this.#points[place]!.place.type !== 'return') return place
    this.#running.pop()
    return this.#running.at(-1)?.place ?? NOWHERE
  }
}

/** Entries that were added at places that are watched. */
function seenOf({ byPlace }: Changes): number {
  let entries = 0
  for (const [at, by] of byPlace) if (at !== NOWHERE) entries += by
  return entries
}

function frameAt({ place: { lineNumber, columnNumber = 0 }, within }: Point): StackFrame {
  return { ...within, lineNumber, columnNumber }
}
