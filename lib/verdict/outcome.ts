/**
 * Whether requests of one outcome pay for all that a route keeps: those that the client gave up, those that
 * failed. docs/method.md, "Whose bytes": outcomes.
 *
 * The same rhythm that tells routes apart: the counts of which requests predict how the births spread over
 * the windows. Said only where all requests alike do not explain them.
 */
import { type Interval, LEAK_OUTCOMES, type LeakOutcome } from '../schema/lines'
import { sumOf } from './growth'
import type { PlaceSeries, RouteSeries } from './observation'
import { birthsOf, misfitOf, stepsOf } from './owner'
import { type Evidence, grownBy } from './span'
import { addedByRoute } from './traced'

export interface Outcome {
  readonly kind: LeakOutcome
  /** Of the route's requests in the observation, those that ended so. */
  readonly share: number
  /** Of the leak's bytes, what the others may pay for at most, with 95 % confidence. */
  readonly othersShare: number
}

/** Parts of the births that the others may pay for; each is tried. */
const PARTS = Array.from({ length: 21 }, (_, at) => at / 20)
/** Log likelihood below the best by which a part may be, one-sided 95 %: 1.645 squared, halved. */
const MAX_MISFIT = 1.353

/**
 * By whose entries a trace saw stay, else by the births.
 *
 * @param index - of the route
 * @param places - of the route: what grows there
 */
export function outcomeOf(
  index: number,
  places: readonly PlaceSeries[],
  evidence: Evidence,
): Outcome | null {
  const route = evidence.observation.routes[index]!
  const ended = grownBy(route.ended, evidence.span)
  if (ended === 0) return null
  return tracedOutcome(index, places, evidence) ?? outcomeOfBirths(route, places, evidence)
}

/** What is seen of none may be three all the same, with 95 % confidence (the rule of three). */
const UNSEEN = 3

function tracedOutcome(
  index: number,
  places: readonly PlaceSeries[],
  { observation, span, thresholds }: Evidence,
): Outcome | null {
  const { minLogOdds, minRequests, maxShare, maxLikelyOthers, maxOthers } = thresholds.outcome
  const route = observation.routes[index]!
  const growths = new Set(places.flatMap(({ traced }) => traced?.growth?.outcomes ?? []))
  const [entries] = addedByRoute([...growths].filter((of) => of.index === index))
  if (!entries) return null
  const all = entries.aborted + entries.failed + entries.others
  for (const kind of LEAK_OUTCOMES) {
    const share = grownBy(route[kind], span) / grownBy(route.ended, span)
    const own = entries[kind]
    const others = all - own
    if (own < minRequests || share > maxShare || share === 0) continue
    const othersShare = Math.min(1, (others + 2 * Math.sqrt(others) + UNSEEN) / all)
    // Against all alike: binomial log likelihood ratio.
    const logOdds =
      own * Math.log(own / all / share) +
      (others > 0 ? others * Math.log(others / all / (1 - share)) : 0)
    if (logOdds < minLogOdds || others > maxLikelyOthers * all || othersShare > maxOthers) continue
    return { kind, share, othersShare }
  }
  return null
}

function outcomeOfBirths(
  route: RouteSeries,
  places: readonly PlaceSeries[],
  { observation, span, thresholds }: Evidence,
): Outcome | null {
  const { minLogOdds, minRequests, maxShare, maxLikelyOthers, maxOthers } = thresholds.outcome
  const births = birthsOf(places, observation)
  const ended = grownBy(route.ended, span)
  if (sumOf(births.bornBytes) === 0) return null
  const steps = stepsOf(route.ended)
  const misfit = (exposure: readonly number[]): number => misfitOf(births, exposure, thresholds)
  for (const kind of LEAK_OUTCOMES) {
    const requests = grownBy(route[kind], span)
    if (requests < minRequests || requests > maxShare * ended) continue
    const own = stepsOf(route[kind])
    const others = steps.map((all, at) => all - own[at]!)
    const [ownTotal, othersTotal] = [sumOf(own), sumOf(others)]
    const tried = PARTS.map((part) => ({
      part,
      misfit: misfit(
        own.map((of, at) => (1 - part) * (of / ownTotal) + part * (others[at]! / othersTotal)),
      ),
    }))
    const best = tried.reduce((a, b) => (b.misfit < a.misfit ? b : a))
    // Births of one request come together: the best fit tells how much more they scatter than one by one.
    const dispersion = Math.max(1, (2 * best.misfit) / Math.max(1, own.length - 1))
    const mayBe = tried.filter((one) => (one.misfit - best.misfit) / dispersion <= MAX_MISFIT)
    const othersShare = Math.max(...mayBe.map(({ part }) => part))
    const isClear = (misfit(steps) - best.misfit) / dispersion >= minLogOdds
    if (isClear && best.part <= maxLikelyOthers && othersShare <= maxOthers) {
      return { kind, share: requests / ended, othersShare }
    }
  }
  return null
}

/** What is paid per request of any outcome, as it is per request of the one that pays. */
export function perOutcome(bytes: number, outcome: Outcome | null): number {
  return outcome ? bytes / outcome.share : bytes
}

/** The same, and less by what others may pay for. */
export function intervalPerOutcome([low, high]: Interval, outcome: Outcome | null): Interval {
  const own = 1 - (outcome?.othersShare ?? 0)
  return [perOutcome(own * low, outcome), perOutcome(high, outcome)]
}
