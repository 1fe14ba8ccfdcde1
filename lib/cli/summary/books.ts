/** The books over all processes: whose count, and what in them is open. docs/method.md, "The books". */
import type { GrowthFields } from '../../schema/lines'
import { THRESHOLDS } from '../../verdict/thresholds'
import { lastLiveHeap } from './series'
import type { InstanceSummary, LogSummary } from './summary'

/** Growth that goes on and that nobody was found for, told as a leak or not. */
export interface OpenGrowth {
  /** Processes whose books are open. */
  readonly processes: number
  /** Of all of them together. */
  readonly bytesPerMinute: number
}

export interface Booked extends InstanceSummary {
  readonly growth: GrowthFields
}

/** The processes with books, but for those of which one that took over has its own. */
export function bookedOf({ instances }: Pick<LogSummary, 'instances'>): Booked[] {
  // Who takes over began later, and comes later in the list.
  const hasBooks = new Map<string, boolean>()
  const booked: Booked[] = []
  for (const instance of instances.toReversed()) {
    const { instance: id, growth, replacedBy } = instance
    const isFollowed = replacedBy !== null && hasBooks.get(replacedBy) === true
    hasBooks.set(id, isFollowed || growth !== null)
    if (growth !== null && !isFollowed) booked.push({ ...instance, growth })
  }
  return booked.reverse()
}

/** Null where the books of every process are closed, or there are none. */
export function openGrowth(summary: Pick<LogSummary, 'instances'>): OpenGrowth | null {
  const open = bookedOf(summary).filter(isOpen)
  if (open.length === 0) return null
  const perMinute = open.map(({ growth: { openBytes, seconds } }) => openBytes / seconds)
  return {
    processes: open.length,
    bytesPerMinute: Math.round(60 * perMinute.reduce((sum, bytes) => sum + bytes, 0)),
  }
}

/** It grows beyond doubt, and by more than any heap does. */
function isOpen({ growth: { openBytes, ci95, seconds }, memory }: Booked): boolean {
  const { minOpenBytes, minOpenShare } = THRESHOLDS.books
  const least = Math.max(minOpenBytes, minOpenShare * (lastLiveHeap(memory) ?? 0))
  return seconds > 0 && ci95[0] > 0 && openBytes >= least
}
