/** The rate of a route's requests over time, from lines that count those of the interval before them. */
import type { RoutePoint } from '../summary/series'
import type { InstanceSummary, LogSummary } from '../summary/summary'

/** The interval between lines where no `start` line tells it. */
const DEFAULT_INTERVAL_MS = 10_000
/** Lines of a route in a point of its rate: with fewer, one line more or less shows as a jump. */
const LINES_PER_POINT = 4
/** A curve of fewer points than this is not smoothed: it may rather jump. */
const MIN_POINTS = 20

/**
 * Requests per second at each point. A line counts the requests of the interval before it, and there are
 * points with one line and points with two beside each other: so a rate is that of some points around,
 * as many as make one line more or less a small part.
 */
export function ratesOf(
  points: readonly RoutePoint[],
  stepMs: number,
  { instances, from, to }: Pick<LogSummary, 'instances' | 'from' | 'to'>,
): number[] {
  const intervalMs = intervalOf(instances)
  const begin = from ?? 0
  const end = to ?? 0
  // One process with a line in each point at most, and few of them: each stands for itself.
  const few = (end - begin) / (LINES_PER_POINT * intervalMs) < MIN_POINTS
  if (instances.length === 1 && stepMs <= intervalMs && few) {
    const last = lastInterval(instances[0]!, end, intervalMs)
    return points.map(({ time, requests }) => {
      return requests / ((time >= last.fromMs ? last.lengthMs : intervalMs) / 1000)
    })
  }
  const around = Math.ceil((LINES_PER_POINT * intervalMs) / stepMs / 2 - 0.5)
  let first = 0
  let next = 0
  let requests = 0
  return points.map(({ time }) => {
    const fromMs = time - around * stepMs
    const toMs = time + (around + 1) * stepMs
    while (next < points.length && points[next]!.time < toMs) requests += points[next++]!.requests
    while (points[first]!.time < fromMs) requests -= points[first++]!.requests
    // The first line comes an interval after the begin, the last one at the end.
    const coveredMs =
      Math.min(toMs, end + intervalMs / 2) - Math.max(fromMs, begin + intervalMs / 2)
    return requests / (Math.max(intervalMs, coveredMs) / 1000)
  })
}

/** The interval in which the process ended, which is shorter: it begins at the point before the last. */
function lastInterval(
  { memory }: InstanceSummary,
  endMs: number,
  intervalMs: number,
): { fromMs: number; lengthMs: number } {
  const [before, last] = memory.slice(-2)
  if (!before || !last) return { fromMs: Number.POSITIVE_INFINITY, lengthMs: intervalMs }
  const lengthMs = Math.max(1000, endMs - before.time)
  return { fromMs: last.time, lengthMs: Math.min(intervalMs, lengthMs) }
}

/** The longest time between two lines of a process, as their `start` lines say. */
function intervalOf(instances: readonly InstanceSummary[]): number {
  const said = instances.flatMap(({ start }) => {
    const intervalMs = start?.config['intervalMs']
    return typeof intervalMs === 'number' && intervalMs > 0 ? intervalMs : []
  })
  return said.length === 0 ? DEFAULT_INTERVAL_MS : Math.max(...said)
}
