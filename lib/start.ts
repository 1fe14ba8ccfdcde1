/**
 * Composition: installs the hooks, and builds everything else when the first server listens.
 */
import { type ConfigProblem, formatProblem, readConfig } from './config/read'
import type { Config, StartOptions } from './config/settings'
import { describeDestination } from './emit/destination'
// Taken now, before the app can patch them.
import { clearTimeout, setTimeout } from './clock'
import './inspector/intrinsics'
import { frameworkFiles } from './hooks/frameworks'
import { traceGraphql } from './hooks/graphql'
import { Guard } from './hooks/guard'
import { patchHttp } from './hooks/http'
import type { HookListener, UnitKind } from './hooks/listener'
import { runningCopy } from './hooks/mark'
import { hookModules } from './hooks/modules'
import { type UnitRunner, unitRunner } from './hooks/units'
import { withUnseen } from './hooks/unseen'
import { listeningOf } from './record/listening'
import { PACKAGE_VERSION } from './config/package-version'
import { say } from './emit/say'
import type { RequestLine, RouteVerdict } from './schema/lines'
import { isWithin } from './schema/work-name'
import type { Recording } from './recording/recording'

/** A process without a server is none of those that a build or a test run starts by the dozen, once it is so old. */
const WAKE_AGE_MS = 10_000

/** Hook errors after which memprof lets the app run without it. */
const MAX_HOOK_FAILURES = 10

export interface Memprof {
  /** Writes what is left, takes all hooks away, and closes the destination. Safe to call twice. */
  stop(): void
  /** The finished requests still in the ring, oldest first. */
  records(): RequestLine[]
  /** What is known of each route that had a request. */
  verdicts(): RouteVerdict[]
  /** Writes the lines of the interval so far, now. */
  flush(): void
}

let running: Memprof | null = null
/** Of the copy that runs. */
let runUnit: UnitRunner | null = null
let recording: Recording | null = null

/** The recording of this thread, once a server listens; null before, and without one. */
export function currentRecording(): Recording | null {
  return recording
}

/** Work that the app tells of. */
export function runAsUnit<T>(kind: UnitKind, name: string, fn: () => T): T {
  return runUnit ? (runUnit(kind, name, fn, undefined, []) as T) : fn()
}

/**
 * Starts memprof in this thread; the preload is a call of this. Dormant until an HTTP server listens
 * or is handed a request. Bad settings are said on stderr and replaced by their defaults.
 *
 * @returns the copy that runs: the one already there, if there is one
 */
export function start(options: StartOptions = {}): Memprof {
  if (running) return running
  const { config, problems } = readConfig(process.env, options)
  const other = runningCopy()
  if (!config.enabled || other) {
    // The same version twice is a preload given twice: nothing to say.
    if (other && other.version !== PACKAGE_VERSION) other.secondCopy(PACKAGE_VERSION)
    return INERT
  }
  running = install(config, problems)
  return running
}

const INERT: Memprof = { stop() {}, records: () => [], verdicts: () => [], flush() {} }

function install(config: Config, problems: readonly ConfigProblem[]): Memprof {
  let failures = 0
  let stopped = false
  /** Said once there is somewhere to say it. */
  const secondCopies: string[] = []

  const listener: HookListener = {
    active: true,
    serverListening: (server) => {
      wake(server)?.noteServer(server)
    },
    requestStarted: (server, req, res) => wake(server)?.recorder.start(server, req, res) ?? null,
    requestUpgraded: (server, req, startedMs) => wake(server)?.recorder.upgrade(req, startedMs),
    responseFinished: (res) => recording?.recorder.finish(res) ?? null,
    responseClosed: (res) => recording?.recorder.close(res),
    streamStarted: (server, stream, headers) =>
      wake(server)?.recorder.startStream(server, stream, headers) ?? null,
    streamAnswered: (stream, res) => recording?.recorder.answerStream(stream, res),
    streamClosed: (stream) => recording?.recorder.closeStream(stream) ?? null,
    layerEntered: (res, layer) => recording?.recorder.enterLayer(res, layer) ?? null,
    // A script may execute an operation too, such as a schema's introspection.
    unitBegan: (kind, name) =>
      (isWithin(kind) ? recording : wake(null))?.recorder.units.begin(kind, name) ?? null,
    nothingMatched: (res) => recording?.recorder.markUnmatched(res),
    hookFailed(where, error) {
      try {
        tellFailure(where, error)
      } catch {
        // Not even a line can be made; a request must not be the worse for it.
        if (failures === 1) say('memprof: memprof failed; the app was not affected')
      }
    },
  }

  const guard = new Guard(listener)
  const unpatchHttp = patchHttp(guard, {
    version: PACKAGE_VERSION,
    secondCopy(version) {
      const message = `memprof ${version} was loaded too; ${PACKAGE_VERSION} was first and runs`
      if (recording) recording.warn('second-copy', message)
      else secondCopies.push(message)
    },
  })
  const modules = hookModules(frameworkFiles(guard), guard)
  const untraceGraphql = traceGraphql(guard)
  runUnit = unitRunner(guard)

  const waking = config.wake === 'always' ? wakeLater() : undefined

  function wakeLater(): NodeJS.Timeout {
    const waitMs = Math.max(0, WAKE_AGE_MS - process.uptime() * 1000)
    const timer = setTimeout(() => wake(null), waitMs)
    timer.unref()
    return timer
  }

  const memprof: Memprof = {
    stop() {
      if (stopped) return
      stopped = true
      listener.active = false
      clearTimeout(waking)
      runUnit = null
      if (running === memprof) running = null
      try {
        recording?.close('stop')
      } finally {
        recording = null
        modules.unpatch()
        untraceGraphql()
        unpatchHttp()
      }
    },
    records: () => recording?.records() ?? [],
    verdicts: () => recording?.verdicts() ?? [],
    flush: () => recording?.writeInterval(),
  }

  /**
   * Wakes up: everything but the hooks is loaded here, and only here.
   *
   * @param server - the first; null in a process without one
   */
  function wake(server: object | null): Recording | null {
    if (recording || stopped) return recording
    try {
      for (const problem of problems) say(formatProblem(problem))
      const { Recording } =
        require('./recording/recording') as typeof import('./recording/recording')
      recording = new Recording({
        config,
        destination: describeDestination(config),
        listen: server ? listeningOf(server) : undefined,
        report: () => (server ? withUnseen(modules.report(), server) : modules.report()),
      })
      for (const message of secondCopies) recording.warn('second-copy', message)
    } catch (error) {
      stepBack(`could not start (${String((error as Error)?.message)})`)
    }
    return recording
  }

  /** Leaves the app alone from here on. */
  function stepBack(why: string): void {
    say(`memprof: ${why}; the app runs on without memprof.`)
    try {
      memprof.stop()
    } catch {
      // The listener is off by now: what could not be undone passes everything on.
    }
  }

  function tellFailure(where: string, error: unknown): void {
    failures++
    if (failures === 1) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : typeof error
      const message = `memprof failed while ${where} (${reason}); the app was not affected`
      if (recording) recording.warn('hook-failed', message)
      else say(`memprof: ${message}`)
    }
    if (failures === MAX_HOOK_FAILURES) stepBack(`failed ${failures} times`)
  }

  return memprof
}
