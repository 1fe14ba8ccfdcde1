/**
 * V8's sampling heap profiler as memprof uses it: begun before the first request, at an interval that is
 * chosen by what the app allocates, with labels in the stacks.
 */
import type { Config } from '../config/settings'
import { HeapHistory } from '../heap/heap-history'
import { type Label, LabelTable } from '../heap/labels'
import { ownerOf } from '../heap/own-scripts'
import { SamplingInterval } from '../heap/sampling-interval'
import type { HeapSession } from '../inspector/session'
import type { Runtime } from './runtime'

export interface SamplerOptions {
  readonly config: Pick<Config, 'samplingBytes' | 'leakIntervalMs'>
  readonly runtime: Runtime
  readonly warn: (code: string, message: string) => void
}

export class HeapSampler {
  readonly session: HeapSession
  readonly #options: SamplerOptions
  readonly #labels = new LabelTable()
  #labelsFailed = false
  readonly #interval: SamplingInterval

  private constructor(session: HeapSession, options: SamplerOptions) {
    const { samplingBytes, leakIntervalMs } = options.config
    this.session = session
    this.#options = options
    this.#interval = new SamplingInterval(samplingBytes, leakIntervalMs, options.runtime.now())
    session.start(this.#interval.bytes)
  }

  /** @returns null where the heap cannot be sampled, or another agent samples it */
  static open(options: SamplerOptions): HeapSampler | null {
    const { runtime, warn } = options
    let session: HeapSession
    try {
      session = runtime.openSession()
    } catch (error) {
      warn(
        'heap-profiler-denied',
        `the inspector cannot be used (${String((error as Error)?.message)}): memprof records requests, but cannot tell leaks`,
      )
      return null
    }
    if (!session.isTaken()) return new HeapSampler(session, options)
    session.close()
    warn(
      'heap-profiler-taken',
      'another agent runs the sampling heap profiler of this process: memprof records requests, but cannot tell leaks',
    )
    return null
  }

  /** The sampling interval. */
  get bytes(): number {
    return this.#interval.bytes
  }

  /** Without a label, a route's leaks are told by how they follow its requests. */
  makeLabel(kind: Label['kind'], name: string): Label | null {
    if (this.#labelsFailed) return null
    try {
      return this.#labels.make(kind, name)
    } catch (error) {
      this.#labelsFailed = true
      this.#options.warn(
        'labels-failed',
        `memprof cannot compile the frames that tell routes apart (${String((error as Error)?.message)}): what routes keep is estimated from their requests`,
      )
      return null
    }
  }

  /** The label whose frame a script of that name holds; null for any other script. */
  labelOf(url: string): Label | null {
    return this.#labels.ofScript(url)
  }

  /** For what is sampled at this interval. */
  newHistory(): HeapHistory {
    return new HeapHistory(this.bytes, { labelOf: (url) => this.labelOf(url), ownerOf })
  }

  /**
   * At each reading: begins anew where the app's rate asks for another interval. What was sampled so far
   * is lost then.
   *
   * @param taken - samples since sampling began, the dead too
   * @param isKept - whether a reading at this interval was kept
   */
  retune(taken: number, isKept: boolean): boolean {
    if (!this.#interval.retune(taken, this.#options.runtime.now(), isKept)) return false
    this.session.stop()
    this.session.start(this.bytes)
    return true
  }
}
