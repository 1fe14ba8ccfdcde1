/**
 * One recording: from the first server that listens to the end of the process or `stop()`. Builds its
 * parts, sets the timer of the intervals, and ends all of them.
 */
import { getHeapStatistics } from 'node:v8'
import { clearInterval, performance, setImmediate, setInterval } from '../clock'
import type { Config } from '../config/settings'
import { formatBytes } from '../emit/amounts'
import { type Emitter, type EmitterOptions, openEmitter } from '../emit/emitter'
import { KeptRequests } from '../heap/kept-requests'
import type { HookReport } from '../hooks/modules'
import type { Unpatch } from '../hooks/patch'
import { type ProcessEnd, watchProcessEnd, watchSignal } from '../hooks/process-end'
import { HeapSampler } from '../leaks/heap-sampler'
import { RUNTIME } from '../leaks/runtime'
import { LeakWatch } from '../leaks/watch'
import { WatchedApp } from '../leaks/watched-app'
import { type GcWatch, watchGc } from '../record/gc'
import { type MemoryReader, openMemoryReader } from '../record/reading'
import { Recorder } from '../record/recorder'
import type { Line, Listening, RequestLine, RouteVerdict } from '../schema/lines'
import { LeakReport } from './leak-report'
import { MemoryLeft } from './memory-left'
import { type CostNow, OwnCost } from './own-cost'
import { ProcessMeter } from './process-meter'
import { Warnings } from './warnings'
import { RecordingWriter } from './writer'

