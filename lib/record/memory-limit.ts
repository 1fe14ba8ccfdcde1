/** The memory limit of the container this process runs in: cgroup 2, then cgroup 1. */
import { readFileSync } from 'node:fs'

const LIMIT_FILES = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes']
/** cgroup 1 writes a number near 2^63 for "no limit". */
const NO_LIMIT_BYTES = 2 ** 60

/** @returns bytes; Infinity where there is none, or it cannot be read */
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
