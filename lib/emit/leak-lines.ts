/**
 * A judged leak -> its record, and the sentence of it.
 */
import type { Holder, LeakLine, Site, SiteFrame, TracedUnit, TraceFields } from '../schema/lines'
import { asWritten, type NamedWork } from '../schema/work-name'
import { positionKey, type StackFrame } from '../inspector/stack-frame'
import type { Leak, PlaceGrowth } from '../verdict/leak'
import type { Changed, RouteShare, Shares } from '../verdict/observation'
import { intervalPerOutcome, perOutcome } from '../verdict/outcome'
import { formatBytes, formatSeconds } from './amounts'
import { exactLine } from './exact-line'
import { asItIs, keepsWords, siteName, whereWords } from './leak-words'

/** Sites of a leak in its line. */
const MAX_SITES = 5
/** A site with a smaller share of a leak is not told: it would read 0. */
const MIN_SHARE = 0.001
/** Callers of a site in its line. */
const MAX_CALLERS = 6
/** The line is told of a site with this share of the leak: of less it is no line of the leak's. */
const MIN_EXACT_SHARE = 0.1
/** Entries seen added, from which the share that is removed again is told; 3 % are seen 19 times in 20 then. */
const MIN_ADDED = 100
/** A function's or file's name longer than this is cut: it comes from the app, or its bundler. */
const MAX_NAME_CHARS = 256

export interface LeakContext {
  /** Who leaks, in scope `route`. */
  readonly who: NamedWork
  readonly keptRequestsShare?: number
  readonly secondsToLimit?: number
  readonly holders?: readonly Holder[]
  /** What a trace saw of the first of the holders. */
  readonly changes?: Changed
  readonly holdersNote?: string
  readonly locate: (frame: StackFrame) => SiteFrame
  /** Of a route, by its index. */
  readonly nameOf: (index: number) => NamedWork
}

export function leakLine(leak: Leak, context: LeakContext): LeakLine {
  const perSecond = leak.per === 'second'
  const { outcome } = leak
  const ci95 = intervalPerOutcome(leak.ci95, outcome)
  const { who, keptRequestsShare, secondsToLimit } = context
  return {
    event: 'leak',
    scope: leak.scope,
    kind: leak.kind,
    ...(leak.scope === 'route' ? asWritten(who) : {}),
    ...(leak.scope === 'shared' && leak.mount !== '' ? { route: leak.mount } : {}),
    ...(perSecond
      ? { bytesPerSecond: Math.round(leak.rate) }
      : {
          bytesPerRequest: Math.round(perOutcome(leak.rate, outcome)),
          floorBytesPerRequest: Math.round(perOutcome(leak.floor, outcome)),
        }),
    ci95: [Math.round(ci95[0]), Math.round(ci95[1])],
    requests: perSecond ? 0 : Math.round(leak.exposure * (outcome?.share ?? 1)),
    ...(outcome ? { outcome: outcome.kind, outcomeShare: round(outcome.share) } : {}),
    retainedBytes: Math.round(leak.retainedBytes),
    ...(keptRequestsShare === undefined ? {} : { keptRequestsShare }),
    attribution: leak.attribution,
    directShare: Math.round(leak.directShare * 100) / 100,
    ...(leak.trace ? { trace: traceOf(leak.trace, context.nameOf) } : {}),
    sites: sitesOf(leak, context),
    holders: holdersOf(leak, context),
    ...(context.holdersNote === undefined ? {} : { holdersNote: context.holdersNote }),
    ...(secondsToLimit === undefined ? {} : { secondsToLimit: Math.round(secondsToLimit) }),
  }
}

/** Routes of a trace in a line: what the others did is in none of the shares. */
const MAX_UNITS = 8

function traceOf(shares: Shares, nameOf: LeakContext['nameOf']): TraceFields {
  const { seen, idle, lost } = shares
  return {
    hits: Math.round(seen),
    units: unitsOf(shares, nameOf),
    idleShare: round(idle),
    lostShare: round(lost),
  }
}

function unitsOf({ routes }: Shares, nameOf: LeakContext['nameOf']): TracedUnit[] {
  return routes
    .filter(({ share }) => share >= MIN_SHARE)
    .slice(0, MAX_UNITS)
    .map(({ index, share, within }) => ({
      ...asWritten(nameOf(index)),
      share: round(share),
      ...(within ? { within: wholesOf(within, share, nameOf) } : {}),
    }))
}

