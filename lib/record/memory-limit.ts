/** How much memory there is: V8's limit for what lives long, and the container's for everything. */
import { readFileSync } from 'node:fs'
import { getHeapStatistics } from 'node:v8'
import { isMainThread, resourceLimits } from 'node:worker_threads'

const LIMIT_FILES = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes']
/** cgroup 1 writes a number near 2^63 for "no limit". */
const NO_LIMIT_BYTES = 2 ** 60

/** As V8 takes it, on the command line or in NODE_OPTIONS; the last one counts. In MB. */
const OLD_SPACE_FLAG = /--max[-_]old[-_]space[-_]size[= ](\d+)/g

/**
 * The live heap at which V8 gives up, bytes. `heap_size_limit` has the young generation in it, 48 to
 * 192 MB by Node's version, which nothing that lives long can use: with a small heap, most of it.
 */
export function readHeapCeiling(): number {
  const limit = getHeapStatistics().heap_size_limit
  const ofWorker = isMainThread ? undefined : resourceLimits.maxOldGenerationSizeMb
  const flags = `${process.env.NODE_OPTIONS ?? ''} ${process.execArgv.join(' ')}`
  const megabytes = ofWorker ?? Number([...flags.matchAll(OLD_SPACE_FLAG)].at(-1)?.[1])
  return megabytes > 0 ? Math.min(limit, megabytes * 2 ** 20) : limit
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
