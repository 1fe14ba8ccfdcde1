/**
 * Which of the containers that were looked at keeps a leak: the one that grows in step with the
 * requests of whoever leaks. Pure.
 */
import { LEAK_OUTCOMES, type LeakOutcome } from '../schema/lines'
import type { Container } from './container'
import { type Scores, SCORES } from './scores'

/** One look: the containers, and the requests that had ended by then. */
export interface Look {
  readonly timeMs: number
  /** By index of the route. */
  readonly ended: readonly number[]
  /** Of them, given up by the client, and answered with 500 to 599. */
  readonly aborted?: readonly number[]
  readonly failed?: readonly number[]
  readonly containers: readonly Container[]
}

/** What is known of a leak while the container that keeps it is sought. */
export interface Suspect {
  /** Routes that pay; null where the leak grows without requests. */
  readonly routes: readonly number[] | null
  /** Of their requests those that pay; missing: all do. */
  readonly outcome?: LeakOutcome
  /** Scripts in which it allocates. */
  readonly scripts: ReadonlySet<string>
  /** Bytes it keeps per request; per second where it grows without. */
  readonly bytesPerExposure: number
  /** Source text of its functions. */
  readonly texts: readonly string[]
}

export interface RankedHolder {
  readonly container: Container
  /** Entries per request; per second where the leak grows without requests. */
  readonly growth: number
  readonly score: number
  /** Entries it may come to, the same at every look; Infinity where nothing says it. */
  readonly capacity: number
}

/** The leak's exposure between two looks: requests of the routes that pay, or seconds. */
export function exposureBetween({ routes, outcome }: Suspect, from: Look, to: Look): number {
  if (routes === null) return (to.timeMs - from.timeMs) / 1000
  const countsOf = (look: Look): readonly number[] => look[outcome ?? 'ended'] ?? []
  const [before, after] = [countsOf(from), countsOf(to)]
  return routes.reduce((sum, at) => sum + (after[at] ?? 0) - (before[at] ?? 0), 0)
}

/** What a leak has kept so far: in so many requests, so many bytes. */
export interface Kept {
  readonly requests: number
  readonly bytes: number
}

/**
 * Whether a container that says its capacity grows, or is full and may have kept that much; until there
 * were two looks, whether there is one at all.
 */
export function mayBeFilling(looks: readonly Look[], kept: Kept, scores: Scores = SCORES): boolean {
  const first = looks[0]
  const last = looks.at(-1)
  if (!first || !last) return true
  if (containerAtCapacity(looks, kept, scores)) return true
  const earlier = byId(first.containers)
  return last.containers.some((one) => {
    const { entries } = one.capacity
    if (entries === Number.POSITIVE_INFINITY || one.size >= entries) return false
    const before = earlier.get(one.id)
    return first === last || (isBound(one, before) && one.size > before!.size)
  })
}

/** A container at its capacity that may have kept all of the leak, until it was full. */
export function containerAtCapacity(
  looks: readonly Look[],
  kept: Kept,
  scores: Scores = SCORES,
): Container | undefined {
  const earlier = byId(looks[0]?.containers ?? [])
  return looks.at(-1)?.containers.find((one) => {
    const { id, kind, size, capacity } = one
    // An array may have been made in its full length, and filled since or not.
    if (size !== capacity.entries || kind === 'Array') return false
    if (size < scores.minFullShare * kept.requests) return false
    return !isLight(one, size, kept.bytes, scores) && isBound(one, earlier.get(id))
  })
}

function byId(containers: readonly Container[]): Map<number, Container> {
  return new Map(containers.map((one) => [one.id, one]))
}

/** A capacity is a bound where it stays: a number that merely is the size moves with the container. */
function isBound({ capacity }: Container, before: Container | undefined): boolean {
  return before?.capacity.entries === capacity.entries
}

/**
 * The containers that may keep the leak, by the scores of their growth from look to look; each as what it is
 * at best, that of all requests of those that pay or of those alone that ended in one way. docs/holders.md.
 *
 * @returns best first; empty where nothing is sure enough
 */
