/**
 * The one user of the inspector: V8's sampling heap profiler, read in the process itself.
 *
 * No port is opened and no debugger attached. Only one sampling heap profiler can run per isolate, and
 * the inspector reports no error when a second one starts: it is asked for beforehand.
 */
import { type Runtime, Session } from 'node:inspector'
import { performance } from 'node:perf_hooks'
import { GCProfiler } from 'node:v8'
import type { SampledProfile } from './sites'

/** Where a function's text begins: line and column from 0, as V8 counts. */
export interface FunctionPosition {
  readonly scriptId: string
  readonly lineNumber: number
  readonly columnNumber: number
}

export interface HeapReading {
  readonly profile: SampledProfile
  /** heapUsed right after the full collection that the reading forces; bytes. */
  readonly liveHeapBytes: number
  /** Time the process stood still. */
  readonly pauseMs: number
}

const HANDOFF = Symbol('memprof.handoff')

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
   * @returns null when the profiler was stopped by somebody else
   */
  read(): HeapReading | null {
    const collections = new GCProfiler()
    collections.start()
    const beganMs = performance.now()
    const result = this.#post('HeapProfiler.getSamplingProfile')
    const pauseMs = performance.now() - beganMs
    // The profile's own text and objects are garbage by now: heapUsed is taken from the collection.
    const full = collections
      .stop()
      ?.statistics.findLast(({ gcType }) => gcType === 'MarkSweepCompact')
    if (result === null || full === undefined) return null
    const { profile } = result as { profile: SampledProfile }
    return { profile, liveHeapBytes: full.afterGC.heapStatistics.usedHeapSize, pauseMs }
  }

  /**
   * Where each function begins; null for natives. Runs no code of theirs.
   * About 20 us for each.
   */
  locate(functions: readonly object[]): Array<FunctionPosition | null> {
    if (functions.length === 0) return []
    const found: Array<FunctionPosition | null> = functions.map(() => null)
    // Handed over by way of a global that exists for the length of one synchronous call.
    Object.defineProperty(globalThis, HANDOFF, { value: functions, configurable: true })
    const symbols = 'Object.getOwnPropertySymbols(globalThis)'
    const list = this.#post('Runtime.evaluate', {
      expression: `globalThis[${symbols}.find(s=>s.description==='memprof.handoff')]`,
      objectGroup: 'memprof',
    }) as Runtime.EvaluateReturnType | null
    delete (globalThis as { [HANDOFF]?: unknown })[HANDOFF]
    const objectId = list?.result.objectId
    if (objectId) {
      for (const { name, value } of this.#properties(objectId)?.result ?? []) {
        const at = Number(name)
        if (value?.type !== 'function' || !value.objectId || !(at < found.length)) continue
        const location = this.#properties(value.objectId)?.internalProperties?.find(
          (property) => property.name === '[[FunctionLocation]]',
        )
        found[at] = (location?.value?.value as FunctionPosition | undefined) ?? null
      }
    }
    this.#post('Runtime.releaseObjectGroup', { objectGroup: 'memprof' })
    return found
  }

  close(): void {
    this.stop()
    this.#session.disconnect()
  }

  #properties(objectId: string): Runtime.GetPropertiesReturnType | null {
    return this.#post('Runtime.getProperties', {
      objectId,
      ownProperties: true,
    }) as Runtime.GetPropertiesReturnType | null
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
