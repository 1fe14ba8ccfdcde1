/**
 * The one user of pino: records in, lines out.
 *
 * Writing is asynchronous and bounded: what cannot be written is dropped and counted, and the app
 * never waits for it, except at the end, when what is left is flushed.
 */
import { hostname } from 'node:os'
import { threadId } from 'node:worker_threads'
import pino, { type Logger } from 'pino'
import { type Line, SCHEMA_VERSION } from '../schema'

/** Bytes waiting for a slow destination, at most; then lines are dropped, and that is said. */
const MAX_WAITING_BYTES = 16 << 20

type Level = 'debug' | 'info' | 'warn'
const LEVEL_OF: Record<Line['event'], Level> = {
  start: 'info',
  request: 'debug',
  route: 'info',
  process: 'info',
  leak: 'warn',
  measure: 'info',
  warning: 'warn',
  stop: 'info'
}

export interface EmitterOptions {
  /** `stdout`, `stderr` or a path, placeholders already replaced. */
  readonly destination: string
  readonly level: string
  readonly service: string
  readonly version: string
  /** The destination failed; said on stderr, once. */
  readonly onProblem: (message: string) => void
}

export interface Emitter {
  isOn(event: Line['event']): boolean
  write(line: Line, msg: string): void
  /** Lines that were dropped because the destination was too slow or failed. */
  readonly lost: number
  /** Writes all that waits, now. */
  flushSync(): void
}

/** Unique per process start and thread: containers share pids and host names. */
export function makeInstanceId(): string {
  const random = Math.floor(Math.random() * 36 ** 4)
    .toString(36)
    .padStart(4, '0')
  const thread = threadId === 0 ? '' : `.${threadId}`
  return `${Date.now().toString(36)}-${process.pid.toString(36)}${thread}-${random}`
}

export function openEmitter(options: EmitterOptions): Emitter {
  let lost = 0
  let failed = false
  const fail = (error: unknown): void => {
    if (failed) return
    failed = true
    options.onProblem(error instanceof Error ? error.message : String(error))
  }

  let destination: ReturnType<typeof pino.destination> | null = null
  try {
    const { destination: to } = options
    destination = pino.destination({
      dest: to === 'stdout' ? 1 : to === 'stderr' ? 2 : to,
      // A file is opened at once, so that a wrong path is known now; writing is asynchronous.
      sync: false,
      mkdir: false,
      maxLength: MAX_WAITING_BYTES
    })
    destination.on('error', fail)
    destination.on('drop', () => {
      lost++
    })
  } catch (error) {
    fail(error)
  }

  const logger: Logger | null =
    destination &&
    pino(
      {
        name: 'memprof',
        level: options.level,
        base: {
          pid: process.pid,
          hostname: hostname(),
          name: 'memprof',
          v: SCHEMA_VERSION,
          service: options.service,
          version: options.version,
          instance: makeInstanceId(),
          ...(threadId === 0 ? {} : { threadId })
        }
      },
      destination
    )

  return {
    isOn: event => logger?.isLevelEnabled(LEVEL_OF[event]) ?? false,
    write(line, msg) {
      if (failed || !logger) {
        lost++
        return
      }
      logger[LEVEL_OF[line.event]](line, msg)
    },
    get lost() {
      return lost
    },
    flushSync() {
      if (failed || !destination) return
      try {
        destination.flushSync()
      } catch (error) {
        // `sonic boom is not ready yet`: a file that never opened. Anything else is as final here.
        fail(error)
      }
    }
  }
}
