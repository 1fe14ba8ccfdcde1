/**
 * What memprof asks of V8 about its own process: live samples of the heap, where functions stand, what
 * the app's variables hold. No debugger is attached (lib/inspector/logpoints.ts opens one of its own).
 *
 * Only one sampling heap profiler can run per isolate, and the inspector reports no error when a second
 * one starts: it is asked for beforehand.
 */
import type { Debugger } from 'node:inspector'
import { GCProfiler } from 'node:v8'
import { performance } from '../clock'
import { Connection } from './connection'
import { Inspection } from './inspection'
import type { Sample, SampledProfile } from './sampled-profile'
import type { FunctionPosition } from './stack-frame'

export interface HeapReading {
  readonly profile: SampledProfile
  /** heapUsed right after the major GC that the reading forces; bytes. */
  readonly liveHeapBytes: number
  /** Machine code among it. */
  readonly codeBytes: number
  /**
   * Samples since sampling began, those of dead objects too; at least so many, unless the reading was
   * to count them.
   */
  readonly taken: number
  /** Time the process stood still. */
  readonly pauseMs: number
}

/** The inspector of this process; tests of what is made of its answers bring one of their own. */
export interface HeapSession {
  /** Whether another agent samples this heap already. */
  isTaken(): boolean

  /** @returns false where sampling could not be started */
  start(samplingBytes: number): boolean

  stop(): void

  /**
   * Forces a major GC and reads what is left of the samples. Stops the process for about 1 ms per MB of
   * live heap.
   *
   * @param isCounted - whether to count the samples: those of living objects may be old, so another
   *   object is made first, about 5 ms. Neither profile nor live heap include it.
   * @returns null when the profiler was stopped by somebody else
   */
  read(isCounted?: boolean): HeapReading | null

  /** Where each function begins; null for natives. Runs no code of theirs. About 20 us for each. */
  locate(functions: readonly object[]): Array<FunctionPosition | null>

  /**
   * Lets `work` ask about the app's functions and objects; whatever the inspector was shown is released
   * when `work` ends.
   *
   * @returns null where the global object is sealed
   */
  inspect<T>(work: (inspection: Inspection) => T): T | null

  /** The URL of every script, by id. About 5 ms for 400 scripts, 30 ms the first time. */
  scriptUrls(): Map<string, string>

  /**
   * Makes V8 begin to mark the heap, beside the running app. About 5 ms. On Node 20 `arrayBuffers` shows 80 MB
   * more, of address space alone, until the next major GC.
   *
   * @returns false where it cannot be made to
   */
  beginMarking(): boolean

  /** @returns null as long as V8 marks; how long the app stood still for that GC, ms, where it is over */
  endMarking(): number | null

  close(): void
}

/**
 * Of memory outside of the heap, bytes: with more than 64 MB of new ones V8 begins to mark
 * (`Heap::ReportExternalMemoryPressure`).
 */
const EXTERNAL_BYTES = 80 << 20
/** Bytes of an object that is sampled for sure: missed once in e^8 with the coarsest interval, 512 kB. */
const MARK_BYTES = 4 << 20
/** More than an array's own fields take. */
const MAX_HEADER_BYTES = 64

export class InspectorSession implements HeapSession {
  readonly #connection = new Connection()
  #sampling = false
  /** Since marking began. */
  #gcs: GCProfiler | null = null

  isTaken(): boolean {
    return this.#sampling ? false : this.#post('HeapProfiler.getSamplingProfile') !== null
  }

  start(samplingBytes: number): boolean {
    this.#sampling =
      this.#post('HeapProfiler.startSampling', { samplingInterval: samplingBytes }) !== null
    return this.#sampling
  }

