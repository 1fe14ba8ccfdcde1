/** The counts and sizes that go with each reading of the heap. */
import { halve } from '../heap/heap-history'
import type { Observation } from '../verdict/observation'
import type { WatchedApp } from './watched-app'

/** Of the process, at one reading. */
const SIZES = [
  'timeMs',
  'liveHeapBytes',
  'codeBytes',
  'ownWork',
  'arrayBuffersBytes',
  'rssBytes',
  'heapTotalBytes',
  'connections',
] as const

type Size = (typeof SIZES)[number]

export type ProcessReading = Readonly<Record<Size, number>>

export class ProcessSeries {
  readonly #sizes: Record<Size, number[]> = {
    timeMs: [],
    liveHeapBytes: [],
    codeBytes: [],
    ownWork: [],
    arrayBuffersBytes: [],
    rssBytes: [],
    heapTotalBytes: [],
    connections: [],
  }
  readonly #ended: number[][] = []
  readonly #inFlight: number[][] = []
  readonly #entered: number[][] = []

  get length(): number {
    return this.#sizes.timeMs.length
  }

  add(reading: ProcessReading, app: Pick<WatchedApp, 'ended' | 'inFlight' | 'layers'>): void {
    const before = this.length
    for (const size of SIZES) this.#sizes[size].push(reading[size])
    addTo(this.#ended, app.ended(), before)
    addTo(this.#inFlight, app.inFlight(), before)
    addTo(
      this.#entered,
      app.layers.map(({ entered }) => entered),
      before,
    )
  }

  sizes(): Pick<Observation, Size> {
    return this.#sizes
  }

  /** By index of the route. */
  ended(index: number): readonly number[] {
    return this.#ended[index] ?? zeros(this.length)
  }

  inFlight(index: number): readonly number[] {
    return this.#inFlight[index] ?? zeros(this.length)
  }

  /** By index of the layer. */
  entered(index: number): readonly number[] {
    return this.#entered[index] ?? zeros(this.length)
  }

  /** Drops every other reading, as HeapHistory does. */
  halve(): void {
    for (const series of this.#all()) halve(series)
  }

  dropLast(): void {
    for (const series of this.#all()) series.pop()
  }

  #all(): number[][] {
    return [...Object.values(this.#sizes), ...this.#ended, ...this.#inFlight, ...this.#entered]
  }
}

/** Series that begin late, those of new routes, have zeros for the readings before. */
function addTo(series: number[][], counts: readonly number[], before: number): void {
  counts.forEach((count, index) => (series[index] ??= zeros(before)).push(count))
}

function zeros(length: number): number[] {
  return new Array<number>(length).fill(0)
}
