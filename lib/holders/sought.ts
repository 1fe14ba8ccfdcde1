/**
 * One leak whose holder is sought: the looks since, whether another would tell more, and what they come
 * to. Reads no clock and asks V8 nothing.
 *
 *     stage     nothing found                          | a holder found, or given up
 *     near      told: wide; not told: put off          | done
 *     wide      census, where the pauses allow it      | done
 *     census    done                                   | done
 *     put off   the end, until the leak is told        |
 *     done      the end                                |
 *
 * Given up before the leak was told, it is put off as well.
 */
import type { Holder } from '../schema/lines'
import { positionKey, type StackFrame } from '../inspector/stack-frame'
import type { Leak } from '../verdict/leak'
import {
  containerAtCapacity,
  exposureBetween,
  type Kept,
  likeliest,
  type Look,
  mayBeFilling,
  type RankedHolder,
  rankHolders,
  rankHoldersOfAny,
  type Suspect,
} from './ranking'

/** Requests of the leaking route between two looks, and from the first look to the last. */
const MIN_REQUESTS_BETWEEN = 15
const MIN_REQUESTS = 30
const MIN_LOOKS = 3
/** Without requests, from the first look to the last, s. */
const MIN_SECONDS = 6
/** A search ends without a result after so many looks, or so long, ms. */
const MAX_LOOKS = 8
const MAX_SEARCH_MS = 15 * 60_000
/** Of a leak's places, and of each place's frames, so many are searched for. */
const MAX_PLACES = 5
const MAX_FRAMES = 6

/**
 * From the handlers; then from the functions of the stacks themselves, and all modules; then among all
 * containers there are, whether or not a variable leads to them.
 */
export type SearchStage = 'near' | 'wide' | 'census' | 'put off' | 'done'

/** What a container's growth says of its end. */
export interface Bound {
  readonly size: number
  /** Entries with each request of the leak, or each second. */
  readonly growth: number
  /** Entries it may come to; Infinity where nothing says it. */
  readonly capacity: number
}

export interface FoundHolders {
  readonly holders: readonly Holder[]
  /** Of the likeliest of them; where there is none, of a container at its capacity. */
  readonly bounds: readonly Bound[]
  /** The likeliest of them, as objects; by index of the holder. */
  readonly objects: ReadonlyArray<ReadonlyArray<WeakRef<object>>>
  /** Of a leak whose payer is estimated, what may keep it where others pay for a part of it, or for all. */
  readonly beside: ReadonlyArray<WeakRef<object>>
  /** What was left out of the search. */
  readonly note?: string
}

/** A leak whose holder may be sought. */
export interface Seekable {
  readonly leak: Leak
  /** People know of the leak. */
  readonly isTold: boolean
  /** It went on for longer than the caches that were to explain it. */
  readonly isPastCaches: boolean
  /** Objects as whose methods its functions ran, if a trace has seen any. */
  readonly receivers: ReadonlyArray<WeakRef<object>>
}

export class Sought {
  readonly leak: Leak
  /** People know of the leak: what is not found near by is searched for further. */
  isTold: boolean
  readonly frames: readonly StackFrame[]
  readonly receivers: ReadonlyArray<WeakRef<object>>
  readonly sinceMs: number
  /** Null until the search ends, and where it was given up. */
  found: FoundHolders | null = null
  readonly #kept: Kept
  #stage: SearchStage = 'near'
  /** Of this stage; those for another leak may come more often than its own. */
  #looks: Look[] = []
  #ownLooks = 0

  constructor({ leak, isTold, isPastCaches, receivers }: Seekable, nowMs: number) {
    const { places, scope, exposure, rate } = leak
    this.leak = leak
    this.isTold = isTold
    this.receivers = receivers
    this.sinceMs = nowMs
    this.frames = places
      .slice(0, MAX_PLACES)
      .flatMap(({ place }) => place.frames.slice(0, MAX_FRAMES))
    // No container at its capacity explains what grows without requests, or has gone on for long enough.
    const isUnexplained = scope === 'process' || isPastCaches
    this.#kept = {
      requests: isUnexplained ? Number.POSITIVE_INFINITY : exposure,
      bytes: rate * exposure,
    }
  }

  get stage(): SearchStage {
    return this.#stage
  }

  get isOver(): boolean {
    return this.#stage === 'put off' || this.#stage === 'done'
  }

  /** Whether a cache that fills, or has just become full, may keep it, by the looks so far. */
  mayBeFilling(): boolean {
    return this.#stage === 'near' && mayBeFilling(this.#looks, this.#kept)
  }

  /** Who pays, and where its code stands, for the ranking. */
  suspect(routes: Suspect['routes'], texts: ReadonlyMap<string, string>): Suspect {
    return {
      routes,
      bytesPerExposure: this.leak.rate,
      scripts: new Set(this.frames.map(({ scriptId }) => scriptId)),
      texts: [...new Set(this.frames.map(positionKey))].flatMap((key) => texts.get(key) || []),
    }
  }

  /** Whether enough has happened since the last look for another to tell more. */
  isDue(suspect: Suspect, now: Look): boolean {
    const last = this.#looks.at(-1)
    if (!last || suspect.routes === null) return true
    return exposureBetween(suspect, last, now) >= MIN_REQUESTS_BETWEEN
  }

  noteOwnLook(): void {
    this.#ownLooks++
  }

  add(look: Look): void {
    this.#looks.push(look)
  }

  /** Whether the looks so far are enough to tell. */
  isReady(suspect: Suspect): boolean {
    const first = this.#looks[0]
    const last = this.#looks.at(-1)
    if (!first || !last || this.#looks.length < MIN_LOOKS) return false
    const needed = suspect.routes === null ? MIN_SECONDS : MIN_REQUESTS
    return exposureBetween(suspect, first, last) >= needed
  }

  rank(suspect: Suspect): RankedHolder[] {
    return this.leak.scope === 'open'
      ? this.rankOfAny(suspect)
      : rankHolders(suspect, this.#looksOfStage)
  }

  /** @param suspect - all that may pay */
  rankOfAny(suspect: Suspect): RankedHolder[] {
    return rankHoldersOfAny(suspect, this.#looksOfStage)
  }

  get #looksOfStage(): Look[] {
    return this.#stage === 'census' ? this.#looks : this.#looks.map(onlyWalked)
  }

  /** What those that were ranked say of its end. */
  bounds(ranked: readonly RankedHolder[]): Bound[] {
    if (ranked.length > 0 || this.isTold) {
      return likeliest(ranked).map(({ container: { size }, growth, capacity }) => ({
        size,
        growth,
        capacity,
      }))
    }
    const full = containerAtCapacity(this.#looks, this.#kept)
    return full ? [{ size: full.size, growth: 1, capacity: full.size }] : []
  }

  isHopeless(nowMs: number): boolean {
    return nowMs - this.sinceMs >= MAX_SEARCH_MS || this.#ownLooks >= MAX_LOOKS
  }

  /** Nothing was found: it is searched for in another way. */
  goOn(stage: 'wide' | 'census'): void {
    this.#stage = stage
    this.#looks = []
    this.#ownLooks = 0
  }

  /** @param isThorough - there is no more to be found, even if the leak is told later */
  end(isThorough: boolean, found: FoundHolders | null = null): void {
    this.#stage = isThorough ? 'done' : 'put off'
    this.found = found
  }
}

/** Without those of the census: what they hold is told where nothing better was found. */
function onlyWalked(look: Look): Look {
  return { ...look, containers: look.containers.filter(({ id }) => id >= 0) }
}
