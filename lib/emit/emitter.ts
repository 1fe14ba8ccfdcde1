/**
 * The one user of pino: records in, lines out.
 *
 * pino's own destination is not used: its asynchronous one ends itself at `beforeExit`, before the
 * last lines are written, and leaves a write under way when a signal ends the process.
 */
import { hostname } from 'node:os'
import { threadId } from 'node:worker_threads'
import type { Logger } from 'pino'
import { dateNow, performance, setImmediate } from '../clock'
import { errorMessage, escapeText } from '../errors'
import { LineWriter } from './line-writer'
import { printableJson } from './printable-json'
import { type Line, SCHEMA_VERSION } from '../schema/lines'

/** A log file is looked for at its path this often. */
const FOLLOW_MS = 1000
/** A `msg` longer than this many characters is cut. */
const MAX_MSG_CHARS = 4096

/** pino's own values: by them lines are left out before pino is loaded. */
const LEVEL_VALUES: Readonly<Record<string, number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
  silent: Number.POSITIVE_INFINITY,
}

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
  /** Tells the person at stderr, once, that the destination failed. */
  readonly say: (message: string) => void
}

export interface Emitter {
  /** The id of this process start and thread that stands in every line. */
  readonly instance: string
  isOn(event: Line['event']): boolean
  write(line: Line, msg: string): void
  /** Text as it is, for formats other than JSON. */
  writeText(text: string): void
  /** Lines dropped because the destination was too slow, or failed; known once it works again. */
  readonly lost: number
  /** Writes what the destination takes, now: the process may not come to it later. Never waits. */
  flush(): void
  /**
   * Writes all that waits, and waits for a slow reader within bounds: the process ends.
   *
   * @returns whether all was written; what was not is lost
   */
  flushSync(): boolean
  /**
   * Writes all that waits, and gives the destination back.
   *
   * @returns lines never written, since the start
   */
  close(): number
}

/** Unique per process start and thread: containers share pids and host names. */
export function makeInstanceId(): string {
  const random = Math.floor(Math.random() * 36 ** 4)
    .toString(36)
    .padStart(4, '0')
  const thread = threadId === 0 ? '' : `.${threadId}`
  return `${dateNow().toString(36)}-${process.pid.toString(36)}${thread}-${random}`
}

export function openEmitter(options: EmitterOptions): Emitter {
  const instance = makeInstanceId()
  let failed = false
  let lost = 0
  let planned = false
  let closed = false
  let followedMs = performance.now()
  let logger: Logger | null = null
  /** Lines of the first turn, in which the app begins to listen: pino is loaded after it. */
  const early: Array<readonly [Line, string]> = []
  const isOn = (event: Line['event']): boolean =>
    LEVEL_VALUES[LEVEL_OF[event]]! >= LEVEL_VALUES[options.level]!
  /** Lines that pino could not make: the app has frozen or broken what it needs. */
  let unmade = 0
  const writer = openWriter(options, tellFailure)

  function tellFailure(error: unknown): void {
    if (failed) return
    failed = true
    try {
      sayDestination(options, error, 'lines are lost')
    } catch {
      // The app broke what messages are made with: lines are lost all the same, and counted.
    }
  }

  /** Lines of one turn of the event loop go out together, at its end. */
  function plan(): void {
    if (planned) return
    planned = true
    setImmediate(flush).unref()
  }

  /** Throws nothing: what the writer cannot write it counts. */
  function flush(): void {
    planned = false
    if (closed) return
    try {
      writeEarly()
      const nowMs = performance.now()
      if (nowMs - followedMs >= FOLLOW_MS) {
        followedMs = nowMs
        writer.followPath()
      }
      writer.flush()
    } catch (error) {
      tellFailure(error)
    }
  }

  /** Runs in a turn of its own: whatever goes wrong here, the app goes on. */
  function writeEarly(): void {
    if (early.length === 0) return
    const lines = early.splice(0)
    try {
      logger ??= openLogger(options, instance, writer)
      for (const [line, msg] of lines) log(logger, line, msg)
    } catch (error) {
      if (unmade === 0) {
        const reason = String((error as Error)?.message)
        options.say(`memprof: no lines can be made (${reason}); the app runs on without them`)
      }
      unmade += lines.length
    }
  }

  return {
    instance,
    isOn,
    write(line, msg) {
      if (!isOn(line.event)) return
      if (logger) log(logger, line, msg)
      else early.push([line, msg])
      plan()
    },
    writeText(text) {
      writer.write(text)
      plan()
    },
    get lost() {
      // While nothing can be written, neither can what was lost.
      if (!writer.failing && unmade === 0) lost = writer.lost
      return lost
    },
    flush,
    flushSync() {
      if (closed) return true
      writeEarly()
      return writer.flushSync() && unmade === 0
    },
    close() {
      if (!closed) {
        writeEarly()
        closed = true
        writer.flushSync()
        writer.close()
      }
      return writer.lost + unmade
    },
  }
}

function openLogger(options: EmitterOptions, instance: string, writer: LineWriter): Logger {
  const { pino } = require('pino') as typeof import('pino')
  return pino(
    {
      level: options.level,
      timestamp: () => `,"time":${dateNow()}`,
      base: {
        pid: process.pid,
        hostname: hostname(),
        name: 'memprof',
        v: SCHEMA_VERSION,
        service: options.service,
        version: options.version,
        instance,
        ...(threadId === 0 ? {} : { threadId }),
      },
    },
    { write: (line: string) => writer.write(printableJson(line)) },
  )
}

function log(logger: Logger, line: Line, msg: string): void {
  logger[LEVEL_OF[line.event]](line, escapeText(msg, MAX_MSG_CHARS))
}

/** Opened at once, so that a path that cannot be written is known now; stdout then stands in. */
function openWriter(options: EmitterOptions, onError: (error: unknown) => void): LineWriter {
  const { destination } = options
  try {
    return new LineWriter({ destination, onError })
  } catch (error) {
    sayDestination(options, error, 'the lines go to stdout')
    return new LineWriter({ destination: 'stdout', onError })
  }
}

function sayDestination(options: EmitterOptions, error: unknown, instead: string): void {
  const { destination, say } = options
  const reason = String((error as Error)?.message)
  const message = errorMessage('ERR_MEMPROF_DESTINATION', { destination, reason, instead })
  say(`memprof: ERR_MEMPROF_DESTINATION: ${message}`)
}
