/**
 * A watch on an app by hand: its clock, its timers, its heap and its variables are the test's, so that hours
 * of an app's life pass at once and V8 is not asked.
 */
import { readConfig } from '../../lib/config/read'
import { KeptRequests } from '../../lib/heap/kept-requests'
import type { Container } from '../../lib/holders/container'
import type { Walked } from '../../lib/holders/walk'
import type { Sample } from '../../lib/inspector/sampled-profile'
import type { HeapReading, HeapSession } from '../../lib/inspector/session'
import { HeapSampler } from '../../lib/leaks/heap-sampler'
import type { Runtime } from '../../lib/leaks/runtime'
import { LeakWatch } from '../../lib/leaks/watch'
import { WatchedApp } from '../../lib/leaks/watched-app'
import { Told } from './lives'
import { node } from './profiles'
import { AppByHand } from './watched-app'

/** What a sample of a test's stands for, bytes. */
export const SAMPLED_BYTES = 65_536
/** Of the app before it leaks. */
const START_BYTES = 40 << 20

interface Timer {
  readonly atMs: number
  readonly work: () => void
}

export class RuntimeByHand implements Runtime {
  nowMs = 0
  externalBytes = 0
  timers: Timer[] = []
  readonly session: SessionByHand

  constructor(session: SessionByHand) {
    this.session = session
  }

  readonly now: () => number = () => this.nowMs

  after(waitMs: number, work: () => void): () => void {
    const timer = { atMs: this.nowMs + waitMs, work }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((one) => one !== timer)
    }
  }

  memory(): { rss: number; heapTotal: number; arrayBuffers: number } {
    return { rss: 100 << 20, heapTotal: 60 << 20, arrayBuffers: 0 }
  }

  usedBytes(): number {
    return this.session.usedBytes + this.externalBytes
  }

  codeBytes(): number {
    return 0
  }

  openSession(): HeapSession {
    return this.session
  }

  /** Lets the timers run that are due until then, in their order. */
  passTo(untilMs: number): void {
    for (;;) {
      const [next] = this.timers.toSorted((a, b) => a.atMs - b.atMs)
      if (!next || next.atMs > untilMs) break
      this.timers = this.timers.filter((one) => one !== next)
      this.nowMs = Math.max(this.nowMs, next.atMs)
      next.work()
    }
    this.nowMs = untilMs
  }
}

/** A heap of one allocation site, below the label of route 0; and containers that a look would see. */
export class SessionByHand implements HeapSession {
  liveHeapBytes: number = START_BYTES
  /** Bytes below the label that live, and the sum of all that were ever allocated there. */
  keptBytes = 0
  containers: Container[] = []
  pauseMs = 10
  taken = 0
  isMarkedInTime = true
  /** `start 65536`, `mark`, `read`, `stop`, `look`, `close`. */
  readonly asked: string[] = []
  isTakenByOthers = false
  isStopped = false
  /** What the next reading throws. */
  error: Error | null = null

  isTaken(): boolean {
    return this.isTakenByOthers
  }

  start(samplingBytes: number): boolean {
    this.asked.push(`start ${samplingBytes}`)
    return true
  }

  stop(): void {
    this.asked.push('stop')
  }

  get usedBytes(): number {
    return this.liveHeapBytes + this.keptBytes
  }

  read(): HeapReading | null {
    this.asked.push('read')
    if (this.error) throw this.error
    if (this.isStopped) return null
    const samples: Sample[] = []
    for (let at = 1; at <= this.keptBytes / SAMPLED_BYTES; at++) {
      samples.push({ nodeId: 3, size: SAMPLED_BYTES, ordinal: at })
    }
    const site = node(3, 'keep@/app/app.js:10', this.keptBytes)
    const head = node(1, '(root)', 0, node(2, 'route@memprof:0:GET /leak', 0, site))
    const { usedBytes, taken, pauseMs } = this
    const profile = { head, samples }
    return { profile, liveHeapBytes: usedBytes, codeBytes: 0, taken, pauseMs }
  }

  locate(functions: readonly object[]): null[] {
    return functions.map(() => null)
  }

  /** Instead of a walk, what it would have seen. */
  inspect<T>(): T {
    this.asked.push('look')
    const walked: Walked = { containers: this.containers, cut: '', objects: 1, functions: 1, ms: 1 }
    return walked as T
  }

  scriptUrls(): Map<string, string> {
    return new Map([['1', 'file:///app/app.js']])
  }

  beginMarking(): boolean {
    this.asked.push('mark')
    return true
  }

  endMarking(): number | null {
    return this.isMarkedInTime ? null : 60
  }

  close(): void {
    this.asked.push('close')
  }
}

export class WatchedHeap {
  readonly session: SessionByHand = new SessionByHand()
  readonly runtime: RuntimeByHand = new RuntimeByHand(this.session)
  readonly counts: AppByHand = new AppByHand([])
  readonly told: Told = new Told()
  readonly warnings: string[] = []
  readonly errors: unknown[] = []
  readonly watch: LeakWatch
  headroomBytes: number = Number.POSITIVE_INFINITY
  /** Requests per second, and bytes that each keeps. */
  perSecond = 100
  bytesPerRequest = 0

  /** Readings every 10 s, at a sampling interval that is set, unless `env` says otherwise. */
  constructor(env: Readonly<Record<string, string | undefined>> = {}) {
    const { config } = readConfig({
      MEMPROF_LEAK_INTERVAL: '10s',
      MEMPROF_SAMPLING_BYTES: `${SAMPLED_BYTES}`,
      ...env,
    })
    const warn = (code: string): void => void this.warnings.push(code)
    const { runtime } = this
    const sampler = HeapSampler.open({ config, runtime, warn })!
    this.counts.addRoute('/leak', sampler.makeLabel('route', 'GET /leak'))
    this.watch = new LeakWatch({
      config,
      runtime,
      sampler,
      app: new WatchedApp(this.counts),
      kept: new KeptRequests(),
      listener: this.told,
      headroomBytes: () => this.headroomBytes,
      warn,
      timed: (work) => {
        try {
          work()
        } catch (error) {
          this.errors.push(error)
        }
      },
      instance: 'test',
    })
  }

  /** So many seconds of traffic pass; `each` is called after each of them. */
  pass(seconds: number, each: () => void = () => {}): this {
    for (let at = 0; at < seconds; at++) {
      this.counts.end(0, this.perSecond)
      this.session.keptBytes += this.perSecond * this.bytesPerRequest
      each()
      this.runtime.passTo(this.runtime.nowMs + 1000)
    }
    return this
  }

  get verdict(): string | undefined {
    return this.told.findings?.judgement.routes[0]?.verdict
  }

  asked(what: string): number {
    return this.session.asked.filter((one) => one === what).length
  }
}
