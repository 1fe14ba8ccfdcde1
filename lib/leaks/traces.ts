/** What traces saw, by the functions in the stacks of what was sampled. */
import { positionKey, type StackFrame } from '../inspector/stack-frame'
import type { Shares, Traced } from '../verdict/observation'
import { THRESHOLDS } from '../verdict/thresholds'

/** Functions remembered, and as many pairs of them, at most: a trace sees a dozen. */
const MAX_FUNCTIONS = 512

export class Traces {
  /** By `positionKey`: who runs the function. */
  readonly #runs: Map<string, Shares> = new Map()
  /** By `ends`: whose code made the containers grow that keep what is allocated there. */
  readonly #growths: Map<string, Shares> = new Map()

  noteRuns(key: string, shares: Shares): void {
    put(this.#runs, key, shares)
  }

  /** @param frames - the stack of a place, nearest first */
  noteGrowth(frames: readonly StackFrame[], shares: Shares): void {
    put(this.#growths, ends(frames), shares)
  }

  /** @returns null where none saw any of it */
  of(frames: readonly StackFrame[]): Traced | null {
    if (this.#runs.size === 0 && this.#growths.size === 0) return null
    // Who pays runs all of the stack: of those that were seen often enough, the function that the fewest
    // run tells most.
    const { minSeen } = THRESHOLDS.trace
    const [runs = null] = frames
      .flatMap((frame) => this.#runs.get(positionKey(frame)) ?? [])
      .sort(
        (a, b) =>
          Number(b.seen >= minSeen) - Number(a.seen >= minSeen) ||
          a.routes.length - b.routes.length ||
          b.seen - a.seen,
      )
    const growth = this.#growths.get(ends(frames)) ?? null
    return runs || growth ? { runs, growth } : null
  }
}

/** The function that allocated, and what the event loop called. */
function ends(frames: readonly StackFrame[]): string {
  const [nearest] = frames
  const outermost = frames.at(-1)
  return nearest && outermost ? `${positionKey(nearest)} ${positionKey(outermost)}` : ''
}

function put(of: Map<string, Shares>, key: string, shares: Shares): void {
  if (shares.seen > 0 && (of.has(key) || of.size < MAX_FUNCTIONS)) of.set(key, shares)
}
