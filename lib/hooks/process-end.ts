/**
 * The ways a process ends, so that the last lines are written first.
 *
 * SIGTERM, SIGINT and SIGHUP end a process that has no handler without running any JavaScript. For
 * these we stand in: write, then raise the same signal with no handler left, so that the parent sees
 * the same death. As soon as the app installs a handler of its own, ours is gone: whether the process
 * ends is then the app's decision, and `exit` tells.
 */
import { isMainThread } from 'node:worker_threads'
import type { Unpatch } from './patch'

const FATAL_SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP']

/**
 * @param onEnd - called once, synchronously, as the last thing; `reason` is `exit` or the signal
 */
export function watchProcessEnd(onEnd: (reason: string) => void): Unpatch {
  const ours = new Map<NodeJS.Signals, NodeJS.SignalsListener>()
  const onExit = (): void => onEnd('exit')

  function stepAside(signal: NodeJS.Signals): void {
    const handler = ours.get(signal)
    if (!handler) return
    ours.delete(signal)
    process.removeListener(signal, handler)
  }

  const onNewListener = (event: string | symbol, listener: unknown): void => {
    const signal = event as NodeJS.Signals
    if (ours.has(signal) && ours.get(signal) !== listener) stepAside(signal)
  }

  process.on('exit', onExit)
  // Signals are delivered to the main thread only.
  if (isMainThread) {
    for (const signal of FATAL_SIGNALS) {
      if (process.listenerCount(signal) > 0) continue
      const handler = (): void => {
        onEnd(signal)
        stepAside(signal)
        process.kill(process.pid, signal)
      }
      ours.set(signal, handler)
      process.on(signal, handler)
    }
    // Before Node's own, which starts to listen for a signal at its first listener: ours must be gone
    // by then, or the app's would be added to a signal that is no longer listened for.
    const listeners: NodeJS.EventEmitter = process
    listeners.prependListener('newListener', onNewListener)
  }

  return () => {
    process.removeListener('exit', onExit)
    process.removeListener('newListener', onNewListener)
    for (const signal of ours.keys()) stepAside(signal)
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
