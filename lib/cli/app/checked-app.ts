/**
 * An app started for `memprof check`: memprof in it reads often, and all it writes is read as it comes.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { MemprofError } from '../../errors'
import type { Listening } from '../../schema/lines'
import { type FollowedFile, followFile } from '../log/follow'
import { cannotStart, type Ended, launch, preloadEnv } from './launch'
import type { Origin } from './load'
import { findLogs } from '../log/log-files'
import type { LogLine, LogLineOf } from '../log/log-line'
import { type LogReader, type LogSink, openLogReader } from '../log/read-log'
import { openSummary } from '../summary/builder'
import type { LogSummary } from '../summary/summary'
import { printable } from '../view/printable'

/** The heap is read every half second, and readings may take half of the time: this is a test. */
const DEFAULTS = { MEMPROF_LEAK_INTERVAL: '500ms', MEMPROF_PAUSE_BUDGET: '0.5' }
/** Settings that `check` cannot do without. Lines per request tell which route answered a URL. */
const FORCED = {
  MEMPROF_ENABLED: 'true',
  MEMPROF_LEAKS: 'on',
  MEMPROF_GC: 'off',
  MEMPROF_FORMAT: 'json',
  MEMPROF_LEVEL: 'debug',
  MEMPROF_INTERVAL: '500ms',
}

/** An app has this long until its server listens: time to compile, and to reach a database. */
const LISTEN_MS = 60_000
/** The line of a request is waited for this long: an interval, and more where the machine is busy. */
const LINE_MS = 10_000
/** An app that has not ended this long after SIGTERM gets SIGKILL. */
const STOP_MS = 10_000
const POLL_MS = 50
/** Bytes of a log that are read in one call. */
const READ_BYTES = 16 * 1024 ** 2
/** So much of the end of the app's stderr is shown where the check failed. */
const TAIL_BYTES = 4096
const TAIL_LINES = 20
const MAX_TAIL_CHARS = 400

export interface CheckedAppOptions {
  readonly words: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** The file in which the log is kept; null: it is deleted when the check has ended. */
  readonly log: string | null
  /** The port of the app, where its first server is not the one to check. */
  readonly port: number | null
}

/** A request, without a body. */
export interface Asked {
  readonly method: string
  readonly path: string
}

export interface AnsweringRoute {
  readonly method: string
  readonly route: string
}

export interface CheckedApp {
  /** @throws MemprofError ERR_MEMPROF_APP when it ends, or does not listen in time */
  listens(): Promise<Origin>
  /**
   * The routes that answered these requests, each by the last word on it: a path is folded only once it is
   * seen to vary. Called once.
   *
   * @returns null where memprof saw none in time
   */
  routesOf(requests: readonly Asked[]): Promise<Array<AnsweringRoute | null>>
  /** Rejects as soon as the app ends, until it is stopped. */
  readonly ends: Promise<never>
  /** Ends it, by force if need be. */
  stop(): Promise<void>
  /** What its log says, up to now. */
  summary(): LogSummary
  /** The last lines that it wrote to stderr, as they may be shown. */
  stderrTail(): string[]
  /** Takes away what was not to be kept. */
  clean(): void
}

