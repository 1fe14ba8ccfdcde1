/** The timers that wait: Node's lists, one per duration, in the scope of its own `setTimeout`. */
import type { Inspection } from '../inspector/inspection'
import {
  enumerableKeys,
  isProxy,
  ownValue,
  setTimeoutFunction,
  valueIfBound,
} from '../inspector/intrinsics'

export interface TimerList {
  readonly list: object
  /** What the timers wait for, ms, as Node names the list. */
  readonly duration: string
  /** Whether the newest timer is an interval. */
  readonly repeats: boolean
  /** Timers in the list; at least so many where the count was cut off. */
  readonly size: number
  /** The function that the newest timer calls. */
  readonly callback: object
}

/** Timers counted in a list, at most: a list is linked, and counting this many takes some 15 ms. */
const MAX_TIMERS = 200_000
/** Timers between two readings of the clock: 0.3 ms. */
const TIMERS_PER_CHECK = 4096

/** @param isLate - whether to stop counting: the list it stops in is left out */
export function timerLists(inspection: Inspection, isLate: () => boolean): TimerList[] {
  const found: TimerList[] = []
  const scopes = inspection.open(setTimeoutFunction)?.scopes ?? []
  for (let at = 0; at < scopes.length; at++) {
    const lists = valueIfBound(scopes[at]!.object, 'timerListMap')
    if (typeof lists !== 'object' || lists === null) continue
    const durations = enumerableKeys(lists)
    for (let index = 0; index < durations.length; index++) {
      const duration = durations[index]!
      const list = ownValue(lists, duration)
      const counted =
        typeof list === 'object' && list !== null ? count(list, duration, isLate) : null
      if (counted) found[found.length] = counted
    }
  }
  return found
}

function count(list: object, duration: string, isLate: () => boolean): TimerList | null {
  let size = 0
  let at = ownValue(list, '_idleNext')
  while (typeof at === 'object' && at !== null && at !== list && size < MAX_TIMERS) {
    size++
    if (size % TIMERS_PER_CHECK === 0 && isLate()) return null
    at = isProxy(at) ? null : ownValue(at, '_idleNext')
  }
  const newest = ownValue(list, '_idlePrev')
  if (typeof newest !== 'object' || newest === null || isProxy(newest)) return null
  const callback = ownValue(newest, '_onTimeout')
  if (typeof callback !== 'function' || isProxy(callback)) return null
  return { list, duration, repeats: ownValue(newest, '_repeat') !== null, size, callback }
}
