/**
 * All that was read of the heap and counted with it, since sampling began. Bounded: full, every other
 * reading is dropped, and from then on every other one kept, so that the span only grows.
 */
import { type HeapHistory, MAX_READINGS } from '../heap/heap-history'
import type { SampledProfile } from '../inspector/sampled-profile'
import { type ProcessReading, ProcessSeries } from './process-series'
import type { WatchedApp } from './watched-app'

export class Readings {
  readonly history: HeapHistory
  readonly series: ProcessSeries = new ProcessSeries()
  /** Every `stride`-th reading is kept. */
  #stride = 1
  #made = 0

  constructor(history: HeapHistory) {
    this.history = history
  }

  /** Readings kept. */
  get length(): number {
    return this.series.length
  }

  add(profile: SampledProfile, reading: ProcessReading, app: WatchedApp): void {
    this.#made++
    this.history.add(profile)
    this.series.add(reading, app)
  }

  /** Once the last reading was judged: drops what has no place. */
  thin(): void {
    if (this.#made % this.#stride !== 0) {
      this.history.dropLast()
      this.series.dropLast()
    } else if (this.length >= MAX_READINGS) {
      this.history.halve()
      this.series.halve()
      this.#stride *= 2
    }
  }
}
