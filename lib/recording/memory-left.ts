/** How much memory there is until V8, or the system, ends the process. */
import { getHeapStatistics } from 'node:v8'
import { readHeapCeiling, readMemoryLimit } from '../record/memory-limit'

export class MemoryLeft {
  /** The live heap at which V8 gives up. */
  readonly heapCeilingBytes: number = readHeapCeiling()
  /** The container's; Infinity where there is none. */
  readonly #limitBytes: number = readMemoryLimit()

  heapBytes(): number {
    return this.heapCeilingBytes - getHeapStatistics().used_heap_size
  }

  /** Of the process as a whole, buffers and native memory too. */
  rssBytes(): number {
    return this.#limitBytes - process.memoryUsage.rss()
  }

  /** For what the heap keeps, which is limited by both. */
  headroomBytes(): number {
    return Math.min(this.heapBytes(), this.rssBytes())
  }
}