export function rankHolders(
  suspect: Suspect,
  looks: readonly Look[],
  scores: Scores = SCORES,
): RankedHolder[] {
  if (suspect.routes === null) return rankedAs(suspect, looks, scores)
  return bestOf(suspect, [suspect.routes], looks, scores)
}

/**
 * The same for a leak that nobody is known to pay for: each container as what it is at best, that of all
 * together or that of any one route.
 *
 * @param suspect - all that may pay
 */
export function rankHoldersOfAny(
  suspect: Suspect,
  looks: readonly Look[],
  scores: Scores = SCORES,
): RankedHolder[] {
  const ended = looks.at(-1)?.ended ?? []
  return bestOf(suspect, [suspect.routes, ...ended.map((_, route) => [route])], looks, scores)
}

/** As whose a container may be seen: all requests of some routes, and their outcomes. */
const OUTCOMES: ReadonlyArray<LeakOutcome | undefined> = [undefined, ...LEAK_OUTCOMES]

function bestOf(
  suspect: Suspect,
  payers: ReadonlyArray<Suspect['routes']>,
  looks: readonly Look[],
  scores: Scores,
): RankedHolder[] {
  const [first] = looks
  const last = looks.at(-1)
  if (!first || !last) return []
  const found = new Map<string, RankedHolder>()
  const exposure = exposureBetween(suspect, first, last)
  for (const routes of payers) {
    for (const outcome of OUTCOMES) {
      const one = { ...suspect, routes, ...(outcome ? { outcome } : {}) }
      const share = exposureBetween(one, first, last) / exposure
      if (!(share > 0)) continue
      const bytesPerExposure = suspect.bytesPerExposure / share
      const factor = outcome ? scores.outcomeFactor : 1
      for (const holder of rankedAs({ ...one, bytesPerExposure }, looks, scores)) {
        const { id, pathKey } = holder.container
        const key = `${id} ${pathKey}`
        const score = holder.score * factor
        if ((found.get(key)?.score ?? 0) >= score) continue
        found.set(key, { ...holder, score, growth: holder.growth * share })
      }
    }
  }
  return best([...found.values()], scores)
}

function rankedAs(suspect: Suspect, looks: readonly Look[], scores: Scores): RankedHolder[] {
  const first = looks[0]
  const last = looks.at(-1)
  if (!first || !last || first === last) return []
  const earlier = looks.slice(0, -1).map(({ containers }) => ({
    byId: byId(containers.filter(({ id }) => id !== 0)),
    byPathKey: new Map(containers.map((one) => [one.pathKey, one])),
  }))
  const sizeNow = new Map(last.containers.map(({ id, size }) => [id, size]))
  const ranked = last.containers.flatMap((container) => {
    const before = earlier.map(
      ({ byId, byPathKey }) => byId.get(container.id) ?? byPathKey.get(container.pathKey),
    )
    const sizes = before.map((one) => one?.size)
    // A container inside one that grows itself is among what that one keeps, and keeps no leak.
    const { within } = container
    const aroundBy = (sizeNow.get(within) ?? 0) - (earlier[0]!.byId.get(within)?.size ?? 0)
    const grown = container.size - (sizes[0] ?? 0)
    if (within !== 0 && aroundBy > scores.maxAroundShare * grown) return []
    const holder = rank(container, [...sizes, container.size], suspect, looks, scores)
    const hasBound = before.every((one) => isBound(container, one))
    const capacity = hasBound ? container.capacity.entries : Number.POSITIVE_INFINITY
    return holder ? [{ ...holder, capacity }] : []
  })
  return best(ranked, scores)
}

function best(ranked: readonly RankedHolder[], scores: Scores): RankedHolder[] {
  const inOrder = ranked.toSorted((a, b) => b.score - a.score)
  const least = Math.max(scores.minScore, scores.minShareOfBest * (inOrder[0]?.score ?? 0))
  return inOrder.filter(({ score }) => score >= least).slice(0, scores.maxHolders)
}

/** Those of the ranked holders that are as likely as the best. */
export function likeliest(
  ranked: readonly RankedHolder[],
  scores: Scores = SCORES,
): RankedHolder[] {
  return ranked.filter(({ score }) => score >= scores.equalShare * ranked[0]!.score)
}

