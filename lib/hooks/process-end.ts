/**
 * The ways a process ends, so that the last lines are written first.
 *
 * SIGTERM, SIGINT and SIGHUP end a process that has no handler without running any JavaScript. For
 * these we stand in: write, then raise the same signal with no handler left, so that the parent sees
 * the same death. As soon as the app installs a handler of its own, ours is gone: whether the process
 * ends is then the app's decision, and `exit` tells, or one of the calls in `ending-calls.ts`.
 */
import { EventEmitter } from 'node:events'
import { isMainThread } from 'node:worker_threads'
import { watchEndingCalls } from './ending-calls'
import type { Unpatch } from './patch'

const FATAL_SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP']

// Taken before the app can replace them after this: a signal must end the process whatever it does.
const { kill, pid } = process
const { listenerCount, on, prependListener, removeListener } = EventEmitter.prototype

export interface ProcessEnd {
  /**
   * Whether signals reach our handlers, if there are any. Node delivers them through `process.emit`:
   * where the app has put another function there, which may not pass them on, our handlers step aside.
   */
  isHeard(): boolean
  readonly unwatch: Unpatch
}

interface StandIn {
  readonly signal: NodeJS.Signals
  readonly handler: () => void
  stands: boolean
}

/**
 * @param onEnd - called once, synchronously, as the last thing; `reason` is `exit` or the signal
 */
export function watchProcessEnd(onEnd: (reason: string) => void): ProcessEnd {
  const { emit } = process
  const standIns: StandIn[] = []
  const onExit = (): void => onEnd('exit')

  /** @returns whether it stood */
  function stepAside(standIn: StandIn): boolean {
    if (!standIn.stands) return false
    standIn.stands = false
    withEmit(emit, () => removeListener.call(process, standIn.signal, standIn.handler))
    return true
  }

  /** @returns whether any stood */
  function stepAsideFromAll(): boolean {
    let stood = false
    for (let at = 0; at < standIns.length; at++) stood = stepAside(standIns[at]!) || stood
    return stood
  }

  function isHandledByApp(signal: NodeJS.Signals): boolean {
    let ours = 0
    for (let at = 0; at < standIns.length; at++) {
      if (standIns[at]!.signal === signal && standIns[at]!.stands) ours++
    }
    return listenerCount.call(process, signal) > ours
  }

  function standInFor(signal: NodeJS.Signals): void {
    const standIn: StandIn = { signal, handler: end, stands: true }
    function end(): void {
      try {
        onEnd(signal)
      } finally {
        stepAside(standIn)
        kill(pid, signal)
      }
    }
    standIns[standIns.length] = standIn
    on.call(process, signal, end)
  }

  const onNewListener = (event: unknown, listener: unknown): void => {
    for (let at = 0; at < standIns.length; at++) {
      const standIn = standIns[at]!
      if (standIn.signal === event && standIn.handler !== listener) stepAside(standIn)
    }
  }

  on.call(process, 'exit', onExit)
  // Signals are delivered to the main thread only.
  if (isMainThread) {
    for (const signal of FATAL_SIGNALS) {
      if (process.listenerCount(signal) === 0) standInFor(signal)
    }
    // Before Node's own, which starts to listen for a signal at its first listener: ours must be gone
    // by then, or the app's would be added to a signal that is no longer listened for.
    prependListener.call(process, 'newListener', onNewListener)
  }
  const unwatchCalls = watchEndingCalls(isHandledByApp, onEnd)

  return {
    isHeard: () => process.emit === emit || !stepAsideFromAll(),
    unwatch() {
      removeListener.call(process, 'exit', onExit)
      removeListener.call(process, 'newListener', onNewListener)
      stepAsideFromAll()
      unwatchCalls()
    },
  }
}

/**
 * Runs `work` with that function as `process.emit`: by it Node hears that a signal's last listener has
 * left, and gives the signal back to the system.
 */
function withEmit(emit: typeof process.emit, work: () => void): void {
  const theirs = Object.getOwnPropertyDescriptor(process, 'emit')
  if (process.emit === emit) return work()
  Object.defineProperty(process, 'emit', { value: emit, configurable: true })
  try {
    work()
  } finally {
    if (theirs) Object.defineProperty(process, 'emit', theirs)
    else Reflect.deleteProperty(process, 'emit')
  }
}

/** Calls `onSignal` at each signal; the handler of MEMPROF_SIGNAL. */
export function watchSignal(signal: NodeJS.Signals, onSignal: () => void): Unpatch {
  if (!isMainThread) return () => {}
  process.on(signal, onSignal)
  return () => {
    process.removeListener(signal, onSignal)
  }
}
