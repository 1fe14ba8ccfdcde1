/** How much memory there is: V8's limit for what lives long, and the container's for everything. */
import { readFileSync } from 'node:fs'
import { getHeapStatistics } from 'node:v8'

const LIMIT_FILES = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes']
/** cgroup 1 writes a number near 2^63 for "no limit". */
const NO_LIMIT_BYTES = 2 ** 60

/**
 * V8 counts the young generation into `heap_size_limit`, three semi-spaces of 16 MB by default; what
 * lives long has only the rest (`--max-old-space-size`).
 */
const YOUNG_BYTES = 3 * (16 << 20)

/** The live heap at which V8 gives up, bytes. */
export function readHeapCeiling(): number {
  const limit = getHeapStatistics().heap_size_limit
  return Math.max(limit - YOUNG_BYTES, limit / 2)
}

/** cgroup 2, then cgroup 1. @returns bytes; Infinity where there is none, or it cannot be read */
export function readMemoryLimit(): number {
  for (const file of LIMIT_FILES) {
    try {
      const bytes = Number(readFileSync(file, 'latin1'))
      if (bytes > 0 && bytes < NO_LIMIT_BYTES) return bytes
    } catch {
      // Not this version of cgroups, or none at all.
    }
  }
  return Number.POSITIVE_INFINITY
}
