/** The mark that our `emit` wears, so that a second copy of memprof in the same thread finds the first. */
import type { AnyFunction } from './listener'
import { serverPrototype } from './servers'

const MARK = Symbol.for('memprof')
/** Wrappers that others laid over ours with shimmer, at most. */
const MAX_DEPTH = 16

export interface Mark {
  readonly version: string
  /** Tells the running copy that another one of that version was loaded. */
  secondCopy(version: string): void
}

type MarkedFunction = AnyFunction & { [MARK]?: Mark; __original?: MarkedFunction }

export function wearMark<F extends AnyFunction>(emit: F, mark: Mark): F {
  return Object.defineProperty(emit, MARK, { value: mark })
}

/** The mark of a copy of memprof that already runs in this thread, or null. */
export function runningCopy(): Mark | null {
  let emit: MarkedFunction | undefined = serverPrototype().emit
  for (let depth = 0; emit && depth < MAX_DEPTH; depth++) {
    if (emit[MARK]) return emit[MARK]
    emit = emit.__original
  }
  return null
}
