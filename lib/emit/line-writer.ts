/**
 * Whole lines to a descriptor: in order, never torn, never lost without being counted, and without
 * making the app wait for whoever reads them.
 *
 * Every write is synchronous, so that nothing is half-way when the process ends. It does not block
 * all the same: pipes, terminals and sockets are written to in non-blocking mode, and what does not
 * fit waits for a timer. A write of up to PIPE_BUF bytes goes into a pipe whole or not at all, so a
 * line that is no longer than that is never torn by what the app writes to the same pipe.
 */
import { closeSync, constants, fstatSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import { clearTimeout, performance, setTimeout } from '../clock'
import { openShared } from './shared-stream'

/** POSIX allows 512; Linux and macOS write at least this much into a pipe in one piece. */
const PIPE_CHUNK_BYTES = 4096
const FILE_CHUNK_BYTES = 65_536
/** Waiting for a reader, at most; then lines are dropped and counted. */
const MAX_WAITING_BYTES = 16 << 20
/** A batch of lines is written piece by piece, so that a large one fits. */
const FLUSH_AT_BYTES = 262_144
const RETRY_MS = 50
/** At the end of the process a reader gets this long without reading before it is given up… */
const LAST_WAIT_MS = 2000
/** …and one that does read, but slowly, this long in all: supervisors kill after 10 s or more. */
const LAST_TOTAL_MS = 5000
const LAST_STEP_MS = 10
const NEWLINE = 0x0a
/** The log tells paths and function names of the app: its owner may write it, others read. */
const LOG_FILE_MODE = 0o644
/** Windows has no such flag. */
const NON_BLOCKING = constants.O_NONBLOCK ?? 0

export interface LineWriterOptions {
  /** `stdout`, `stderr` or a path. */
  readonly destination: string
  /** A write failed; called for each failure. The lines at hand are lost, later ones are tried. */
  readonly onError: (error: unknown) => void
}

export class LineWriter {
  readonly #path: string | null
  readonly #onError: (error: unknown) => void
  #descriptor: number
  #own: boolean
  #chunkBytes = PIPE_CHUNK_BYTES
  /** Whole lines; the head of the first may have been written already. */
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #writtenOfFirst = 0
  /** The file ends in part of a line: of one that failed half-way, or of a process that died. */
  #torn = false
  #retry: NodeJS.Timeout | null = null
  #lost = 0
  /** The folder of the file is gone: what is written now goes where nobody can open it. */
  #unreachable = false
  #failing = false

  /** @throws the system's error when a path cannot be opened */
  constructor({ destination, onError }: LineWriterOptions) {
    this.#onError = onError
    if (destination === 'stdout' || destination === 'stderr') {
      this.#path = null
      const shared = openShared(destination)
      this.#descriptor = shared.descriptor
      this.#own = shared.own
    } else {
      this.#path = destination
      this.#descriptor = openLog(destination)
      this.#own = true
    }
    this.#begin()
  }

  /** Lines given and never written. */
  get lost(): number {
    return this.#lost
  }

  /** True from an error until something was written again. */
  get failing(): boolean {
    return this.#failing
  }

  /** Takes one line, its newline included; written at the next flush, or when enough have come. */
  write(line: string): void {
    const bytes = Buffer.from(line)
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      this.#lost++
      return
    }
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes >= FLUSH_AT_BYTES && !this.#retry) this.flush()
  }

  /** Writes what the destination takes now; the rest follows by itself. */
  flush(): void {
    if (!this.#writeWaiting() || this.#retry) return
    this.#retry = setTimeout(() => {
      this.#retry = null
      this.flush()
    }, RETRY_MS)
    // A reader that never comes back must not keep the process alive.
    this.#retry.unref()
  }

  /**
   * Writes all that waits, and waits for a slow reader, 5 s at most; 2 s for one that has stopped
   * reading, whose lines are given up and counted.
   *
   * @returns whether all was written
   */
  flushSync(): boolean {
    const beganMs = performance.now()
    let movedMs = beganMs
    while (this.#writeWaiting()) {
      const before = this.#waitingBytes
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LAST_STEP_MS)
      this.#writeWaiting()
      const nowMs = performance.now()
      if (this.#waitingBytes < before) movedMs = nowMs
      if (nowMs - movedMs >= LAST_WAIT_MS || nowMs - beganMs >= LAST_TOTAL_MS) break
    }
    const isDone = this.#waiting.length === 0 && !this.#failing
    this.#dropWaiting()
    return isDone
  }

  /** A file that was moved away or deleted is opened anew, as log rotation expects. */
  followPath(): void {
    if (this.#path === null) return
    try {
      const there = statSync(this.#path, { throwIfNoEntry: false })
      const ours = fstatSync(this.#descriptor)
      if (there && there.ino === ours.ino && there.dev === ours.dev) return
      const opened = openLog(this.#path)
      closeSync(this.#descriptor)
      this.#descriptor = opened
      this.#unreachable = false
      // A line begun in the old file is written whole to the new one.
      this.#waitingBytes += this.#writtenOfFirst
      this.#writtenOfFirst = 0
      this.#begin()
    } catch (error) {
      this.#unreachable = true
      this.#fail(error)
    }
  }

  close(): void {
    if (this.#retry) clearTimeout(this.#retry)
    this.#retry = null
    if (this.#own) closeSync(this.#descriptor)
    this.#own = false
  }

  #begin(): void {
    try {
      const stats = fstatSync(this.#descriptor)
      this.#chunkBytes = stats.isFile() ? FILE_CHUNK_BYTES : PIPE_CHUNK_BYTES
      this.#torn = this.#path !== null && stats.isFile() && endsTorn(this.#path, stats.size)
    } catch {
      // The descriptor is closed already: the first write says so.
    }
  }

  /** @returns whether something is left, because the reader is slow */
  #writeWaiting(): boolean {
    if (this.#unreachable) this.#dropWaiting()
    try {
      if (this.#torn && this.#waiting.length > 0) {
        writeSync(this.#descriptor, '\n')
        this.#torn = false
      }
      while (this.#waiting.length > 0) {
        const chunk = this.#nextChunk()
        const written = writeSync(this.#descriptor, chunk)
        this.#take(written)
        this.#failing = false
        if (written < chunk.length) return true
      }
      return false
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EAGAIN' || code === 'EBUSY') return true
      this.#fail(error)
      return false
    }
  }

  #fail(error: unknown): void {
    this.#failing = true
    this.#dropWaiting()
    this.#onError(error)
  }

  /** As many whole lines as go in one piece, at least one; or what is left of a long one. */
  #nextChunk(): Buffer {
    const first = this.#waiting[0]!
    if (this.#writtenOfFirst > 0) return first.subarray(this.#writtenOfFirst)
    let count = 1
    let bytes = first.length
    while (count < this.#waiting.length) {
      bytes += this.#waiting[count]!.length
      if (bytes > this.#chunkBytes) break
      count++
    }
    return count === 1 ? first : Buffer.concat(this.#waiting.slice(0, count))
  }

  #take(written: number): void {
    this.#waitingBytes -= written
    let left = written + this.#writtenOfFirst
    let lines = 0
    while (lines < this.#waiting.length && left >= this.#waiting[lines]!.length) {
      left -= this.#waiting[lines]!.length
      lines++
    }
    this.#waiting.splice(0, lines)
    this.#writtenOfFirst = left
  }

  #dropWaiting(): void {
    this.#lost += this.#waiting.length
    this.#torn ||= this.#writtenOfFirst > 0
    this.#waiting = []
    this.#waitingBytes = 0
    this.#writtenOfFirst = 0
  }
}

/** A named pipe that nobody reads is an error then, where it would wait for a reader otherwise. */
const OPEN_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | NON_BLOCKING

function openLog(path: string): number {
  return openSync(path, OPEN_FLAGS, LOG_FILE_MODE)
}

/** Whether a file ends in the middle of a line. False where it may be written but not read. */
function endsTorn(path: string, size: number): boolean {
  if (size === 0) return false
  try {
    const reader = openSync(path, constants.O_RDONLY)
    try {
      const last = Buffer.alloc(1)
      readSync(reader, last, 0, 1, size - 1)
      return last[0] !== NEWLINE
    } finally {
      closeSync(reader)
    }
  } catch {
    return false
  }
}