function rank(
  container: Container,
  sizes: ReadonlyArray<number | undefined>,
  suspect: Suspect,
  looks: readonly Look[],
  scores: Scores,
): Omit<RankedHolder, 'capacity'> | null {
  const from = looks[0]!
  const to = looks.at(-1)!
  const exposure = exposureBetween(suspect, from, to)
  const grown = container.size - (sizes[0] ?? Number.NaN)
  if (!(grown >= scores.minGrownEntries) || exposure <= 0) return null
  const growth = grown / exposure
  for (let at = 1; at < looks.length; at++) {
    const inInterval = exposureBetween(suspect, looks[at - 1]!, looks[at]!)
    const by = sizes[at]! - sizes[at - 1]!
    if (Number.isNaN(by) || by < 0) return null
    if (suspect.routes !== null && inInterval < scores.minRequests) continue
    if (by < scores.minIntervalShare * growth * inInterval) return null
  }
  let score = stepScore(suspect, grown, exposure, scores)
  if (score === 0) return null
  if (keepsStepWithOthers(suspect, grown, exposure, from, to, scores))
    score *= scores.otherRouteFactor
  if (isLight(container, growth, suspect.bytesPerExposure, scores)) score *= scores.lightFactor
  if (isNamed(container, suspect.texts)) score *= scores.namedFactor
  const script = container.variable.seenFrom?.scriptId
  if (script !== undefined && suspect.scripts.has(script)) score *= scores.sameScriptFactor
  score *= scores.stepFactor ** container.steps
  return { container, growth, score }
}

/**
 * Whether its entries weigh too little to be what is kept: a list of names, beside the things. The index
 * into arrays that were made in their full length stands for what is in those, and is not light.
 */
function isLight(
  { entryBytes, capacity }: Container,
  entries: number,
  bytes: number,
  scores: Scores,
): boolean {
  return entryBytes * entries < scores.lightShare * bytes && !capacity.hasTables
}

function stepScore({ routes }: Suspect, grown: number, exposure: number, scores: Scores): number {
  // Without requests there is no step to keep: that it grows all the time has to do.
  if (routes === null) return scores.byMost
  const perRequest = Math.round(grown / exposure)
  if (perRequest >= 1 && perRequest <= scores.maxEntriesPerRequest) {
    if (missBy(grown, perRequest, exposure, scores) <= 1)
      return perRequest === 1 ? scores.byOne : scores.bySeveral
  }
  const growth = grown / exposure
  if (growth >= scores.mostEntriesPerRequest) return scores.byMost
  if (growth >= scores.someEntriesPerRequest) return scores.bySome
  return growth >= scores.fewEntriesPerRequest ? scores.byFew : 0
}

/** How far the growth is from so many entries per request; up to 1 is in step. */
function missBy(grown: number, perRequest: number, exposure: number, scores: Scores): number {
  const allowed = Math.max(scores.stepEntries, scores.stepShare * exposure)
  return Math.abs(grown - perRequest * exposure) / allowed
}

/** Whether the growth is that of another route's requests, rather than of the suspect's own. */
function keepsStepWithOthers(
  { routes }: Suspect,
  grown: number,
  exposure: number,
  from: Look,
  to: Look,
  scores: Scores,
): boolean {
  const own = routes === null ? Number.POSITIVE_INFINITY : missBy(grown, 1, exposure, scores)
  return to.ended.some((ended, at) => {
    if (routes?.includes(at)) return false
    const others = ended - (from.ended[at] ?? 0)
    if (others < scores.minRequests) return false
    const miss = missBy(grown, 1, others, scores)
    return miss <= 1 && miss < own
  })
}

function isNamed({ variable, kind }: Container, texts: readonly string[]): boolean {
  if (kind === 'Timers') return false
  const name = variable.name.split('.').at(-1)!.replaceAll(/[^\w]/g, '\\$&')
  const word = new RegExp(`(?<![\\w$.])${name}(?![\\w$])`)
  return name !== '' && texts.some((text) => word.test(text))
}
