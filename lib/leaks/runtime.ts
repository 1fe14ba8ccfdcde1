/** The process around the watch: its clock, its timers, its memory and its inspector. Tests bring their own. */
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'
import { clearTimeout, performance, setTimeout } from '../clock'
import { codeBytesOf, type HeapSession, InspectorSession } from '../inspector/session'

export interface Runtime {
  readonly now: () => number
  /** Runs `work` once, and keeps no process alive for it. @returns takes that back */
  after(waitMs: number, work: () => void): () => void
  memory(): Pick<NodeJS.MemoryUsage, 'rss' | 'heapTotal' | 'arrayBuffers'>
  /** Of the heap and of external memory, to the byte, garbage included. Asks V8 alone. */
  usedBytes(): number
  /** Machine code on the heap, garbage included. About 20 us. */
  codeBytes(): number
  /** @throws where the inspector is closed, as under Node's permission model */
  openSession(): HeapSession
}

export const RUNTIME: Runtime = {
  now: () => performance.now(),
  after(waitMs, work) {
    const timer = setTimeout(work, waitMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
  memory: () => process.memoryUsage(),
  usedBytes() {
    const heap = getHeapStatistics()
    return heap.used_heap_size + heap.external_memory
  },
  codeBytes: () =>
    codeBytesOf(
      getHeapSpaceStatistics().map((space) => ({
        spaceName: space.space_name,
        spaceUsedSize: space.space_used_size,
      })),
    ),
  openSession: () => new InspectorSession(),
}
