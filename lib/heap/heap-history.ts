/**
 * The readings of the live heap so far, as series per place. Bounded: when full, every other reading
 * is dropped and from then on every other one kept, so that the span only grows.
 */
import { positionKey } from '../inspector/stack-frame'
import type { Label } from './labels'
import { FrameTable, type Place, placesOf, type PlaceOptions } from './sites'
import type { SampledProfile } from '../inspector/sampled-profile'

export const MAX_READINGS = 128
/** Places told apart, at most; those without live samples are forgotten first. */
const MAX_PLACES = 4096

/**
 * An object of this many sampling intervals is nearly sure to be sampled (95 %), and alone outweighs
 * others of its place: kept apart, so that a table that grows does not look like a leak of the route that
 * added the one entry too many, nor its predecessor, thrown away, like one of a place where nothing stays.
 */
const LARGE_SAMPLES = 3

export interface History {
  readonly place: Place
  /** Samples of objects far larger than the sampling interval: tables of collections, mostly. */
  readonly isLarge: boolean
  /** Live bytes at each reading. */
  readonly liveBytes: number[]
  /** Of those, the bytes of objects that had lived at the reading before. */
  readonly survivedBytes: number[]
  bornBytes: number[]
  bornBytesSquared: number[]
}

export class HeapHistory {
  /** The highest ordinal up to each reading: samples above it are younger. */
  readonly #lastOrdinal: number[] = []
  readonly #histories: Map<string, History> = new Map()
  /** Labels under which a function was seen, by its position: what it does after an await is theirs. */
  readonly #seenUnder: Map<string, Set<Label>> = new Map()
  readonly #options: PlaceOptions
  readonly #frames = new FrameTable()
  readonly #largeBytes: number
  #memprofBytes = 0

  constructor(samplingBytes: number, options: PlaceOptions) {
    this.#options = options
    this.#largeBytes = LARGE_SAMPLES * samplingBytes
  }

  get readings(): number {
    return this.#lastOrdinal.length
  }

  get histories(): Iterable<History> {
    return this.#histories.values()
  }

  /** Live bytes that memprof itself allocated, by the samples. */
  get memprofBytes(): number {
    return this.#memprofBytes
  }

  seenUnder(position: string): ReadonlySet<Label> | undefined {
    return this.#seenUnder.get(position)
  }

  add(profile: SampledProfile): void {
    const places = placesOf(profile.head, this.#options, this.#frames)
    const last = this.#lastOrdinal.at(-1) ?? 0
    const reading = this.#lastOrdinal.length
    let highest = last
    for (const { ordinal } of profile.samples) if (ordinal > highest) highest = ordinal
    this.#lastOrdinal.push(highest)

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

  /** Forgets the last reading: its samples count for the next one. */
  dropLast(): void {
    this.#lastOrdinal.pop()
    for (const { liveBytes, survivedBytes } of this.#histories.values()) {
      liveBytes.pop()
      survivedBytes.pop()
    }
  }

  /** Drops every other reading; the caller drops the same of its own series. */
  halve(): void {
    halve(this.#lastOrdinal)
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

  /** The first reading that could see a sample; binary search. */
  #windowOf(ordinal: number): number {
    let low = 0
    let high = this.#lastOrdinal.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#lastOrdinal[middle]! < ordinal) low = middle + 1
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

/** As `halve`, for amounts per reading: those of a dropped reading go to the next. */
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
