/** Marks by hand, as requests in flight and requests that have ended leave them. */
import type { Mark } from '../../lib/record/request-marks'

export function requestMark(
  routeId = 0,
  endedMs: number = Number.POSITIVE_INFINITY,
  whole: Mark | null = null,
): Mark {
  return { kind: 'request', routeId, endedMs, outcome: null, whole }
}

export function endMark(mark: Mark, routeId: number, endedMs: number): void {
  Object.assign(mark, { routeId, endedMs })
}
