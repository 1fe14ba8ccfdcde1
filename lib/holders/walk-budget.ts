/** What a walk may spend, and has spent: objects visited, functions opened, time. */
import { now } from '../inspector/intrinsics'

export interface WalkBounds {
  readonly ms: number
  /** Objects visited. */
  readonly objects: number
  /** Functions whose scopes the inspector is asked for: about 0.1 ms each. */
  readonly functions: number
}

/** The bound that cut a walk off; '' where it saw everything. */
export type Cut = '' | 'time' | 'objects' | 'functions'

/** Objects between two readings of the clock, which costs as much as visiting a small object. */
const OBJECTS_PER_CHECK = 16

export class WalkBudget {
  readonly #bounds: WalkBounds
  readonly #clock: () => number
  readonly #beganMs: number
  objects = 0
  functions = 0
  cut: Cut = ''

  /** @param clock - ms; not the clock that tests of an app set, nor one that the app has patched */
  constructor(bounds: WalkBounds, clock: () => number = now) {
    this.#bounds = bounds
    this.#clock = clock
    this.#beganMs = clock()
  }

  spentMs(): number {
    return this.#clock() - this.#beganMs
  }

  /** Whether no further object may be visited; asked before each. */
  isSpent(): boolean {
    if (this.objects >= this.#bounds.objects) this.cut = 'objects'
    else if (this.objects % OBJECTS_PER_CHECK === 0) this.isLate()
    return this.cut === 'time' || this.cut === 'objects'
  }

  /** Reads the clock whatever the number of objects. */
  isLate(): boolean {
    const isLate = this.spentMs() > this.#bounds.ms
    if (isLate) this.cut = 'time'
    return isLate
  }

  /** @returns false where no further function may be opened; the walk goes on without its scopes */
  takeFunction(): boolean {
    if (this.functions < this.#bounds.functions) {
      this.functions++
      return true
    }
    this.cut ||= 'functions'
    return false
  }
}
