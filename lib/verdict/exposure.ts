/** What those pay by who are not known one by one: requests of all routes, or seconds where there are few. */
import { sumOf } from './growth'
import type { Observation } from './observation'
import { type Evidence, grownBy } from './span'

/** Cumulative, per reading. */
export interface Exposure {
  readonly exposure: readonly number[]
  readonly per: 'request' | 'second'
}

/** Requests that ended, of all routes. */
export function allEnded({ routes, timeMs }: Observation): number[] {
  return timeMs.map((_, at) => sumOf(routes.map((route) => route.ended[at]!)))
}

export function exposureOfAll({ observation, span, thresholds }: Evidence): Exposure {
  const ended = allEnded(observation)
  return grownBy(ended, span) >= thresholds.leak.minRequests
    ? { exposure: ended, per: 'request' }
    : { exposure: observation.timeMs.map((ms) => ms / 1000), per: 'second' }
}
