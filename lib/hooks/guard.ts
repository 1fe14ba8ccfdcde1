/**
 * Stands between the hooks and the listener: no error of memprof's reaches the app, and nothing is
 * told once memprof is off. The one `try` around what hooks do while the app runs.
 */
import type { ServerResponse } from 'node:http'
import type { AnyFunction, HookListener, LayerInfo, Trampoline } from './listener'
import type { Unpatch } from './patch'

type EndingObserver = (res: ServerResponse) => void

export class Guard {
  /** To be called from guarded functions alone. */
  readonly listener: HookListener
  /** Tells of a layer about to run; returns the trampoline to run it through. */
  readonly enterLayer: (res: object, layer: LayerInfo) => Trampoline | null
  /** Tells that the framework's last resort answers: no layer did. */
  readonly nothingMatched: (res: object) => void
  #endingObservers: readonly EndingObserver[] = []

  constructor(listener: HookListener) {
    this.listener = listener
    this.enterLayer = this.guarded('layer', (res, layer) => listener.layerEntered(res, layer))
    this.nothingMatched = this.guarded('nothing matched', (res) => listener.nothingMatched(res))
  }

  /** False once memprof is off: the hooks call the originals and return. */
  get active(): boolean {
    return this.listener.active
  }

  /**
   * `work` as a hook may call it. What it throws is told, once, and `null` is its result then, as it
   * is where memprof is off. Each argument by itself: an array per call would be garbage per request.
   *
   * @param where - what memprof was doing, for the line that tells of an error
   * @param work - a function of up to four arguments
   */
  guarded<A extends readonly unknown[], R>(
    where: string,
    work: (...args: A) => R,
  ): (...args: A) => R | null {
    const { listener } = this
    const call: AnyFunction = work
    const guarded = (a: unknown, b: unknown, c: unknown, d: unknown): R | null => {
      if (!listener.active) return null
      try {
        return call(a, b, c, d) as R
      } catch (error) {
        listener.hookFailed(where, error)
        return null
      }
    }
    return guarded as AnyFunction
  }

  /** `observe` is called before each end of a response: some routes are known only then. */
  onResponseEnding(observe: EndingObserver): Unpatch {
    this.#endingObservers = [...this.#endingObservers, observe]
    return () => {
      this.#endingObservers = this.#endingObservers.filter((one) => one !== observe)
    }
  }

  responseEnding(res: ServerResponse): void {
    const observers = this.#endingObservers
    for (let at = 0; at < observers.length; at++) observers[at]!(res)
  }
}
