/** For which requests some functions run: a logpoint in each, for a bounded number of hits. */
import type { Logpoints } from '../inspector/logpoints'
import { type FunctionPosition, positionKey } from '../inspector/stack-frame'
import type { RequestMarks } from '../record/request-marks'
import { Tally } from './tally'

/** Looked at in one trace, at most. */
export const MAX_FUNCTIONS = 16
/** Hits of a function, at most: enough to tell a share of 3 % from none, 19 times in 20. */
const MAX_HITS = 100
/** All hits of a trace, ms: they are time of the app's. */
const MAX_HITS_MS = 50
/** The debugger takes about so many times as long for a hit as what is measured within. */
const HIT_FACTOR = 3

export class Executions {
  /** By `positionKey`. */
  readonly tallies: ReadonlyMap<string, Tally>
  readonly #logpoints: Logpoints
  readonly #marks: RequestMarks
  readonly #now: () => number
  #open = 0
  #withinMs = 0

  constructor(
    functions: readonly FunctionPosition[],
    logpoints: Logpoints,
    marks: RequestMarks,
    now: () => number,
  ) {
    this.#logpoints = logpoints
    this.#marks = marks
    this.#now = now
    const tallies = new Map<string, Tally>()
    for (const position of functions.slice(0, MAX_FUNCTIONS)) {
      const tally = new Tally()
      const id: number | null = logpoints.set(position, () => this.#hit(tally, id))
      if (id !== null) tallies.set(positionKey(position), tally)
    }
    this.tallies = tallies
    this.#open = tallies.size
  }

  /** Time of the app's that the hits took, about. */
  get hitsMs(): number {
    return HIT_FACTOR * this.#withinMs
  }

  /** All that may be seen was seen. */
  get isOver(): boolean {
    return this.#open === 0
  }

  #hit(tally: Tally, id: number | null): void {
    const beganMs = this.#now()
    tally.note(this.#marks.current, 1, beganMs)
    if (this.hitsMs >= MAX_HITS_MS) {
      this.#open = 0
      this.#logpoints.clear()
    } else if (tally.total === MAX_HITS && id !== null) {
      this.#open--
      this.#logpoints.remove(id)
    }
    this.#withinMs += this.#now() - beganMs
  }
}