/**
 * Said when a major GC leaves the heap this full. From 80 % of the old generation on, V8 ends the process
 * after four such GCs in a row that left the app less than 40 % of the time
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

export class Recording {
  readonly recorder: Recorder
  readonly #json: boolean
  readonly #startedMs = performance.now()
  readonly #emitter: Emitter
  readonly #warnings: Warnings
  readonly #cost: OwnCost
  readonly #memoryLeft = new MemoryLeft()
  readonly #reader: MemoryReader = openMemoryReader()
  readonly #gc: GcWatch
  readonly #report: LeakReport
  readonly #app: WatchedApp
  readonly #leaks: LeakWatch | null
  readonly #meter: ProcessMeter
  readonly #writer: RecordingWriter
  readonly #timer: NodeJS.Timeout
  readonly #end: ProcessEnd
  readonly #undo: Unpatch[] = []
  /** By the last major GC that Node told of. */
  #liveHeapBytes: number | undefined
  #isNearLimitSaid = false
  #isDrainPlanned = false
  #isClosed = false

  constructor({ config, destination, listen, report }: RecordingOptions) {
    const json = config.format === 'json'
    this.#json = json
    const emitter = openEmitter(destination)
    this.#emitter = emitter
    this.#warnings = new Warnings(emitter, json)
    const warn = (code: string, message: string): void => this.#warnings.write(code, message)
    this.#cost = new OwnCost((error) => this.#warnings.tellFailure(error))
    const { timed } = this.#cost
    this.#gc = watchGc(() => this.#noteMajorGc(), timed)

    const runtime = RUNTIME
    const sampler = config.leaks && json ? HeapSampler.open({ config, runtime, warn }) : null
    const kept = new KeptRequests(timed)
    const recorder = new Recorder({
      ringSize: config.ringSize,
      maxRoutes: config.maxRoutes,
      gc: config.gc,
      keepPaths: emitter.isOn('request') || !json,
      makeLabel: (kind, name) => sampler && sampler.makeLabel(kind, name),
      reader: this.#reader,
      gcLog: this.#gc.log,
      onNearlyFull: () => this.#drainSoon(),
      onEnded: sampler && ((request, route) => kept.watch(request, route.id)),
      onRecorded: json ? null : (at) => timed(() => this.#writer.writeReport(at)),
      run: timed,
    })
    this.recorder = recorder
    this.#report = new LeakReport(emitter, this.#memoryLeft)
    this.#meter = new ProcessMeter({ reader: this.#reader, gcLog: this.#gc.log, recorder })
    this.#writer = new RecordingWriter({
      config,
      emitter,
      destination: destination.destination,
      recorder,
      report: this.#report,
      warn,
    })
    this.#app = new WatchedApp(recorder)
    this.#leaks =
      sampler &&
      new LeakWatch({
        config,
        runtime,
        sampler,
        app: this.#app,
        kept,
        listener: this.#report,
        headroomBytes: () => this.#memoryLeft.headroomBytes(),
        warn,
        timed,
        instance: emitter.instance,
      })

    if (json) this.#writer.writeStart(listen, report())
    this.#timer = setInterval(() => this.#endInterval(), config.intervalMs)
    this.#timer.unref()
    this.#end = watchProcessEnd((reason) => this.close(reason))
    this.#undo.push(this.#end.unwatch)
    if (config.signal) this.#undo.push(watchSignal(config.signal, () => this.#writeAll()))
  }

  /** A server listens. */
  noteServer(server: object): void {
    this.#app.noteServer(server)
  }

  write(line: Line, msg: string): void {
    this.#emitter.write(line, msg)
  }

  warn(code: string, message: string): void {
    this.#warnings.write(code, message)
  }

  /** The finished requests still in the ring, oldest first. */
  records(): RequestLine[] {
    this.#drain()
    return this.#writer.records()
  }

  verdicts(): RouteVerdict[] {
    return this.#writer.verdicts()
  }

  /** The lines of the interval so far. */
  writeInterval(): void {
    this.#cost.timed(() => {
      this.#drain()
      if (!this.#json) return
      this.#writer.writeRoutes()
      this.#writer.writeLost()
      this.#writer.writeProcess(
        this.#meter.line({
          // memprof's own readings are exact; Node tells of other major GCs a turn later.
          liveHeapBytes: this.#leaks?.liveHeapBytes ?? this.#liveHeapBytes,
          secondsToLimit: this.#report.secondsToLimit(),
          leaks: this.#report.unroutedLeaks(),
          growth: this.#report.growth(),
          self: this.#cost.ofInterval(this.#costNow()),
        }),
      )
    })
  }

  close(reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const { timed } = this.#cost
    // Each by itself: what fails of these keeps nothing of the rest from being undone.
    for (let at = 0; at < this.#undo.length; at++) timed(this.#undo[at]!)
    clearInterval(this.#timer)
    timed(() => this.recorder.detach())
    this.writeInterval()
    timed(() => this.#leaks?.conclude())
    timed(() => {
      if (this.#json) this.#writeStop(reason)
    })
    timed(() => this.#writer.close())
    timed(() => this.#meter.close())
    timed(() => this.#leaks?.close())
    timed(() => this.#gc.stop())
    timed(() => this.#reader.close())
  }

  #writeStop(reason: string): void {
    const uptimeSeconds = Math.round((performance.now() - this.#startedMs) / 1000)
    this.#writer.writeStop({ reason, uptimeSeconds, self: this.#cost.total(this.#costNow()) })
  }

  /** The tables of records, and what the samples say that memprof keeps on the heap. */
  #costNow(): CostNow {
    return {
      pauseMs: this.recorder.forcedPauseMs + (this.#leaks?.pauseMs ?? 0),
      heapBytes: this.recorder.footprintBytes + (this.#leaks?.memprofBytes ?? 0),
    }
  }

  #endInterval(): void {
    // A turn later, so that Node has delivered the GCs of the requests to be joined.
    setImmediate(() => {
      if (this.#isClosed) return
      if (!this.#end.isHeard()) this.#cost.timed(() => this.#warnUnheard())
      this.writeInterval()
    }).unref()
  }

  #warnUnheard(): void {
    this.warn(
      'signals-left',
      'the app has put a function of its own in the place of process.emit: SIGTERM, SIGINT and SIGHUP end the process without the lines of its last interval',
    )
  }

  #drain(): void {
    this.#gc.takeQueued()
    this.#writer.writeRequests()
  }

  /** The ring is nearly full. */
  #drainSoon(): void {
    if (this.#isDrainPlanned) return
    this.#isDrainPlanned = true
    setImmediate(() => {
      this.#isDrainPlanned = false
      if (!this.#isClosed) this.#cost.timed(() => this.#drain())
    })
  }

  /** All there is to say, now: lines and a profile. */
  #writeAll(): void {
    this.writeInterval()
    this.#cost.timed(() => this.#leaks?.writeProfile('signal'))
  }

  #noteMajorGc(): void {
    const liveBytes = getHeapStatistics().used_heap_size
    this.#liveHeapBytes = liveBytes
    this.#leaks?.noteMajorGc(liveBytes)
    const { heapCeilingBytes } = this.#memoryLeft
    if (liveBytes >= NEAR_LIMIT_SHARE * heapCeilingBytes) this.#warnNearLimit(liveBytes)
  }

  #warnNearLimit(liveBytes: number): void {
    if (this.#isNearLimitSaid) return
    this.#isNearLimitSaid = true
    this.warn(
      'near-heap-limit',
      `the live heap is ${formatBytes(liveBytes)}, of at most ${formatBytes(this.#memoryLeft.heapCeilingBytes)}: from 80 % on V8 ends a process whose GCs free too little`,
    )
    this.writeInterval()
    // The profile takes memory too, and may be the end: what is known is on disk by then.
    this.#emitter.flush()
    this.#leaks?.writeProfile('near-heap-limit')
  }
}
