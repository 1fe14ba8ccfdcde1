/** A case judged once more, reading by reading, by a table of thresholds. */
import { judge } from '../../lib/verdict/judge'
import type { Leak } from '../../lib/verdict/leak'
import type { Thresholds } from '../../lib/verdict/thresholds'
import type { Case } from './cases'

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
  /** Routes that leak, and are steady or plateaued by the last judgement. */
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
      const isInnocent =
        leak.route === null
          ? !planted.some((one) => one.isOf(leak, observation))
          : !planted.some((one) => one.isRoute(leak.route!, observation))
      if (isInnocent) blamed.add(`${leak.scope} ${leak.route ?? leak.mount}`)
    }
    foundBefore = found
    standing = new Set([...told].filter((key) => found.has(key)))
  }
  const guilty = last.routes.map((_, index) => planted.some((one) => one.isRoute(index, last)))
  const isClean = (index: number): boolean =>
    verdicts[index]!.verdict === 'steady' || verdicts[index]!.verdict === 'plateaued'
  return {
    planted: planted.length,
    found: planted.filter((one) => leaks.some((leak) => one.isOf(leak, last))).length,
    innocent: guilty.filter((isGuilty) => !isGuilty).length,
    blamed: blamed.size,
    missed: guilty.filter((isGuilty, index) => isGuilty && isClean(index)).length,
  }
}
