/**
 * stdout and stderr, which memprof shares with the app, for writing without ever waiting for whoever
 * reads them.
 */
import { constants, fstatSync, openSync } from 'node:fs'
import { isatty } from 'node:tty'
import { isMainThread } from 'node:worker_threads'

export interface SharedStream {
  readonly descriptor: number
  /** Opened here, and to be closed by whoever asked. */
  readonly own: boolean
}

/** Windows has neither. */
const REOPEN_FLAGS = constants.O_WRONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)

/**
 * A pipe or terminal is opened a second time, where the system allows it: the mode is then ours alone,
 * and the app's own writes stay as they are. A socket, as a supervisor written in Node or systemd's
 * journal gives one, cannot be: there Node's own stream is made, which no longer waits from then on, as
 * the app's first `console.log` would make it. Files never wait for a reader.
 */
export function openShared(name: 'stdout' | 'stderr'): SharedStream {
  const descriptor = name === 'stdout' ? 1 : 2
  const shared = { descriptor, own: false }
  try {
    if (process.platform === 'win32') return shared
    const stats = fstatSync(descriptor)
    const isPipe = stats.isFIFO()
    if (isPipe || isatty(descriptor)) {
      const again = reopen(descriptor)
      if (again !== null) return { descriptor: again, own: true }
    }
    // In a worker the stream is another thread's.
    if ((isPipe || stats.isSocket()) && isMainThread) void process[name]
  } catch {
    // Closed: the first write says so.
  }
  return shared
}

/** Null where there is no /proc, or not permitted. */
function reopen(descriptor: number): number | null {
  try {
    return openSync(`/proc/self/fd/${descriptor}`, REOPEN_FLAGS)
  } catch {
    return null
  }
}
