/** What memprof itself costs the app: the time of its own work, its pauses, and what it keeps on the heap. */
import { performance } from '../clock'
import { roundMs } from '../emit/lines'
import type { ProcessLine } from '../schema/lines'

/** Since the start, and now. */
export interface CostNow {
  readonly pauseMs: number
  readonly heapBytes: number
}

export class OwnCost {
  readonly #onError: (error: unknown) => void
  readonly #now: () => number
  #cpuMs = 0
  /** As of the last interval's line. */
  #cpuMsWritten = 0
  #pauseMsWritten = 0

  constructor(onError: (error: unknown) => void, now: () => number = performance.now) {
    this.#onError = onError
    this.#now = now
  }

  /** Runs a piece of memprof's own work; its time is memprof's cost, its errors never the app's. */
  readonly timed: (work: () => void) => void = (work) => {
    const beganMs = this.#now()
    try {
      work()
    } catch (error) {
      this.#onError(error)
    }
    this.#cpuMs += this.#now() - beganMs
  }

  /** Of the interval that ends now. */
  ofInterval({ pauseMs, heapBytes }: CostNow): ProcessLine['self'] {
    const cost = {
      cpuMs: roundMs(this.#cpuMs - this.#cpuMsWritten),
      pauseMs: roundMs(pauseMs - this.#pauseMsWritten),
      heapBytes,
    }
    this.#cpuMsWritten = this.#cpuMs
    this.#pauseMsWritten = pauseMs
    return cost
  }

  /** Since the start. */
  total({ pauseMs, heapBytes }: CostNow): ProcessLine['self'] {
    return { cpuMs: roundMs(this.#cpuMs), pauseMs: roundMs(pauseMs), heapBytes }
  }
}