/** @param share - of the unit itself */
function wholesOf(
  within: readonly RouteShare[],
  share: number,
  nameOf: LeakContext['nameOf'],
): NonNullable<TracedUnit['within']> {
  return within
    .filter((whole) => whole.share >= MIN_SHARE * share)
    .slice(0, MAX_UNITS)
    .map((whole) => ({ ...asWritten(nameOf(whole.index)), share: round(whole.share / share) }))
}

/** What one entry of the first holder keeps; 0 where that is not known. */
function bytesPerEntryOf({ rate }: Leak, { holders }: LeakContext): number {
  const growth = holders?.[0]?.growthPerRequest ?? 0
  return growth > 0 ? rate / growth : 0
}

function holdersOf(leak: Leak, context: LeakContext): readonly Holder[] {
  const { holders: all = [], changes, locate, nameOf } = context
  const { outcome } = leak
  const holders = all.map((holder) => ({
    ...holder,
    growthPerRequest: round(perOutcome(holder.growthPerRequest, outcome)),
  }))
  const [first, ...others] = holders
  if (!first || !changes) return holders
  const { added, removed, addedAt } = changes
  const { growthPerRequest } = first
  const bytesPerEntry = bytesPerEntryOf(leak, context)
  const kept = added.seen - removed.seen
  const isRated = added.seen >= MIN_ADDED && kept > 0 && growthPerRequest > 0
  const known: Holder = {
    ...first,
    ...(addedAt ? { addedAt: cut(locate(addedAt)) } : {}),
    added: Math.round(added.seen),
    removed: Math.round(removed.seen),
    ...(isRated
      ? {
          addedPerUnit: round((growthPerRequest * added.seen) / kept),
          removedPerUnit: round((growthPerRequest * removed.seen) / kept),
        }
      : {}),
    ...(bytesPerEntry > 0 ? { bytesPerEntry: Math.round(bytesPerEntry) } : {}),
    addedBy: unitsOf(added, nameOf),
    removedBy: unitsOf(removed, nameOf),
  }
  return [known, ...others]
}

function round(share: number): number {
  return Math.round(share * 1000) / 1000
}

/** The places by the function that allocated, largest first, each with the stack of its largest. */
function sitesOf(leak: Leak, context: LeakContext): Site[] {
  const { places } = leak
  const { changes, locate } = context
  const bytesPerEntry = bytesPerEntryOf(leak, context)
  const total = places.reduce((sum, { bytes }) => sum + bytes, 0)
  const byFunction = new Map<string, PlaceGrowth[]>()
  for (const growth of places) {
    const [nearest] = growth.place.frames
    if (!nearest) continue
    const key = positionKey(nearest)
    const group = byFunction.get(key)
    if (group) group.push(growth)
    else byFunction.set(key, [growth])
  }
  return [...byFunction.values()]
    .map((group) => ({
      frames: group[0]!.place.frames,
      bytes: group.reduce((sum, { bytes }) => sum + bytes, 0),
    }))
    .filter(({ bytes }) => bytes >= MIN_SHARE * total)
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, MAX_SITES)
    .map(({ frames, bytes }) => {
      const [nearest, ...callers] = frames
      const kept = (bytes / total) * bytesPerEntry
      const isMain = bytes >= MIN_EXACT_SHARE * total
      const exact = isMain && changes && exactLine(nearest!, kept, changes.allocated, locate)
      return {
        ...cut(locate(nearest!)),
        ...(exact ? { ...exact, lineExact: true } : {}),
        bytes: Math.round(bytes),
        share: round(bytes / total),
        stack: callers.slice(0, MAX_CALLERS).map((frame) => siteName(cut(locate(frame)), asItIs)),
      }
    })
}

function cut(site: SiteFrame): SiteFrame {
  return {
    ...site,
    function: site.function.slice(0, MAX_NAME_CHARS),
    file: site.file.slice(-MAX_NAME_CHARS),
  }
}

function holderName({ path, file, line }: Holder): string {
  return file === undefined ? path : `${path} (${file}:${line ?? 1})`
}

export function leakMsg(line: LeakLine): string {
  const where = whereWords(line, holderName, asItIs)
  const [low, high] = line.ci95 ?? [0, 0]
  const interval = `(95 %: ${formatBytes(low)} to ${formatBytes(high)})`
  const until =
    line.secondsToLimit === undefined
      ? ''
      : `; ${formatSeconds(line.secondsToLimit)} to the memory limit`
  return [keepsWords(line, interval, asItIs), ...where].join(', ') + until
}
