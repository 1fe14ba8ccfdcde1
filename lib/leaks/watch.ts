/**
 * The watch on the heap. Each reading goes one way:
 *
 *     session -> history -> observation -> judgement -> lives -> listener
 *
 * So does each step of an inquiry, from the lives on. One timer serves all of them, as the schedule has it.
 */
import type { Config } from '../config/settings'
import type { KeptRequests } from '../heap/kept-requests'
import { isOwnScript } from '../heap/own-scripts'
import type { ProfileReason } from '../heap/profile-file'
import { HolderSearch } from '../holders/search'
import { KEEPS_AWAITERS, Logpoints } from '../inspector/logpoints'
import type { HeapReading } from '../inspector/session'
import { judge } from '../verdict/judge'
import { HeapOnlyWatch } from './heap-only-watch'
import type { HeapSampler } from './heap-sampler'
import { HolderInquiry } from './holder-inquiry'
import type { LeakListener } from './listener'
import { Lives } from './lives'
import { MarkingAhead } from './marking-ahead'
import { observe } from './observe'
import { Owners } from './owners'
import { PauseSchedule } from './pause-schedule'
import { Profiles } from './profiles'
import { Readings } from './readings'
import type { Runtime } from './runtime'
import { TraceInquiry } from './trace-inquiry'
import { Traces } from './traces'
import type { WatchedApp } from './watched-app'

export interface LeakWatchOptions {
  readonly config: Config
  readonly runtime: Runtime
  readonly sampler: HeapSampler
  readonly app: WatchedApp
  readonly kept: KeptRequests
  readonly listener: LeakListener
  /** Memory that is left. */
  readonly headroomBytes: () => number
  readonly warn: (code: string, message: string) => void
  /** Runs a piece of memprof's own work, its errors caught, its time counted. */
  readonly timed: (work: () => void) => void
  /** In the names of profiles: the same as in the lines. */
  readonly instance: string
}

export class LeakWatch {
  readonly #options: LeakWatchOptions
  readonly #schedule: PauseSchedule
  readonly #owners: Owners
  readonly #traces = new Traces()
  readonly #lives: Lives
  readonly #profiles: Profiles
  /** Once readings take too long. */
  #heapOnly: HeapOnlyWatch | null = null
  #readings: Readings
  #readingMs = 0
  #liveHeapBytes: number | undefined
  /** Machine code when the work on the last reading was done: judging compiles memprof's own. */
  #codeBytes = Number.POSITIVE_INFINITY
  #appCodeBytes = 0
  #cancel: () => void = () => {}
  #isClosed = false
  readonly #markingAhead: MarkingAhead
  readonly #logpoints = new Logpoints()
  /** Of the logpoints, at the last reading. */
  #timesOpened = 0
  #debugged = 0

