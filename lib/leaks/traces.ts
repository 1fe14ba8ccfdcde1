/** What traces saw, by the functions in the stacks of what was sampled. */
import { positionKey, type StackFrame } from '../inspector/stack-frame'
import type { Leak } from '../verdict/leak'
import type { Shares, Traced } from '../verdict/observation'
import { THRESHOLDS } from '../verdict/thresholds'

/** Functions remembered, and as many pairs of them, at most: a trace sees a dozen. */
const MAX_FUNCTIONS = 512

export type Receivers = ReadonlyArray<WeakRef<object>>

export class Traces {
  /** By `positionKey`: who runs the function. */
  readonly #runs: Map<string, Shares> = new Map()
  /** By `stackKey`: whose code made the containers grow that keep what is allocated there. */
  readonly #growths: Map<string, Shares> = new Map()
  /** By `positionKey`: objects as whose methods the function ran. */
  readonly #receivers: Map<string, Receivers> = new Map()

  noteRuns(key: string, shares: Shares): void {
    if (shares.seen > 0) put(this.#runs, key, shares)
  }

  noteReceivers(key: string, receivers: Receivers): void {
    put(this.#receivers, key, receivers)
  }

  /** As whose methods the functions of a leak's stacks ran; one of them may hold what keeps it. */
  receiversOf({ places }: Pick<Leak, 'places'>): Receivers {
    if (this.#receivers.size === 0) return []
    const keys = new Set(places.flatMap(({ place }) => place.frames.map(positionKey)))
    return [...keys].flatMap((key) => this.#receivers.get(key) ?? [])
  }

  /**
   * @param frames - the stack of a place, nearest first
   * @param isWhole - whether all is known that keeps what is allocated there; else it is noted only where
   *   nothing is known yet
   */
  noteGrowth(frames: readonly StackFrame[], shares: Shares, isWhole: boolean): void {
    const key = stackKey(frames)
    if (shares.seen > 0 && (isWhole || !this.#growths.has(key))) put(this.#growths, key, shares)
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
    const growth = this.#growths.get(stackKey(frames)) ?? null
    return runs || growth ? { runs, growth } : null
  }
}

/** The function that allocated, and what the event loop called. */
export function stackKey(frames: readonly StackFrame[]): string {
  const [nearest] = frames
  const outermost = frames.at(-1)
  return nearest && outermost ? `${positionKey(nearest)} ${positionKey(outermost)}` : ''
}

function put<T>(of: Map<string, T>, key: string, value: T): void {
  if (of.has(key) || of.size < MAX_FUNCTIONS) of.set(key, value)
}
