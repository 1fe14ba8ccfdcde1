/** A listener of hooks that keeps what it is told, and hands out one trampoline. */
import type { AnyFunction, HookListener, LayerInfo, Trampoline } from '../../lib/hooks/listener'

export interface FakeListener extends HookListener {
  readonly entered: Array<[res: object, layer: LayerInfo]>
  readonly unmatched: object[]
  readonly failures: Array<[where: string, error: unknown]>
  /** Functions that were called through the trampoline. */
  readonly called: AnyFunction[]
}

export function fakeListener({ active = true }: { active?: boolean } = {}): FakeListener {
  const called: AnyFunction[] = []
  const call = (fn: AnyFunction, self: unknown, ...args: unknown[]): unknown => {
    called.push(fn)
    return fn.apply(self, args) as unknown
  }
  const trampoline: Trampoline = { call1: call, call2: call, call3: call, call4: call }
  const entered: FakeListener['entered'] = []
  const unmatched: object[] = []
  const failures: FakeListener['failures'] = []
  return {
    entered,
    unmatched,
    failures,
    called,
    active,
    serverListening() {},
    requestStarted: () => trampoline,
    requestUpgraded() {},
    responseFinished: () => trampoline,
    responseClosed() {},
    streamStarted: () => trampoline,
    streamAnswered() {},
    streamClosed: () => trampoline,
    layerEntered(res, layer) {
      entered.push([res, layer])
      return trampoline
    },
    unitBegan: () => null,
    nothingMatched: (res) => void unmatched.push(res),
    hookFailed: (where, error) => void failures.push([where, error]),
  }
}
