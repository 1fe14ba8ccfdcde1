/** What those pay by who are not known one by one: requests of all routes, or seconds where there are few. */
import { allEnded, type Evidence, grownBy } from './span'

/** Cumulative, per reading. */
export interface Exposure {
  readonly exposure: readonly number[]
  readonly per: 'request' | 'second'
}

export function exposureOfAll({ observation, span, thresholds }: Evidence): Exposure {
  const ended = allEnded(observation)
  return grownBy(ended, span) >= thresholds.leak.minRequests
    ? { exposure: ended, per: 'request' }
    : { exposure: observation.timeMs.map((ms) => ms / 1000), per: 'second' }
}