  constructor(options: LeakWatchOptions) {
    const { config, runtime, sampler, app, listener, headroomBytes, warn, instance } = options
    const { now } = runtime
    this.#options = options
    this.#schedule = new PauseSchedule(config, now())
    this.#owners = new Owners((functions) => sampler.session.locate(functions))
    this.#readings = new Readings(sampler.newHistory())
    this.#profiles = new Profiles({
      directory: config.profileDir,
      instance,
      warn,
      labelOf: (url) => sampler.labelOf(url),
    })
    const { session } = sampler
    this.#markingAhead = new MarkingAhead(session)
    const search = { app, session, isOwn: isOwnScript, maxPauseMs: config.maxPauseMs, now }
    const tracing = {
      marks: app.marks,
      logpoints: this.#logpoints,
      now,
      traces: this.#traces,
      unsure: () => this.#lives.unsure,
      lives: () => this.#lives.current,
      maxPauseMs: config.maxPauseMs,
      usedBytes: () => runtime.usedBytes(),
      ended: () => app.ended(),
    }
    const inquiries = [
      ...(config.holders ? [new HolderInquiry(new HolderSearch(search), this.#traces)] : []),
      ...(config.trace ? [new TraceInquiry(tracing)] : []),
    ]
    this.#lives = new Lives({ now, headroomBytes, inquiries, listener })
    this.#goOn()
  }

  /** After the last reading, memprof's own or else the process's. */
  get liveHeapBytes(): number | undefined {
    return this.#liveHeapBytes
  }

  /** That the app stood still for readings and inquiries, since the start. */
  get pauseMs(): number {
    return this.#schedule.pauseMs
  }

  /** Live bytes memprof allocated, by the samples. */
  get memprofBytes(): number {
    return this.#readings.history.memprofBytes
  }

  /** Makes the pause that is due, or waits for the next. Each goes in a turn of its own. */
  #goOn(): void {
    const { app, runtime } = this.#options
    const { inquiryDueMs } = this.#lives
    const facts = { requests: app.requests, usedBytes: runtime.usedBytes(), inquiryDueMs }
    const next = this.#schedule.next(runtime.now(), facts)
    if (next === 'stop') return
    if (typeof next === 'object') return this.#plan(next.waitMs)
    if (next === 'read') return this.#readMarked()
    try {
      this.#inquire()
    } finally {
      this.#plan(0)
    }
  }

  /** Waits until V8 has marked most of a large heap, and reads it. */
  #readMarked(): void {
    const { config, runtime } = this.#options
    const beganMs = runtime.now()
    const heapBytes = this.#liveHeapBytes ?? runtime.usedBytes()
    const waitMs = this.#markingAhead.next(heapBytes, config.maxPauseMs)
    const pauseMs = runtime.now() - beganMs + this.#markingAhead.takePauseMs()
    this.#schedule.spend(pauseMs, runtime.now())
    if (waitMs === null) {
      this.#schedule.planReading(0, runtime.now(), false)
      return this.#plan(0)
    }
    if (waitMs > 0) return this.#plan(waitMs, () => this.#readMarked())
    try {
      this.#readInTurn()
    } finally {
      this.#plan(0)
    }
  }

  #plan(waitMs: number, work: () => void = () => this.#goOn()): void {
    // Whoever is told of a leak may have stopped memprof.
    if (this.#isClosed) return
    const { runtime, timed } = this.#options
    this.#cancel = runtime.after(waitMs, () => timed(work))
  }

  #readInTurn(): void {
    const { runtime, config, warn } = this.#options
    // Until it is planned again: a reading that fails is the last.
    this.#schedule.endReadings()
    const pauseMs = this.#read()
    this.#codeBytes = runtime.codeBytes()
    if (pauseMs === null) {
      warn('heap-profiler-stopped', 'the sampling heap profiler was stopped by somebody else')
      return
    }
    if (this.#schedule.planReading(pauseMs, runtime.now(), this.#readings.length === 0)) return
    warn(
      'pause-exceeded',
      `a reading of the live heap took ${Math.round(pauseMs)} ms, more than MEMPROF_MAX_PAUSE (${config.maxPauseMs} ms): it was the last, and from here on the process's own major GCs tell whether its heap grows`,
    )
    // Sampling goes on: a profile may still be asked for, and the last one matters most.
    this.#heapOnly = new HeapOnlyWatch()
  }

  /** @returns how long the app stood still, ms; null where the profiler was stopped by somebody else */
  #read(): number | null {
    const { config, runtime, sampler, app, kept } = this.#options
    const reading = this.#readSession(this.#readings.length === 0 && config.samplingBytes === null)
    if (!reading) return null
    const { profile, liveHeapBytes, codeBytes, taken, pauseMs } = reading
    this.#readingMs = this.#markingAhead.unmarkedMs(pauseMs, liveHeapBytes)
    this.#liveHeapBytes = liveHeapBytes
    if (sampler.retune(taken, this.#readings.length > 0)) {
      this.#readings = new Readings(sampler.newHistory())
      return pauseMs
    }
    const { isOpen, timesOpened } = this.#logpoints
    if (KEEPS_AWAITERS && (isOpen || timesOpened !== this.#timesOpened)) this.#debugged++
    this.#timesOpened = timesOpened
    this.#appCodeBytes += Math.max(0, codeBytes - this.#codeBytes)
    const { rss, heapTotal, arrayBuffers } = runtime.memory()
    const counts = {
      timeMs: runtime.now(),
      liveHeapBytes,
      appCodeBytes: this.#appCodeBytes,
      codeBytes,
      ownWork: this.#lives.work,
      debugged: this.#debugged,
      arrayBuffersBytes: arrayBuffers,
      rssBytes: rss,
      heapTotalBytes: heapTotal,
      connections: app.connections(),
    }
    this.#readings.add(profile, counts, app)
    kept.nextReading()
    this.#owners.note(app)
    const { history, series } = this.#readings
    const owners = this.#owners
    const observation = observe({
      samplingBytes: sampler.bytes,
      history,
      series,
      owners,
      traces: this.#traces,
      kept,
      app,
    })
    const isTold = this.#lives.judged(judge(observation, this.#lives.standing), observation)
    if (isTold) this.#profiles.save('leak', profile)
    this.#readings.thin()
    return pauseMs
  }

  #readSession(isCounted = false): HeapReading | null {
    const { sampler, runtime } = this.#options
    const reading = sampler.session.read(isCounted)
    if (reading) this.#schedule.spend(reading.pauseMs, runtime.now())
    return reading
  }

  #inquire(): void {
    const { now } = this.#options.runtime
    const beganMs = now()
    let asideMs = 0
    try {
      asideMs = this.#lives.inquire(this.#readingMs)
    } finally {
      const nowMs = now()
      this.#schedule.spend(nowMs - beganMs + asideMs, nowMs)
    }
    if (this.#lives.settle() && !this.#heapOnly) this.writeProfile('leak')
  }

  /** A major GC of the process's own has just been: all there is to go by, once readings take too long. */
  noteMajorGc(liveHeapBytes: number): void {
    if (!this.#heapOnly) return
    const { app, runtime, listener } = this.#options
    this.#liveHeapBytes = liveHeapBytes
    const point = { timeMs: runtime.now(), liveHeapBytes, requests: app.requests }
    const growth = this.#heapOnly.add(point)
    if (growth) listener.heapGrowth(growth)
  }

  /** Reads the heap and writes a profile, whatever the interval and budget say. */
  writeProfile(reason: ProfileReason): void {
    if (!this.#profiles.areWanted) return
    const reading = this.#readSession()
    if (reading) this.#profiles.save(reason, reading.profile)
  }

  /** The last words on leaks. */
  conclude(): void {
    this.#lives.conclude()
  }

  close(): void {
    this.#isClosed = true
    this.#cancel()
    this.#lives.close()
    this.#options.sampler.session.close()
  }
}
