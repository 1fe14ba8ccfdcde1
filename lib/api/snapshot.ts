/** One reading of the process's memory, by hand. */
import { expectType } from '../errors'
import { forceFullGc } from '../record/gc'
import { emptyReading, openMemoryReader } from '../record/reading'

export interface SnapshotOptions {
  /** Forces a major GC first: it takes about 1 ms per MB of live heap. */
  gc?: boolean
}

/** Bytes; `time` in ms since 1970. `vsize` is left out where the platform does not say. */
export interface Snapshot {
  time: number
  rss: number
  vsize?: number
  heapUsed: number
  heapTotal: number
  external: number
  arrayBuffers: number
}

/**
 * Reads the memory of this process, now.
 *
 * @throws MemprofError ERR_MEMPROF_ARGUMENT when an option has the wrong type
 * @example
 * const before = snapshot({ gc: true })
 */
export function snapshot({ gc = false }: SnapshotOptions = {}): Snapshot {
  expectType('snapshot({ gc })', 'boolean', gc)
  if (gc) forceFullGc()
  const reading = emptyReading()
  const reader = openMemoryReader()
  reader.read(reading)
  reader.close()
  return {
    time: Date.now(),
    rss: reading.rssBytes,
    ...(Number.isNaN(reading.vsizeBytes) ? {} : { vsize: reading.vsizeBytes }),
    heapUsed: reading.heapUsedBytes,
    heapTotal: reading.heapTotalBytes,
    external: reading.externalBytes,
    arrayBuffers: process.memoryUsage().arrayBuffers,
  }
}
