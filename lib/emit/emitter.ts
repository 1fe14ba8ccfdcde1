/**
 * The one user of pino: records in, lines out.
 *
 * Writing is asynchronous and bounded: what cannot be written is dropped and counted, and the app
 * never waits for it, except at the end, when what is left is flushed.
 */
import { openSync } from 'node:fs'
import { hostname } from 'node:os'
import { threadId } from 'node:worker_threads'
import pino, { type Logger } from 'pino'
import { errorMessage } from '../errors'
import { type Line, SCHEMA_VERSION } from '../schema'

/** Bytes waiting for a slow destination, at most; then lines are dropped, and that is said. */
const MAX_WAITING_BYTES = 16 << 20
/** The log tells paths and function names of the app: its owner may read it, nobody else write. */
const LOG_FILE_MODE = 0o644

type Level = 'debug' | 'info' | 'warn'
const LEVEL_OF: Record<Line['event'], Level> = {
  start: 'info',
  request: 'debug',
  route: 'info',
  process: 'info',
  leak: 'warn',
  measure: 'info',
  warning: 'warn',
  stop: 'info',
}

export interface EmitterOptions {
  /** `stdout`, `stderr` or a path, placeholders already replaced. */
  readonly destination: string
  readonly level: string
  readonly service: string
  readonly version: string
  /** A line to the person on stderr: the destination failed. Called once for each failure. */
  readonly say: (message: string) => void
}

export interface Emitter {
  isOn(event: Line['event']): boolean
  write(line: Line, msg: string): void
  /** Text as it is, for formats other than JSON. */
  writeText(text: string): void
  /** Lines dropped because the destination was too slow, or failed. */
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

  const destination = pino.destination({
    fd: openDescriptor(options),
    sync: false,
    maxLength: MAX_WAITING_BYTES,
  })
  destination.on('drop', () => {
    lost++
  })
  destination.on('error', fail)

  function fail(error: unknown): void {
    if (failed) return
    failed = true
    const { destination: to, say } = options
    const reason = String((error as Error)?.message)
    say(
      `memprof: ${errorMessage('ERR_MEMPROF_DESTINATION', { destination: to, reason, instead: 'no lines are written' })}`,
    )
  }

  const logger: Logger = pino(
    {
      level: options.level,
      base: {
        pid: process.pid,
        hostname: hostname(),
        name: 'memprof',
        v: SCHEMA_VERSION,
        service: options.service,
        version: options.version,
        instance: makeInstanceId(),
        ...(threadId === 0 ? {} : { threadId }),
      },
    },
    destination,
  )

  return {
    isOn: (event) => logger.isLevelEnabled(LEVEL_OF[event]),
    write(line, msg) {
      if (failed) lost++
      else logger[LEVEL_OF[line.event]](line, msg)
    },
    writeText(text) {
      if (failed) lost++
      else destination.write(text)
    },
    get lost() {
      return lost
    },
    flushSync() {
      if (failed) return
      try {
        destination.flushSync()
      } catch (error) {
        fail(error)
      }
    },
  }
}

/** Opened at once, so that a path that cannot be written is known now; stdout then stands in. */
function openDescriptor({ destination, say }: EmitterOptions): number {
  if (destination === 'stdout') return 1
  if (destination === 'stderr') return 2
  try {
    return openSync(destination, 'a', LOG_FILE_MODE)
  } catch (error) {
    const reason = String((error as Error)?.message)
    const instead = 'the lines go to stdout'
    say(`memprof: ${errorMessage('ERR_MEMPROF_DESTINATION', { destination, reason, instead })}`)
    return 1
  }
}
