/**
 * How long a leak is held back whose holders are caches on their way to their capacity, or have just come
 * there: its growth is a leak's in every respect but that it ends (docs/method.md, "What counts as a
 * leak"). Counted in the exposure of the leak. Pure.
 */
import type { Bound } from '../holders/sought'
import type { Leak } from '../verdict/leak'
import { CACHES } from './thresholds'

type Growing = Pick<Leak, 'exposure' | 'rate'>

export interface Hold {
  /** Exposure of the leak when it was held back. */
  readonly heldAt: number
  /** Up to here the caches may grow, and the memory has to suffice. */
  readonly growsUntil: number
  /** From here on the leak is judged again. */
  readonly until: number
}

/**
 * @param headroomBytes - memory that is left
 * @returns null where one of those that keep it has no capacity, nothing keeps it, or the memory is full
 *   before the caches are
 */
export function holdFor(
  { exposure, rate }: Growing,
  bounds: readonly Bound[],
  headroomBytes: number,
): Hold | null {
  const left = Math.max(0, ...bounds.map(untilFull))
  if (bounds.length === 0 || !Number.isFinite(left)) return null
  const fullAt = exposure + left
  const until = CACHES.fullFactor * fullAt
  // What goes on beside a cache that is full already is a leak for all of that time.
  const growsUntil = left === 0 ? until : fullAt
  const hold = { heldAt: exposure, growsUntil, until }
  return suffices(hold, { exposure, rate }, headroomBytes) ? hold : null
}

/** Whether the leak goes on for longer than its caches explain, or the memory no longer suffices. */
export function isOver(hold: Hold, leak: Growing, headroomBytes: number): boolean {
  const { exposure } = leak
  if (exposure >= hold.until || exposure < CACHES.restartShare * hold.heldAt) return true
  return !suffices(hold, leak, headroomBytes)
}

function suffices(
  { growsUntil }: Hold,
  { exposure, rate }: Growing,
  headroomBytes: number,
): boolean {
  return (growsUntil - exposure) * rate <= headroomBytes
}

/** Exposure until it is full, at its present growth. */
function untilFull({ size, growth, capacity }: Bound): number {
  return (capacity - size) / growth
}
