/**
 * Which of the containers that were looked at keeps a leak: the one that grows in step with the
 * requests of whoever leaks. Pure.
 */
import type { Container } from './container'

/** One look: the containers, and the requests that had ended by then. */
export interface Look {
  readonly timeMs: number
  /** By index of the route. */
  readonly ended: readonly number[]
  readonly containers: readonly Container[]
}

/** What is known of the leak whose holder is sought. */
export interface Suspect {
  /** Routes that pay; null where the leak grows without requests. */
  readonly routes: readonly number[] | null
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

/** Holders told, at most. */
const MAX_HOLDERS = 3
/** A holder is told at this score, and beside a better one at this share of its score. */
const MIN_SCORE = 0.45
const MIN_SHARE = 0.5
/** At this share of the best score, one is as likely as the best. */
const EQUAL_SHARE = 0.9
/** Entries by which a holder has grown, at least. */
const MIN_GROWN = 10
/** In step: so many entries off, or this share of the requests; some were in flight at each look. */
const STEP_ENTRIES = 3
const STEP_SHARE = 0.04
/** Entries per request, at most, that count as in step: five listeners, three indices. */
const MAX_ENTRIES_PER_REQUEST = 16
/** Growth of one interval over that of the mean, at least: what grew once was filled. */
const MIN_STEADINESS = 0.4
/** Counts of an interval below which its growth says nothing. */
const MIN_COUNTS = 8

/** Scores: in step with the requests by ones, by some whole number, by most, by some of them. */
const BY_ONE = 1
const BY_SEVERAL = 0.8
const BY_MOST = 0.5
const BY_SOME = 0.35
const BY_FEW = 0.15
/** A variable that the leaking code names, and one of the script that leaks, are the likelier. */
const NAMED_FACTOR = 1.5
const SAME_SCRIPT_FACTOR = 1.2
/** One that keeps step with another route instead. */
const OTHER_ROUTE_FACTOR = 0.3
/** One whose entries weigh less than this share of what is kept: names beside the things themselves. */
const LIGHT_SHARE = 0.25
const LIGHT_FACTOR = 0.5
/** Containers in a container are told of where that grows by less than this share of them. */
const MAX_AROUND_SHARE = 0.1
/**
 * A container at its capacity can have taken in what leaked, until it was full, if it has room for an entry with
 * this share of the requests.
 */
const MIN_FULL_SHARE = 0.1
/** Each step from the variable. */
const STEP_FACTOR = 0.97

/** Counts of the leak's own unit between two looks: requests, or seconds. */
export function exposureBetween({ routes }: Suspect, from: Look, to: Look): number {
  if (routes === null) return (to.timeMs - from.timeMs) / 1000
  return routes.reduce((sum, at) => sum + (to.ended[at] ?? 0) - (from.ended[at] ?? 0), 0)
}

/** What a leak is known to keep: over so many requests, so many bytes. */
export interface Kept {
  readonly requests: number
  readonly bytes: number
}

/**
 * Whether a container that says its capacity grows, or is full and may have kept that much; until there
 * were two looks, whether there is one at all.
 */
export function mayBeFilling(looks: readonly Look[], kept: Kept): boolean {
  const first = looks[0]
  const last = looks.at(-1)
  if (!first || !last) return true
  if (containerAtCapacity(looks, kept)) return true
  const earlier = byId(first.containers)
  return last.containers.some((one) => {
    const { entries } = one.capacity
    if (entries === Number.POSITIVE_INFINITY || one.size >= entries) return false
    const before = earlier.get(one.id)
    return first === last || (isBound(one, before) && one.size > before!.size)
  })
}

/** A container at its capacity that may have kept that much, until it was full. */
export function containerAtCapacity(looks: readonly Look[], kept: Kept): Container | undefined {
  const earlier = byId(looks[0]?.containers ?? [])
  return looks.at(-1)?.containers.find((one) => {
    const { id, kind, size, capacity } = one
    // An array may have been made in its full length, and filled since or not.
    if (size !== capacity.entries || kind === 'Array') return false
    if (size < MIN_FULL_SHARE * kept.requests) return false
    return !isLight(one, size, kept.bytes) && isBound(one, earlier.get(id))
  })
}

function byId(containers: readonly Container[]): Map<number, Container> {
  return new Map(containers.map((one) => [one.id, one]))
}

/** What merely is the size of the container, or a little more, moves with it. */
function isBound({ capacity }: Container, before: Container | undefined): boolean {
  return before?.capacity.entries === capacity.entries
}

/** Best first; empty where nothing is sure enough. */
export function rankHolders(suspect: Suspect, looks: readonly Look[]): RankedHolder[] {
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
    // What is in a container that grows itself is what it keeps, not what keeps it.
    const { within } = container
    const aroundBy = (sizeNow.get(within) ?? 0) - (earlier[0]!.byId.get(within)?.size ?? 0)
    const grown = container.size - (sizes[0] ?? 0)
    if (within !== 0 && aroundBy > MAX_AROUND_SHARE * grown) return []
    const holder = rank(container, [...sizes, container.size], suspect, looks)
    const hasBound = before.every((one) => isBound(container, one))
    const capacity = hasBound ? container.capacity.entries : Number.POSITIVE_INFINITY
    return holder ? [{ ...holder, capacity }] : []
  })
  ranked.sort((a, b) => b.score - a.score)
  const best = ranked[0]?.score ?? 0
  return ranked
    .filter(({ score }) => score >= Math.max(MIN_SCORE, MIN_SHARE * best))
    .slice(0, MAX_HOLDERS)
}

