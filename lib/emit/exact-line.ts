/**
 * The line of a function that allocates what a leak keeps of it. V8's sampler knows the function alone; a
 * trace knows the most that each line of it can have allocated. What the other lines cannot have allocated
 * together is this one's:
 *
 *     kept of the function, per entry     |==================================|
 *     most that other lines allocate      |=======|
 *     at least of the line                        |==========================|
 *
 * Told where that is more than any other line has allocated.
 */
import { positionKey, type StackFrame } from '../inspector/stack-frame'
import type { SiteFrame } from '../schema/lines'
import type { Allocated } from '../verdict/observation'

/** The line has allocated this share of what is kept, or the trace has not seen what the sampler saw. */
const MIN_SEEN_SHARE = 0.5

/**
 * @param keptBytes - that the function allocated of each entry of what keeps the leak
 * @param locate - source-mapped: of a bundle all is in one line before
 * @returns null where no line is sure
 */
export function exactLine(
  within: StackFrame,
  keptBytes: number,
  allocated: readonly Allocated[],
  locate: (frame: StackFrame) => SiteFrame,
): Pick<SiteFrame, 'line' | 'column' | 'sourceHash'> | null {
  const key = positionKey(within)
  const byLine = new Map<string, { at: SiteFrame; bytes: number }>()
  const own = allocated.filter((one) => positionKey(one.within) === key)
  for (const { at: frame, bytes } of own.toSorted((a, b) => b.bytes - a.bytes)) {
    const at = locate(frame)
    const line = byLine.get(`${at.file}:${at.line}`)
    if (line) line.bytes += bytes
    else byLine.set(`${at.file}:${at.line}`, { at, bytes })
  }
  const [most, ...others] = [...byLine.values()].sort((a, b) => b.bytes - a.bytes)
  if (!most || most.bytes < MIN_SEEN_SHARE * keptBytes) return null
  const ofOthers = others.reduce((sum, { bytes }) => sum + bytes, 0)
  if (keptBytes - ofOthers <= (others[0]?.bytes ?? 0)) return null
  const { line, column, sourceHash } = most.at
  return { line, column, ...(sourceHash === undefined ? {} : { sourceHash }) }
}
