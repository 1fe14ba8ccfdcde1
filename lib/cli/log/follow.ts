/**
 * Reads what a growing file has new, as often as it is asked to; goes on where the file was replaced by
 * another (rotation) or cut to nothing (copytruncate). What is not there yet is waited for.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'

/** Bytes read at once. */
const CHUNK_BYTES = 1024 ** 2

export interface FollowedFile {
  /**
   * Hands over what is new, at most `maxBytes` of it.
   *
   * @returns whether there may be more now
   * @throws the system's error where the file is there and cannot be read
   */
  read(maxBytes: number): boolean
  close(): void
}

export interface FollowOptions {
  /** The bytes are valid during the call alone. */
  readonly take: (bytes: Buffer) => void
  /** The file was replaced or cut: what comes next does not continue what came. */
  readonly restarted: () => void
  /** Of a file that is longer than this at first, only so much of its end is read. */
  readonly maxBytesAtFirst?: number
  /** So many bytes were passed over. */
  readonly skipped?: (bytes: number) => void
}

export function followFile(file: string, options: FollowOptions): FollowedFile {
  const { take, restarted, maxBytesAtFirst = Number.POSITIVE_INFINITY, skipped } = options
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  let descriptor: number | null = null
  let position = 0
  let opened = 0

  function open(): boolean {
    try {
      descriptor = openSync(file, 'r')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw error
    }
    position = 0
    if (opened++ > 0) restarted()
    else {
      position = Math.max(0, fstatSync(descriptor).size - maxBytesAtFirst)
      if (position > 0) skipped?.(position)
    }
    return true
  }

  function close(): void {
    if (descriptor !== null) closeSync(descriptor)
    descriptor = null
  }

  /** Whether the path leads to another file than the one that is open. */
  function isReplaced(of: number): boolean {
    const there = statSync(file, { throwIfNoEntry: false })
    if (!there) return false
    const ours = fstatSync(of)
    return there.ino !== ours.ino || there.dev !== ours.dev
  }

  return {
    read(maxBytes) {
      if (descriptor === null && !open()) return false
      let left = maxBytes
      while (left > 0) {
        const count = readSync(descriptor!, chunk, 0, Math.min(left, CHUNK_BYTES), position)
        if (count === 0) {
          if (fstatSync(descriptor!).size < position) {
            position = 0
            restarted()
          } else if (isReplaced(descriptor!)) {
            close()
            if (!open()) return false
          } else return false
          continue
        }
        position += count
        left -= count
        take(chunk.subarray(0, count))
      }
      return true
    },
    close,
  }
}