/** Those of the ranked that are as likely as the best. */
export function likeliest(ranked: readonly RankedHolder[]): RankedHolder[] {
  return ranked.filter(({ score }) => score >= EQUAL_SHARE * ranked[0]!.score)
}

function rank(
  container: Container,
  sizes: ReadonlyArray<number | undefined>,
  suspect: Suspect,
  looks: readonly Look[],
): Omit<RankedHolder, 'capacity'> | null {
  const from = looks[0]!
  const to = looks.at(-1)!
  const exposure = exposureBetween(suspect, from, to)
  const grown = container.size - (sizes[0] ?? Number.NaN)
  if (!(grown >= MIN_GROWN) || exposure <= 0) return null
  const growth = grown / exposure
  for (let at = 1; at < looks.length; at++) {
    const inInterval = exposureBetween(suspect, looks[at - 1]!, looks[at]!)
    const by = sizes[at]! - sizes[at - 1]!
    if (Number.isNaN(by) || by < 0) return null
    if (suspect.routes !== null && inInterval < MIN_COUNTS) continue
    if (by < MIN_STEADINESS * growth * inInterval) return null
  }
  let score = stepScore(suspect, grown, exposure)
  if (score === 0) return null
  if (keepsStepWithOthers(suspect, grown, exposure, from, to)) score *= OTHER_ROUTE_FACTOR
  if (isLight(container, growth, suspect.bytesPerExposure)) score *= LIGHT_FACTOR
  if (isNamed(container, suspect.texts)) score *= NAMED_FACTOR
  const script = container.variable.seenFrom?.scriptId
  if (script !== undefined && suspect.scripts.has(script)) score *= SAME_SCRIPT_FACTOR
  score *= STEP_FACTOR ** container.steps
  return { container, growth, score }
}

/** A list of names. But the index of tables made in advance stands for what is in those. */
function isLight({ entryBytes, capacity }: Container, entries: number, bytes: number): boolean {
  return entryBytes * entries < LIGHT_SHARE * bytes && !capacity.hasTables
}

function stepScore({ routes }: Suspect, grown: number, exposure: number): number {
  // Without requests there is no step to keep: that it grows all the time has to do.
  if (routes === null) return BY_MOST
  const perRequest = Math.round(grown / exposure)
  if (perRequest >= 1 && perRequest <= MAX_ENTRIES_PER_REQUEST) {
    if (missBy(grown, perRequest, exposure) <= 1) return perRequest === 1 ? BY_ONE : BY_SEVERAL
  }
  const growth = grown / exposure
  if (growth >= 0.5) return BY_MOST
  if (growth >= 0.1) return BY_SOME
  return growth >= 0.02 ? BY_FEW : 0
}

/** How far from so many entries per request; up to 1 is in step. */
function missBy(grown: number, perRequest: number, exposure: number): number {
  const allowed = Math.max(STEP_ENTRIES, STEP_SHARE * exposure)
  return Math.abs(grown - perRequest * exposure) / allowed
}

/** Whether the growth is that of another route's requests, rather than of the suspect's own. */
function keepsStepWithOthers(
  { routes }: Suspect,
  grown: number,
  exposure: number,
  from: Look,
  to: Look,
): boolean {
  const own = routes === null ? Number.POSITIVE_INFINITY : missBy(grown, 1, exposure)
  return to.ended.some((ended, at) => {
    if (routes?.includes(at)) return false
    const others = ended - (from.ended[at] ?? 0)
    if (others < MIN_COUNTS) return false
    const miss = missBy(grown, 1, others)
    return miss <= 1 && miss < own
  })
}

function isNamed({ variable, kind }: Container, texts: readonly string[]): boolean {
  if (kind === 'Timers') return false
  const name = variable.name.split('.').at(-1)!.replaceAll(/[^\w]/g, '\\$&')
  const word = new RegExp(`(?<![\\w$.])${name}(?![\\w$])`)
  return name !== '' && texts.some((text) => word.test(text))
}
