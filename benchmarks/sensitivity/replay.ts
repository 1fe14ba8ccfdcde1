/** A case judged once more, reading by reading, by a table of thresholds. */
import { judge } from '../../lib/verdict/judge'
import type { Leak } from '../../lib/verdict/leak'
import type { Thresholds } from '../../lib/verdict/thresholds'
import type { Case, Planted } from './cases'

/** Leaks, routes and apps counted; those of several cases are added up. */
export interface Counts {
  /** Leaks that are there, and those of them that the last judgement has. */
  readonly planted: number
  readonly found: number
  /**
   * Routes that do not leak, and routes or scopes that were told to leak at any time, and do not. What
   * holds a filling cache back live is not part of a replay: such a cache counts here.
   */
  readonly innocent: number
  readonly blamed: number
  /** Leaks that it has not, and whose route it calls steady or plateaued. */
  readonly missed: number
}

export const NOTHING: Counts = { planted: 0, found: 0, innocent: 0, blamed: 0, missed: 0 }

export function add(a: Counts, b: Counts): Counts {
  return {
    planted: a.planted + b.planted,
    found: a.found + b.found,
    innocent: a.innocent + b.innocent,
    blamed: a.blamed + b.blamed,
    missed: a.missed + b.missed,
  }
}

export function replay({ observations, planted }: Case, thresholds: Thresholds): Counts {
  const last = observations.at(-1)
  if (!last) return NOTHING
  const blamed = new Set<string>()
  const told = new Set<string>()
  let foundBefore = new Set<string>()
  let standing: ReadonlySet<string> = new Set()
  let leaks: readonly Leak[] = []
  let verdicts: ReturnType<typeof judge>['routes'] = []
  for (const observation of observations) {
    ;({ leaks, routes: verdicts } = judge(observation, standing, thresholds))
    const found = new Set(leaks.map(({ key }) => key))
    for (const leak of leaks) {
      // Two judgements in a row; where one is all there is, that one.
      if (!foundBefore.has(leak.key) && observations.length > 1) continue
      told.add(leak.key)
      const { scope, route, mount } = leak
      const isTrue = planted.some((one) =>
        route === null ? one.isOf(leak, observation) : one.isRoute(route, observation),
      )
      if (!isTrue) blamed.add(`${scope} ${route ?? mount}`)
    }
    foundBefore = found
    standing = new Set([...told].filter((key) => found.has(key)))
  }
  const unfound = planted.filter((one) => !leaks.some((leak) => one.isOf(leak, last)))
  const isInnocent = (index: number): boolean => !planted.some((one) => one.isRoute(index, last))
  const isMissed = (one: Planted): boolean =>
    verdicts.some(
      ({ verdict }, index) =>
        one.isRoute(index, last) && (verdict === 'steady' || verdict === 'plateaued'),
    )
  return {
    planted: planted.length,
    found: planted.length - unfound.length,
    innocent: verdicts.filter((_, index) => isInnocent(index)).length,
    blamed: blamed.size,
    missed: unfound.filter(isMissed).length,
  }
}
