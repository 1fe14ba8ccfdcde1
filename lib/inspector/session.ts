/**
 * The one user of the inspector: V8's sampling heap profiler, read in the process itself.
 *
 * No port is opened and no debugger attached. Only one sampling heap profiler can run per isolate, and
 * the inspector reports no error when a second one starts: it is asked for beforehand.
 */
import { type Debugger, Session } from 'node:inspector'
import { GCProfiler } from 'node:v8'
import { performance } from '../clock'
import type { FunctionPosition } from './stack-frame'
import { Inspection } from './inspection'
import type { Sample, SampledProfile } from './sampled-profile'

export interface HeapReading {
  readonly profile: SampledProfile
  /** heapUsed right after the full collection that the reading forces; bytes. */
  readonly liveHeapBytes: number
  /** Samples taken since sampling began, the dead too; a floor, unless the reading was to count them. */
  readonly taken: number
  /** Time the process stood still. */
  readonly pauseMs: number
}

/** An object that is sampled for sure: e^-8 for the coarsest interval of 512 kB. */
const MARK_BYTES = 4 << 20
/** More than an array's own fields take. */
const MAX_HEADER_BYTES = 64

export class HeapSession {
  readonly #session = new Session()
  #sampling = false

  constructor() {
    this.#session.connect()
  }

  /** True when another agent samples this heap already. */
  isTaken(): boolean {
    return this.#sampling ? false : this.#post('HeapProfiler.getSamplingProfile') !== null
  }

  /** @returns false when it could not be started */
  start(samplingBytes: number): boolean {
    this.#sampling =
      this.#post('HeapProfiler.startSampling', { samplingInterval: samplingBytes }) !== null
    return this.#sampling
  }

  stop(): void {
    if (!this.#sampling) return
    this.#sampling = false
    this.#post('HeapProfiler.stopSampling')
  }

  /**
   * Forces a full collection and reads what is left of the samples. Stops the process for about 1 ms
   * per MB of live heap.
   *
   * @param isCounted - whether to count the samples: those that live may be old, so another is made
   *   first. About 5 ms; it is no part of what is read.
   * @returns null when the profiler was stopped by somebody else
   */
  read(isCounted = false): HeapReading | null {
    const collections = new GCProfiler()
    collections.start()
    const beganMs = performance.now()
    const markBytes = isCounted ? MARK_BYTES : 0
    const mark = new Array<number>(markBytes / 8)
    const result = this.#post('HeapProfiler.getSamplingProfile')
    mark.length = 0
    const pauseMs = performance.now() - beganMs
    // The profile's own text and objects are garbage by now: heapUsed is taken from the collection.
    const full = collections
      .stop()
      ?.statistics.findLast(({ gcType }) => gcType === 'MarkSweepCompact')
    if (result === null || full === undefined) return null
    const { profile } = result as { profile: SampledProfile }
    return {
      profile: isCounted ? withoutMark(profile) : profile,
      liveHeapBytes: full.afterGC.heapStatistics.usedHeapSize - markBytes,
      taken: youngest(profile.samples),
      pauseMs,
    }
  }

  /**
   * Where each function begins; null for natives. Runs no code of theirs.
   * About 20 us for each.
   */
  locate(functions: readonly object[]): Array<FunctionPosition | null> {
    return (
      this.inspect((inspection) =>
        functions.map((fn) => (typeof fn === 'function' ? inspection.locate(fn) : null)),
      ) ?? functions.map(() => null)
    )
  }

  /**
   * Lets `work` ask about the app's functions and objects; all it is shown is released when it ends.
   *
   * @returns null where the global object is sealed
   */
  inspect<T>(work: (inspection: Inspection) => T): T | null {
    const inspection = new Inspection((method, parameters) => this.#post(method, parameters))
    return inspection.run(() => work(inspection))
  }

  /**
   * The URL of every script, by id. The debugger is on for the length of this call only, so nothing
   * can pause. About 5 ms for 400 scripts, once 30.
   */
  scriptUrls(): Map<string, string> {
    const urls = new Map<string, string>()
    const note = ({ params }: { params: Debugger.ScriptParsedEventDataType }): void => {
      urls.set(params.scriptId, params.url)
    }
    this.#session.on('Debugger.scriptParsed', note)
    this.#post('Debugger.enable')
    this.#post('Debugger.disable')
    this.#session.off('Debugger.scriptParsed', note)
    return urls
  }

  close(): void {
    this.stop()
    this.#session.disconnect()
  }

  /** In-process sessions answer before `post` returns. Null: an error. */
  #post(method: string, parameters: object = {}): object | null {
    let answer: object | null = null
    this.#session.post(method, parameters, (error: Error | null, result?: object) => {
      if (!error) answer = result ?? {}
    })
    return answer
  }
}

function youngest(samples: readonly Sample[]): number {
  return samples.reduce((most, { ordinal }) => Math.max(most, ordinal), 0)
}

/** The youngest of that size: what answers the question itself may be younger, and live. */
function withoutMark(profile: SampledProfile): SampledProfile {
  const isLike = ({ size }: Sample): boolean =>
    size >= MARK_BYTES && size < MARK_BYTES + MAX_HEADER_BYTES
  const mark = youngest(profile.samples.filter(isLike))
  return { ...profile, samples: profile.samples.filter(({ ordinal }) => ordinal !== mark) }
}
