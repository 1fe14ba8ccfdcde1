/**
 * The readings over which a verdict is drawn. docs/method.md, "What counts as a leak".
 *
 *   reading   0   1 | 2   3   4   5   6   7
 *           warm-up | first             last
 */
import { isWithin } from '../schema/work-name'
import type { Observation } from './observation'
import type { Thresholds } from './thresholds'

export interface Span {
  /** Where the warm-up ends. */
  readonly first: number
  readonly last: number
}

/** What each step of a judgement is given. */
export interface Evidence {
  readonly observation: Observation
  readonly span: Span
  readonly thresholds: Thresholds
}

/** Readings of warm-up, at least: the first is of an app that has just begun to serve. */
const WARM_UP_READINGS = 2

/** From the end of the warm-up to the last reading; null while there are too few readings. */
export function spanOf(observation: Observation, thresholds: Thresholds): Span | null {
  const { warmUpShare, minReadings } = thresholds.leak
  const ended = allEnded(observation)
  const last = ended.length - 1
  if (last < 0) return null
  let first = WARM_UP_READINGS
  while (first < last && ended[first - 1]! < warmUpShare * ended[last]!) first++
  return last - first + 1 >= minReadings - WARM_UP_READINGS ? { first, last } : null
}

/** Requests that ended, of all routes, and units that are no part of one. */
export function allEnded({ routes, timeMs }: Observation): number[] {
  const whole = routes.filter(({ method }) => !isWithin(method))
  return timeMs.map((_, at) => whole.reduce((sum, { ended }) => sum + ended[at]!, 0))
}

export function grownBy(series: readonly number[], { first, last }: Span): number {
  return series[last]! - series[first]!
}

/**
 * The exposure that paid for the survived bytes of a span: objects are counted a reading after their
 * birth, so it begins and ends a reading earlier.
 */
export function survivedExposure(exposure: readonly number[], { first, last }: Span): number {
  return exposure[last - 1]! - exposure[first - 1]!
}

/** The readings of the span, both ends included. */
export function within(series: readonly number[], { first, last }: Span): number[] {
  return series.slice(first, last + 1)
}
