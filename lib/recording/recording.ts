/**
 * One recording: from the first server that listens to the end of the process or `stop()`. Owns the
 * ring, the timers, the destination, and what a person reads of them.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { clearInterval, performance, setImmediate, setInterval } from '../clock'
import type { Config } from '../config/settings'
import { requestChannel } from '../emit/channels'
import { connectReport } from '../emit/connect-report'
import { type Emitter, type EmitterOptions, openEmitter } from '../emit/emitter'
import { readingAt, requestLine, requestMsg, roundMs, routeLine, routeMsg } from '../emit/lines'
import { countOf, formatBytes, formatSeconds } from '../emit/amounts'
import type { HookReport } from '../hooks/modules'
import { watchProcessEnd, watchSignal } from '../hooks/process-end'
import type { Unpatch } from '../hooks/patch'
import { LeakReport } from '../leaks/leak-report'
import { type LeakWatch, watchLeaks } from '../leaks/watch'
import { PACKAGE_VERSION } from '../config/package-version'
import { watchGc } from '../record/gc'
import { readHeapCeiling } from '../record/memory-limit'
import { emptyReading, openMemoryReader } from '../record/reading'
import { Recorder } from '../record/recorder'
import { say } from '../emit/say'
import type { Line, Listening, ProcessLine, RequestLine, RouteVerdict } from '../schema/lines'

/** Resolution of the event loop's delay, ms: the default of most tools. */
const DELAY_RESOLUTION_MS = 20

/**
 * Said when a full collection leaves the heap this full. From 80 % of the old generation on, V8 ends
 * the process after four collections in a row that left the app less than 40 % of the time
 * (Heap::IsIneffectiveMarkCompact, src/heap/heap.cc): a warning is of use before that.
 */
const NEAR_LIMIT_SHARE = 0.75

export interface RecordingOptions {
  readonly config: Config
  readonly destination: EmitterOptions
  /** Where the first server listens. */
  readonly listen: Listening | undefined
  /** Which packages are hooked, as of now. */
  readonly report: () => HookReport
}

export interface Recording {
  readonly recorder: Recorder
  /** A server listens. */
  noteServer(server: object): void
  write(line: Line, msg: string): void
  warn(code: string, message: string): void
  records(): RequestLine[]
  verdicts(): RouteVerdict[]
  writeInterval(): void
  close(reason: string): void
}

