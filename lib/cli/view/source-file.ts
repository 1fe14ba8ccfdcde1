/**
 * The text of a file that a log names. A log may come from anyone: only a regular file below the folder
 * where the command runs is read, and it is told only where it is the one that ran, by its hash.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs'
import { isAbsolute, join, resolve, sep } from 'node:path'
import { MAX_SOURCE_BYTES, sourceHash } from '../../inspector/source-hash'
import type { SiteFrame } from '../../schema/lines'

/** @returns null where nothing of the file may be shown */
export type ReadSource = (place: SiteFrame) => string | null

export function sourceReader(folder: string): ReadSource {
  return ({ file, sourceHash: ran }) => {
    if (ran === undefined || isAbsolute(file)) return null
    try {
      const text = readBelow(realpathSync(folder), file)
      return text !== null && sourceHash(text) === ran ? text : null
    } catch {
      // Not here, as for most who read a log.
      return null
    }
  }
}

/** A pipe that nobody writes to would be waited for: it is not, and only a regular file is read. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0)

function readBelow(folder: string, file: string): string | null {
  const path = realpathSync(resolve(folder, file))
  if (!path.startsWith(join(folder, sep))) return null
  const descriptor = openSync(path, FLAGS)
  try {
    const stats = fstatSync(descriptor)
    return stats.isFile() && stats.size <= MAX_SOURCE_BYTES
      ? readFileSync(descriptor, 'utf8')
      : null
  } finally {
    closeSync(descriptor)
  }
}