  stop(): void {
    if (!this.#sampling) return
    this.#sampling = false
    // `stopSampling` would answer with a last profile, and force a GC for it.
    this.#post('HeapProfiler.disable')
  }

  read(isCounted = false): HeapReading | null {
    const gcs = new GCProfiler()
    gcs.start()
    const beganMs = performance.now()
    const markBytes = isCounted ? MARK_BYTES : 0
    const mark = new Array<number>(markBytes / 8)
    const result = this.#post('HeapProfiler.getSamplingProfile')
    mark.length = 0
    const pauseMs = performance.now() - beganMs
    // By now heapUsed includes the profile's own text and objects; at the end of the GC it did not.
    const majorGc = majorGcOf(gcs)
    if (result === null || majorGc === undefined) return null
    const { profile } = result as { profile: SampledProfile }
    return {
      profile: isCounted ? withoutMark(profile) : profile,
      liveHeapBytes: majorGc.afterGC.heapStatistics.usedHeapSize - markBytes,
      codeBytes: codeBytesOf(majorGc.afterGC.heapSpaceStatistics),
      taken: youngest(profile.samples),
      pauseMs,
    }
  }

  locate(functions: readonly object[]): Array<FunctionPosition | null> {
    return (
      this.inspect((inspection) =>
        functions.map((fn) => (typeof fn === 'function' ? inspection.locate(fn) : null)),
      ) ?? functions.map(() => null)
    )
  }

  inspect<T>(work: (inspection: Inspection) => T): T | null {
    const inspection = new Inspection(this.#connection.post)
    return inspection.run(() => work(inspection))
  }

  /** The debugger is on for the length of this call only, so nothing can pause. */
  scriptUrls(): Map<string, string> {
    const urls = new Map<string, string>()
    this.#connection.listening(
      'Debugger.scriptParsed',
      ({ scriptId, url }: Debugger.ScriptParsedEventDataType) => urls.set(scriptId, url),
      () => {
        this.#post('Debugger.enable')
        this.#post('Debugger.disable')
      },
    )
    return urls
  }

  beginMarking(): boolean {
    try {
      this.#gcs = new GCProfiler()
      this.#gcs.start()
      const buffer: ArrayBuffer & { transfer?: (bytes: number) => ArrayBuffer } = new ArrayBuffer(
        EXTERNAL_BYTES,
      )
      // Freed at once where Node knows how to, and not by the GC.
      buffer.transfer?.(0)
      return true
    } catch {
      // The process may have no address space left.
      this.endMarking()
      return false
    }
  }

  endMarking(): number | null {
    const gcs = this.#gcs
    this.#gcs = null
    const majorGc = gcs ? majorGcOf(gcs) : undefined
    return majorGc ? majorGc.cost / 1000 : null
  }

  close(): void {
    this.endMarking()
    this.stop()
    this.#connection.close()
  }

  #post(method: string, parameters?: object): object | null {
    return this.#connection.post(method, parameters)
  }
}

export function codeBytesOf(
  spaces: ReadonlyArray<{ spaceName: string; spaceUsedSize: number }>,
): number {
  return spaces
    .filter(
      ({ spaceName }) => spaceName === 'code_space' || spaceName === 'code_large_object_space',
    )
    .reduce((sum, { spaceUsedSize }) => sum + spaceUsedSize, 0)
}

type MajorGc = NonNullable<ReturnType<GCProfiler['stop']>>['statistics'][number]

/** The last since the profiler was started, which stops. */
function majorGcOf(gcs: GCProfiler): MajorGc | undefined {
  return gcs.stop()?.statistics.findLast(({ gcType }) => gcType === 'MarkSweepCompact')
}

/** The highest ordinal among the samples; they are counted from 1. */
function youngest(samples: readonly Sample[]): number {
  return samples.reduce((most, { ordinal }) => Math.max(most, ordinal), 0)
}

/** The mark is the youngest sample of its size: answering may allocate something younger that lives. */
function withoutMark(profile: SampledProfile): SampledProfile {
  const isLike = ({ size }: Sample): boolean =>
    size >= MARK_BYTES && size < MARK_BYTES + MAX_HEADER_BYTES
  const mark = youngest(profile.samples.filter(isLike))
  return { ...profile, samples: profile.samples.filter(({ ordinal }) => ordinal !== mark) }
}
