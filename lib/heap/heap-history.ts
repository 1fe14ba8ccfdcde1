/**
 * The readings of the live heap so far, as series per place. Bounded: when full, every other reading
 * is dropped and from then on every other one kept, so that the span only grows.
 *
 *     samples of one place        reading 0     reading 1     reading 2
 *     #1, died after reading 1    100 bytes     100
 *     #2                           50            50            50
 *     #3                                         70            70
 *     #4                                                       30
 *     liveBytes                   150           220           150
 *     survivedBytes                 0           150           120     lived at the reading before
 *     bornBytes                    50            70            30     of what lives at reading 2
 *
 * When a sample was born is known from its ordinal: each reading notes the highest ordinal so far.
 */
import { positionKey } from '../inspector/stack-frame'
import type { Label } from './labels'
import { FrameTable, type Place, placesOf, type PlaceOptions } from './sites'
import type { SampledProfile } from '../inspector/sampled-profile'

/** Readings kept, at most: between 64 and 128 once the history was halved. */
export const MAX_READINGS = 128
/** Places told apart, at most: a round number. From half of it on, places without live samples go. */
const MAX_PLACES = 4096

/**
 * A large object has at least so many sampling intervals: it is sampled with 95 % (1 - e^-3), and
 * outweighs all others of its place. Large objects are mostly the backing stores of containers, which
 * are replaced by larger ones as they grow. Their histories are kept apart: a new store would look like
 * a leak of the route whose entry made it necessary, and the old one, thrown away, like a place where
 * nothing stays.
 */
const LARGE_INTERVALS = 3

export interface History {
  readonly place: Place
  /** Whether these are the large objects of the place. */
  readonly isLarge: boolean
  /** Live bytes at each reading. */
  readonly liveBytes: number[]
  /** At each reading, live bytes of objects that had lived at the reading before. */
  readonly survivedBytes: number[]
  /** Of the objects that live at the last reading, the bytes by the reading that was the first to see them. */
  bornBytes: number[]
  /** The same with the square of each sample's bytes, for the variance. */
  bornBytesSquared: number[]
}

export class HeapHistory {
  /** The highest ordinal up to each reading: younger samples have a higher one. */
  readonly #highestOrdinals: number[] = []
  readonly #histories: Map<string, History> = new Map()
  /** By a function's position, the labels under which it ran: what it does after an await is theirs. */
  readonly #seenUnder: Map<string, Set<Label>> = new Map()
  readonly #options: PlaceOptions
  readonly #frames = new FrameTable()
  readonly #largeBytes: number
  #memprofBytes = 0

  constructor(samplingBytes: number, options: PlaceOptions) {
    this.#options = options
    this.#largeBytes = LARGE_INTERVALS * samplingBytes
  }

  get readings(): number {
    return this.#highestOrdinals.length
  }

  get histories(): Iterable<History> {
    return this.#histories.values()
  }

  /** Live bytes at the last reading that memprof itself allocated, by the samples. */
  get memprofBytes(): number {
    return this.#memprofBytes
  }

  /** @param position - a `positionKey` */
  seenUnder(position: string): ReadonlySet<Label> | undefined {
    return this.#seenUnder.get(position)
  }

  add(profile: SampledProfile): void {
    const places = placesOf(profile.head, this.#options, this.#frames)
    const last = this.#highestOrdinals.at(-1) ?? 0
    const reading = this.#highestOrdinals.length
    let highest = last
    for (const { ordinal } of profile.samples) if (ordinal > highest) highest = ordinal
    this.#highestOrdinals.push(highest)

    this.#memprofBytes = 0
    for (const history of this.#histories.values()) {
      history.liveBytes.push(0)
      history.survivedBytes.push(0)
      history.bornBytes = new Array<number>(reading + 1).fill(0)
      history.bornBytesSquared = new Array<number>(reading + 1).fill(0)
    }
    for (const { size, nodeId, ordinal } of profile.samples) {
      const place = places.get(nodeId)
      const history = place && this.#historyOf(place, size >= this.#largeBytes, reading)
      if (!history) continue
      const window = this.#windowOf(ordinal)
      history.bornBytes[window]! += size
      history.bornBytesSquared[window]! += size * size
      history.liveBytes[reading]! += size
      if (ordinal <= last) history.survivedBytes[reading]! += size
      if (place.origin === 'memprof') this.#memprofBytes += size
    }
    for (const place of places.values()) this.#noteSeen(place)
    if (this.#histories.size > MAX_PLACES / 2) this.#forgetEmpty()
  }

  /** Forgets the last reading: the next one sees its samples as born since the one before. */
  dropLast(): void {
    this.#highestOrdinals.pop()
    for (const { liveBytes, survivedBytes } of this.#histories.values()) {
      liveBytes.pop()
      survivedBytes.pop()
    }
  }

  /** Drops every other reading; the caller drops the same of its own series. */
  halve(): void {
    halve(this.#highestOrdinals)
    for (const history of this.#histories.values()) {
      halve(history.liveBytes)
      halve(history.survivedBytes)
      history.bornBytes = mergePairs(history.bornBytes)
      history.bornBytesSquared = mergePairs(history.bornBytesSquared)
    }
  }

  #historyOf(place: Place, isLarge: boolean, reading: number): History | null {
    const key = isLarge ? `${place.key}|large` : place.key
    let history = this.#histories.get(key)
    if (!history) {
      if (this.#histories.size >= MAX_PLACES) return null
      const zeros = (): number[] => new Array<number>(reading + 1).fill(0)
      history = {
        place,
        isLarge,
        liveBytes: zeros(),
        survivedBytes: zeros(),
        bornBytes: zeros(),
        bornBytesSquared: zeros(),
      }
      this.#histories.set(key, history)
    }
    return history
  }

  /** The window before the first reading that could see a sample; binary search. */
  #windowOf(ordinal: number): number {
    let low = 0
    let high = this.#highestOrdinals.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#highestOrdinals[middle]! < ordinal) low = middle + 1
      else high = middle
    }
    return low
  }

  #noteSeen({ label, frames }: Place): void {
    if (!label) return
    for (const frame of frames) {
      const key = positionKey(frame)
      let labels = this.#seenUnder.get(key)
      if (!labels) {
        if (this.#seenUnder.size >= MAX_PLACES) return
        labels = new Set()
        this.#seenUnder.set(key, labels)
      }
      labels.add(label)
    }
  }

  #forgetEmpty(): void {
    for (const [key, { liveBytes }] of this.#histories) {
      if (liveBytes.every((bytes) => bytes === 0)) {
        this.#histories.delete(key)
      }
    }
  }
}

/** Keeps the last of each pair, and so the last of all. */
export function halve(series: number[]): void {
  const kept = series.filter((_, at) => (series.length - 1 - at) % 2 === 0)
  series.length = 0
  series.push(...kept)
}

/** As `halve`, for amounts between readings: the amount of a dropped reading goes to the next. */
export function mergePairs(series: readonly number[]): number[] {
  const merged: number[] = []
  let carried = 0
  for (const [at, amount] of series.entries()) {
    carried += amount
    if ((series.length - 1 - at) % 2 !== 0) continue
    merged.push(carried)
    carried = 0
  }
  return merged
}
