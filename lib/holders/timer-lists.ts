/** The timers that wait: Node's lists, one per duration, in the scope of its own `setTimeout`. */
import type { Inspection } from '../inspector/inspection'
import { enumerableKeys, isProxy, ownValue, setTimeoutFunction } from '../inspector/intrinsics'

export interface TimerList {
  readonly list: object
  /** What they wait for, ms, as Node names the list. */
  readonly duration: string
  readonly repeats: boolean
  /** Timers in it; a floor where the count was cut off. */
  readonly size: number
  /** What the newest of them calls. */
  readonly callback: object
}

/** Timers counted in a list, at most. */
const MAX_TIMERS = 200_000
/** After so many timers the clock is asked. */
const TIMERS_PER_CHECK = 4096

/** @param isOver - asked now and then: what is not counted by then is left out */
export function timerLists(inspection: Inspection, isOver: () => boolean): TimerList[] {
  const found: TimerList[] = []
  const scopes = inspection.open(setTimeoutFunction)?.scopes ?? []
  for (let at = 0; at < scopes.length; at++) {
    const lists = ownValue(scopes[at]!.object, 'timerListMap')
    if (typeof lists !== 'object' || lists === null) continue
    const durations = enumerableKeys(lists)
    for (let index = 0; index < durations.length; index++) {
      const duration = durations[index]!
      const list = ownValue(lists, duration)
      const told =
        typeof list === 'object' && list !== null ? tellList(list, duration, isOver) : null
      if (told) found[found.length] = told
    }
  }
  return found
}

function tellList(list: object, duration: string, isOver: () => boolean): TimerList | null {
  let size = 0
  let at = ownValue(list, '_idleNext')
  while (typeof at === 'object' && at !== null && at !== list && size < MAX_TIMERS) {
    size++
    if (size % TIMERS_PER_CHECK === 0 && isOver()) return null
    at = isProxy(at) ? null : ownValue(at, '_idleNext')
  }
  const newest = ownValue(list, '_idlePrev')
  if (typeof newest !== 'object' || newest === null || isProxy(newest)) return null
  const callback = ownValue(newest, '_onTimeout')
  if (typeof callback !== 'function' || isProxy(callback)) return null
  return { list, duration, repeats: ownValue(newest, '_repeat') !== null, size, callback }
}
