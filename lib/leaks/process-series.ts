/** The counts and sizes that go with each reading of the heap. */
import { halve } from '../heap/heap-history'
import type { Observation, RouteSeries } from '../verdict/observation'
import type { WatchedApp } from './watched-app'

/** Of the process, at one reading. */
const SIZES = [
  'timeMs',
  'liveHeapBytes',
  'appCodeBytes',
  'codeBytes',
  'ownWork',
  'debugged',
  'arrayBuffersBytes',
  'rssBytes',
  'heapTotalBytes',
  'connections',
] as const

type Size = (typeof SIZES)[number]

/** Of each route. */
const COUNTS = ['ended', 'aborted', 'failed', 'inFlight'] as const

type Count = (typeof COUNTS)[number]

export type ProcessReading = Readonly<Record<Size, number>>

type Counted = Pick<WatchedApp, Count | 'layers' | 'routes'>

export class ProcessSeries {
  readonly #sizes: Record<Size, number[]> = {
    timeMs: [],
    liveHeapBytes: [],
    appCodeBytes: [],
    codeBytes: [],
    ownWork: [],
    debugged: [],
    arrayBuffersBytes: [],
    rssBytes: [],
    heapTotalBytes: [],
    connections: [],
  }
  readonly #ofRoutes: Record<Count, number[][]> = {
    ended: [],
    aborted: [],
    failed: [],
    inFlight: [],
  }
  readonly #entered: number[][] = []

  get length(): number {
    return this.#sizes.timeMs.length
  }

  add(reading: ProcessReading, app: Counted): void {
    const before = this.length
    app.routes.forEach(({ id }, at) => {
      if (id !== at) this.#merge(at, id)
    })
    for (const size of SIZES) this.#sizes[size].push(reading[size])
    for (const count of COUNTS) addTo(this.#ofRoutes[count], app[count](), before)
    addTo(
      this.#entered,
      app.layers.map(({ entered }) => entered),
      before,
    )
  }

  /** What is one route now was one all along. */
  #merge(route: number, into: number): void {
    for (const count of COUNTS) {
      const counts = this.#ofRoutes[count]
      const merged = counts[route]
      if (!merged || merged.every((one) => one === 0)) continue
      const taking = (counts[into] ??= zeros(this.length))
      merged.forEach((one, at) => (taking[at]! += one))
      merged.fill(0)
    }
  }

  sizes(): Pick<Observation, Size> {
    return this.#sizes
  }

  /** By index of the route. */
  ofRoute(index: number): Pick<RouteSeries, Count> {
    const of = (count: Count): readonly number[] =>
      this.#ofRoutes[count][index] ?? zeros(this.length)
    return {
      ended: of('ended'),
      aborted: of('aborted'),
      failed: of('failed'),
      inFlight: of('inFlight'),
    }
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
    const ofRoutes = COUNTS.flatMap((count) => this.#ofRoutes[count])
    return [...Object.values(this.#sizes), ...ofRoutes, ...this.#entered]
  }
}

/** Series that begin late, those of new routes, have zeros for the readings before. */
function addTo(series: number[][], counts: readonly number[], before: number): void {
  counts.forEach((count, index) => (series[index] ??= zeros(before)).push(count))
}

function zeros(length: number): number[] {
  return new Array<number>(length).fill(0)
}