export function openRecording(options: RecordingOptions): Recording {
  const { config } = options
  const emitter = openEmitter(options.destination)
  const { destination } = options.destination
  const json = config.format === 'json'
  const startedMs = performance.now()
  const reader = openMemoryReader()
  const reading = emptyReading()
  const heapCeilingBytes = readHeapCeiling()
  let liveHeapBytes: number | undefined
  let nearLimitSaid = false
  const gc = watchGc(afterFullGc, timed)
  const loopDelay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS })
  loopDelay.enable()
  let loopUse = performance.eventLoopUtilization()
  let cpuMs = 0
  let cpuMsTotal = 0
  let pauseMsWritten = 0
  let requestsWritten = 0
  let droppedWritten = 0
  let lostSaid = 0
  let drainPlanned = false
  let closed = false
  let failureSaid = false
  const warned = new Set<string>()
  const undo: Unpatch[] = []

  const leaks: LeakWatch | null =
    config.leaks && json
      ? watchLeaks({
          config,
          warn,
          timed,
          standing: () => leakReport.standing,
          onJudged: (judgement, observation) => leakReport.take(judgement, observation),
          onHeapGrowth: (growth) => leakReport.takeHeapGrowth(growth),
          onHolders: (leak, found) => leakReport.takeHolders(leak, found),
          onLooked: () => leakReport.tell(),
          instance: emitter.instance,
        })
      : null
  const leakReport = new LeakReport(emitter, heapCeilingBytes, leaks && leaks.seeker)

  function afterFullGc(): void {
    const used = getHeapStatistics().used_heap_size
    liveHeapBytes = used
    leaks?.afterFullGc(used)
    if (used < NEAR_LIMIT_SHARE * heapCeilingBytes || nearLimitSaid) return
    nearLimitSaid = true
    warn(
      'near-heap-limit',
      `the live heap is ${formatBytes(used)}, of at most ${formatBytes(heapCeilingBytes)}: from 80 % on V8 ends a process whose collections free too little`,
    )
    writeInterval()
    // The profile takes memory too, and may be the end: what is known is on disk by then.
    emitter.flush()
    leaks?.writeProfile('near-heap-limit')
  }

  /** All there is to say, now: lines and a profile. */
  function writeAll(): void {
    writeInterval()
    timed(() => leaks?.writeProfile('signal'))
  }

  const recorder: Recorder = new Recorder({
    ringSize: config.ringSize,
    maxRoutes: config.maxRoutes,
    gc: config.gc,
    keepPaths: emitter.isOn('request') || !json,
    makeLabel: (kind, name) => leaks?.makeLabel(kind, name) ?? null,
    reader,
    gcLog: gc.log,
    onNearlyFull: () => {
      if (drainPlanned) return
      drainPlanned = true
      setImmediate(() => {
        drainPlanned = false
        if (!closed) timed(drain)
      })
    },
    onEnded: leaks && leaks.onEnded,
    onRecorded: json ? null : (at) => timed(() => writeReport(at)),
    run: timed,
  })

  function warn(code: string, message: string): void {
    if (warned.has(code)) return
    warned.add(code)
    if (json) emitter.write({ event: 'warning', code }, message)
    else say(`memprof: ${message}`)
  }

  function warnUnheard(): void {
    timed(() =>
      warn(
        'signals-left',
        'the app has put a function of its own in the place of process.emit: SIGTERM, SIGINT and SIGHUP end the process without the lines of its last interval',
      ),
    )
  }

  /** Runs a piece of memprof's own work; its time is memprof's cost, its errors never the app's. */
  function timed(work: () => void): void {
    const beganMs = performance.now()
    try {
      work()
    } catch (error) {
      tellFailure(error)
    }
    cpuMs += performance.now() - beganMs
  }

  function tellFailure(error: unknown): void {
    let message = 'memprof failed; the app goes on'
    try {
      message = `memprof failed (${String((error as Error)?.message)}); the app goes on`
      warn('internal', message)
    } catch {
      // Lines cannot be made: the app has broken what they are made with.
      if (!failureSaid) say(`memprof: ${message}`)
      failureSaid = true
    }
  }

  function drain(): void {
    gc.takeQueued()
    const wanted = emitter.isOn('request') && json
    const { ring, routes } = recorder
    recorder.drain((at) => {
      if (!wanted && json && !requestChannel.hasSubscribers) return
      const line = requestLine(ring, at, routes.routes[ring.routeId[at]!]!)
      if (wanted) emitter.write(line, requestMsg(line))
      if (requestChannel.hasSubscribers) requestChannel.publish(line)
    })
  }

  /** The one line of `MEMPROF_FORMAT=connect`: a report as soon as the request has ended. */
  function writeReport(at: number): void {
    const { ring } = recorder
    emitter.writeText(
      connectReport(
        ring.method?.[at] ?? '',
        ring.path?.[at] ?? '',
        ring.endMs[at]! - ring.startMs[at]!,
        readingAt(ring, at, 'Before'),
        readingAt(ring, at, 'After'),
      ),
    )
  }

  /** Tables, and what the samples say that memprof keeps on the heap. */
  function ownBytes(): number {
    return recorder.footprintBytes + (leaks?.memprofBytes ?? 0)
  }

  function selfCost(): ProcessLine['self'] {
    const pauseMs = recorder.forcedPauseMs + (leaks?.pauseMs ?? 0)
    const self = {
      cpuMs: roundMs(cpuMs),
      pauseMs: roundMs(pauseMs - pauseMsWritten),
      heapBytes: ownBytes(),
    }
    pauseMsWritten = pauseMs
    cpuMsTotal += cpuMs
    cpuMs = 0
    return self
  }

  function processLine(): ProcessLine {
    reader.read(reading)
    const { arrayBuffers } = process.memoryUsage()
    const use = performance.eventLoopUtilization()
    const delta = performance.eventLoopUtilization(use, loopUse)
    loopUse = use
    const delayP99Ms = roundMs(loopDelay.percentile(99) / 1e6)
    loopDelay.reset()
    const gcCounts = gc.log.takeCounts()
    // Our own readings are exact; Node tells of other full collections a turn later.
    const live = leaks?.liveHeapBytes ?? liveHeapBytes
    const secondsToLimit = leakReport.secondsToLimit()
    const unrouted = leakReport.unroutedLeaks()
    const line: ProcessLine = {
      event: 'process',
      rssBytes: reading.rssBytes,
      ...(Number.isNaN(reading.vsizeBytes) ? {} : { vsizeBytes: reading.vsizeBytes }),
      heapUsedBytes: reading.heapUsedBytes,
      heapTotalBytes: reading.heapTotalBytes,
      heapLimitBytes: getHeapStatistics().heap_size_limit,
      externalBytes: reading.externalBytes,
      arrayBuffersBytes: arrayBuffers,
      ...(live === undefined ? {} : { liveHeapBytes: live }),
      gc: { ...gcCounts, pauseMs: roundMs(gcCounts.pauseMs) },
      eventLoop: { utilization: Math.round(delta.utilization * 1000) / 1000, delayP99Ms },
      requests: recorder.requests - requestsWritten,
      inFlight: recorder.inFlight,
      dropped: recorder.ring.dropped - droppedWritten,
      self: selfCost(),
      ...(secondsToLimit === undefined ? {} : { secondsToLimit }),
      ...(unrouted === undefined ? {} : { leaks: unrouted }),
    }
    requestsWritten = recorder.requests
    droppedWritten = recorder.ring.dropped
    return line
  }

  function writeInterval(): void {
    timed(() => {
      drain()
      if (!json) return
      for (const stats of recorder.stats) {
        if (stats.hadRequests) {
          const line = routeLine(stats, leakReport.retentionOf(stats.route.id))
          emitter.write(line, routeMsg(line))
        }
        stats.nextInterval()
      }
      if (recorder.routes.overflowed > 0) {
        warn(
          'routes-full',
          `more than ${config.maxRoutes} routes: the rest share (other); MEMPROF_MAX_ROUTES raises the limit`,
        )
      }
      writeLost()
      const line = processLine()
      emitter.write(line, processMsg(line))
    })
  }

  /** Lines that could not be written, once others can be again. */
  function writeLost(): void {
    const lost = emitter.lost - lostSaid
    if (lost <= 0) return
    lostSaid += lost
    emitter.write(
      { event: 'warning', code: 'lines-lost' },
      `${countOf(lost, 'line')} could not be written: the destination was too slow, or failed`,
    )
  }

  function verdicts(): RouteVerdict[] {
    return recorder.stats
      .filter((stats) => stats.endedTotal > 0)
      .map((stats) => ({
        method: stats.route.method,
        route: stats.route.pattern,
        requestsTotal: stats.requestsTotal,
        errorsTotal: stats.errorsTotal,
        abortedTotal: stats.abortedTotal,
        verdict: 'insufficient-data',
        ...leakReport.retentionOf(stats.route.id),
      }))
  }

  function close(reason: string): void {
    if (closed) return
    closed = true
    // Each by itself: what fails of these keeps nothing of the rest from being undone.
    for (let at = 0; at < undo.length; at++) timed(undo[at]!)
    clearInterval(timer)
    timed(() => recorder.detach())
    writeInterval()
    timed(() => leakReport.close())
    timed(() => {
      if (json) writeStop(reason)
    })
    timed(closeEmitter)
    timed(() => loopDelay.disable())
    timed(() => leaks?.close())
    timed(() => gc.stop())
    timed(() => reader.close())
  }

  function closeEmitter(): void {
    // To a destination that takes nothing more, this would be one more line to wait for.
    if (emitter.flushSync() && json) writeLost()
    const lost = emitter.close() - lostSaid
    if (lost > 0) say(`memprof: ${countOf(lost, 'line')} could not be written to ${destination}`)
  }

  function writeStop(reason: string): void {
    cpuMsTotal += cpuMs
    const uptimeSeconds = Math.round((performance.now() - startedMs) / 1000)
    emitter.write(
      {
        event: 'stop',
        reason,
        uptimeSeconds,
        requests: recorder.requests,
        inFlight: recorder.inFlight,
        dropped: recorder.ring.dropped,
        self: {
          cpuMs: roundMs(cpuMsTotal),
          pauseMs: roundMs(recorder.forcedPauseMs + (leaks?.pauseMs ?? 0)),
          heapBytes: ownBytes(),
        },
        verdicts: verdicts(),
      },
      `stopped (${reason}) after ${formatSeconds(uptimeSeconds)}, ${countOf(recorder.requests, 'request')}`,
    )
  }

  if (json) writeStart(options, emitter)
  const timer = setInterval(() => {
    // A turn later, so that Node has delivered the collections of the requests to be joined.
    setImmediate(() => {
      if (closed) return
      if (!end.isHeard()) warnUnheard()
      writeInterval()
    }).unref()
  }, config.intervalMs)
  timer.unref()
  leaks?.begin(recorder)
  const end = watchProcessEnd(close)
  undo.push(end.unwatch)
  if (config.signal) undo.push(watchSignal(config.signal, writeAll))

  return {
    recorder,
    noteServer: (server) => leaks?.noteServer(server),
    write: emitter.write,
    warn,
    records() {
      drain()
      const lines: RequestLine[] = []
      const { ring, routes } = recorder
      ring.forEachRead((at) => {
        lines.push(requestLine(ring, at, routes.routes[ring.routeId[at]!]!))
      })
      return lines
    },
    verdicts,
    writeInterval,
    close,
  }
}

function writeStart({ config, listen, report }: RecordingOptions, emitter: Emitter): void {
  const { hooked, notHooked } = report()
  const names = hooked.map(({ name, version }) => `${name} ${version}`).join(', ')
  const others = notHooked.map(({ name, why }) => `${name} (${why})`).join(', ')
  emitter.write(
    {
      event: 'start',
      ...(listen ? { listen } : {}),
      versions: { memprof: PACKAGE_VERSION, node: process.versions.node },
      config: { ...config },
      hooked,
      notHooked,
    },
    `memprof ${PACKAGE_VERSION} records; hooked: ${names || 'http only'}${others && `; not hooked: ${others}`}`,
  )
}

function processMsg(line: ProcessLine): string {
  const parts = [
    `rss ${formatBytes(line.rssBytes)}`,
    `heap ${formatBytes(line.heapUsedBytes)} of at most ${formatBytes(line.heapLimitBytes)}`,
    countOf(line.requests, 'request'),
    `${line.inFlight} in flight`,
  ]
  if (line.dropped > 0) parts.push(`${line.dropped} dropped`)
  return parts.join(', ')
}
