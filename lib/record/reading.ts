/**
 * One reading of the process's memory, without allocating.
 *
 * heapUsed, heapTotal and external come from V8's statistics, rss and vsize from `/proc/self/statm` on a
 * kept descriptor where there is one. `process.memoryUsage()` opens a file for the same, each time, and
 * does not tell vsize.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { getHeapStatistics } from 'node:v8'

/** Bytes; NaN where the platform does not say. */
export interface Reading {
  rssBytes: number
  vsizeBytes: number
  heapUsedBytes: number
  heapTotalBytes: number
  externalBytes: number
}

export function emptyReading(): Reading {
  return { rssBytes: 0, vsizeBytes: 0, heapUsedBytes: 0, heapTotalBytes: 0, externalBytes: 0 }
}

export interface MemoryReader {
  /** Fills `into`: two calls into V8 and one into the system. */
  read(into: Reading): void
  /**
   * The same, with rss and vsize as they were up to `SHARED_MAX_AGE_MS` ago; and where the request is
   * not `alone`, the heap too: what it grew by then belongs to several. `nowMs` is the clock's, read
   * by the caller.
   */
  readShared(into: Reading, nowMs: number, alone: boolean): void
  close(): void
}

/**
 * Under load statm would be read thousands of times a second, for pages that move far slower; and a
 * system call costs more than its own time, by what it evicts. V8's statistics are an object of
 * 14 numbers, most of what memprof allocates.
 */
const SHARED_MAX_AGE_MS = 1
/** statm is two numbers in pages, then more; 64 bytes hold the two on any machine. */
const STATM_BYTES = 64
/** Linux reports statm in pages of this size on x86-64 and most arm64; checked when opened. */
const USUAL_PAGE_BYTES = 4096
const SPACE = 0x20
const ZERO = 0x30

export function openMemoryReader(): MemoryReader {
  let descriptor = -1
  const text = Buffer.alloc(STATM_BYTES)
  let pageBytes = USUAL_PAGE_BYTES
  try {
    descriptor = openSync('/proc/self/statm', 'r')
    pageBytes = measurePageBytes(descriptor, text)
  } catch {
    // No /proc (macOS), or not permitted: rss alone, by the slower call.
    descriptor = -1
  }

  let rssBytes = 0
  let vsizeBytes = Number.NaN
  let pagesReadMs = Number.NEGATIVE_INFINITY
  let heapUsedBytes = 0
  let heapTotalBytes = 0
  let externalBytes = 0
  let heapReadMs = Number.NEGATIVE_INFINITY

  function readHeap(): void {
    const heap = getHeapStatistics()
    heapUsedBytes = heap.used_heap_size
    heapTotalBytes = heap.total_heap_size
    externalBytes = heap.external_memory
  }

  function readPages(): void {
    if (descriptor < 0) {
      rssBytes = process.memoryUsage.rss()
      return
    }
    readSync(descriptor, text, 0, STATM_BYTES, 0)
    let at = 0
    let pages = 0
    for (; text[at] !== SPACE; at++) pages = pages * 10 + text[at]! - ZERO
    vsizeBytes = pages * pageBytes
    pages = 0
    for (at++; text[at] !== SPACE; at++) pages = pages * 10 + text[at]! - ZERO
    rssBytes = pages * pageBytes
  }

  function fill(into: Reading): void {
    into.rssBytes = rssBytes
    into.vsizeBytes = vsizeBytes
    into.heapUsedBytes = heapUsedBytes
    into.heapTotalBytes = heapTotalBytes
    into.externalBytes = externalBytes
  }

  return {
    read(into) {
      readHeap()
      readPages()
      fill(into)
    },
    readShared(into, nowMs, alone) {
      if (alone || nowMs - heapReadMs >= SHARED_MAX_AGE_MS) {
        heapReadMs = nowMs
        readHeap()
      }
      if (nowMs - pagesReadMs >= SHARED_MAX_AGE_MS) {
        pagesReadMs = nowMs
        readPages()
      }
      fill(into)
    },
    close() {
      if (descriptor >= 0) closeSync(descriptor)
      descriptor = -1
      vsizeBytes = Number.NaN
    },
  }
}

/** rss in bytes over rss in pages, to the nearest power of two. */
function measurePageBytes(descriptor: number, text: Buffer): number {
  const length = readSync(descriptor, text, 0, STATM_BYTES, 0)
  const pages = Number(text.toString('latin1', 0, length).split(' ')[1])
  const ratio = process.memoryUsage.rss() / pages
  return Number.isFinite(ratio) && ratio > 0 ? 2 ** Math.round(Math.log2(ratio)) : USUAL_PAGE_BYTES
}