export function startCheckedApp({ words, env, log, port }: CheckedAppOptions): CheckedApp {
  const startedMs = Date.now()
  const folder = log === null ? mkdtempSync(join(tmpdir(), 'memprof-check-')) : null
  const pattern = folder === null ? resolve(log!) : join(folder, '%p.ndjson')
  const builder = openSummary({ since: startedMs })
  let start: LogLineOf<'start'> | null = null
  /** By method and path, the requests whose routes are asked for. */
  const routes = new Map<string, AnsweringRoute | null>()
  const logs = followLogs(pattern, startedMs, { line: takeLine, requests: true })

  const { child, ended } = launch(
    words,
    preloadEnv(env, DEFAULTS, { ...FORCED, MEMPROF_DESTINATION: pattern }),
    // Its group is its own: whatever it starts ends with it.
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  )
  let tail = ''
  child.stdout!.resume()
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-TAIL_BYTES)
  })
  let stopping = false
  const ends = ended.then(
    (how) => (stopping ? new Promise<never>(() => {}) : Promise.reject(failure(howEnded(how)))),
    (error: unknown) => Promise.reject(cannotStart(words[0]!, error)),
  )
  // Whoever waits for something else hears of it there.
  ends.catch(() => {})

  function takeLine(line: LogLine): void {
    if (line.time < startedMs) return
    if (line.event === 'request') {
      const key = `${line.method} ${line.path ?? ''}`
      if (routes.has(key)) routes.set(key, { method: line.method, route: line.route })
      return
    }
    if (line.event === 'start') start ??= line
    builder.line(line)
  }

  /** Reads until there is an answer; null when the time is over. */
  async function until<T>(find: () => T | null, limitMs: number): Promise<T | null> {
    const endMs = performance.now() + limitMs
    for (;;) {
      logs.read()
      const found = find()
      if (found !== null || performance.now() > endMs) return found
      await Promise.race([wait(POLL_MS), ends])
    }
  }

  function failure(got: string): MemprofError {
    return new MemprofError('ERR_MEMPROF_APP', { got })
  }

  function kill(signal: NodeJS.Signals): void {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal)
    } catch {
      // All of it has ended.
    }
  }

  return {
    async listens() {
      await until(() => start, LISTEN_MS)
      if (!start) {
        throw failure(`no server of it listened within ${LISTEN_MS / 1000} s`)
      }
      const origin = originOf(start.listen, port)
      if (!origin) throw failure('it does not say where it listens: --port names its port')
      return origin
    },
    async routesOf(requests) {
      const keys = requests.map(({ method, path }) => `${method} ${path.replace(/[?#].*$/s, '')}`)
      for (const key of keys) routes.set(key, null)
      await until(() => keys.every((key) => routes.get(key)) || null, LINE_MS)
      return keys.map((key) => routes.get(key) ?? null)
    },
    ends,
    async stop() {
      stopping = true
      kill('SIGTERM')
      const timer = setTimeout(() => kill('SIGKILL'), STOP_MS)
      await ended.catch(() => {})
      clearTimeout(timer)
      // Processes that the app left behind in its group.
      kill('SIGKILL')
      logs.read()
      logs.close()
    },
    summary: () => builder.summary(),
    stderrTail: () =>
      tail === ''
        ? []
        : tail
            .trimEnd()
            .split('\n')
            .slice(-TAIL_LINES)
            .map((line) => printable(line, MAX_TAIL_CHARS)),
    clean() {
      if (folder !== null) rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** All logs of a pattern, those included that a process of the app begins later. */
function followLogs(
  pattern: string,
  sinceMs: number,
  sink: LogSink,
): { read(): void; close(): void } {
  const files = new Map<string, { reader: LogReader; followed: FollowedFile }>()
  return {
    read() {
      for (const file of findLogs(pattern, sinceMs)) {
        if (files.has(file)) continue
        const reader = openLogReader(sink)
        const followed = followFile(file, {
          take: (bytes) => reader.write(bytes),
          restarted: () => reader.end(),
        })
        files.set(file, { reader, followed })
      }
      for (const { followed } of files.values()) while (followed.read(READ_BYTES));
    },
    close() {
      for (const { reader, followed } of files.values()) {
        reader.end()
        followed.close()
      }
    },
  }
}

function howEnded({ code, signal }: Ended): string {
  return `it ended ${signal === null ? `with exit code ${code}` : `by ${signal}`} before the check was done`
}

/** Addresses that stand for "every one of this machine". */
const ANY_HOST: ReadonlySet<string> = new Set(['::', '0.0.0.0'])

function originOf(listen: Listening | undefined, port: number | null): Origin | null {
  if (listen && 'socket' in listen && port === null) {
    return { url: 'http://localhost', socketPath: resolve(listen.socket) }
  }
  const { protocol, host } =
    listen && 'host' in listen ? listen : { protocol: 'http', host: '127.0.0.1' }
  const known = port ?? (listen && 'port' in listen ? listen.port : null)
  if (known === null) return null
  const name = ANY_HOST.has(host) ? '127.0.0.1' : host
  return { url: `${protocol}://${name.includes(':') ? `[${name}]` : name}:${known}` }
}
