/**
 * The calls by which a process ends itself, and no event tells of it:
 *
 *     process._kill(pid, signal)   a signal to itself that nothing handles. A handler that has done its
 *                                  work is removed and raises the signal again: NestJS's shutdown
 *                                  hooks, signal-exit, the recipe of nodemon
 *     process.abort()
 *     process.reallyExit(code)     what process.exit calls after `exit`: called by itself, or after an
 *                                  `exit` that a function in the place of process.emit has swallowed
 *
 * Node calls the first and the last as properties of `process`, arguments checked. So process.kill and
 * process.exit stay as they are, whoever has taken them before, and one that the app puts in their place
 * and that ends nothing is not seen here.
 *
 * Not seen: a signal to a process group that is not the process's own by its number, and process.execve,
 * of which nobody knows before whether it will succeed.
 */
import { constants } from 'node:os'
import { isMainThread } from 'node:worker_threads'
import { apply, patch, type Unpatch } from './patch'

/**
 * What ends a process that does not handle it, on every system but Windows, as Node leaves it: those that
 * signal-exit 3 and 4 raise again, and SIGKILL. SIGIOT is another name of SIGABRT. Not among them: SIGUSR1
 * and SIGPIPE, which Node handles and ignores, SIGPROF, which V8's profiler does.
 */
const ENDING_SIGNALS = (
  [
    'SIGTERM',
    'SIGINT',
    'SIGHUP',
    'SIGQUIT',
    'SIGKILL',
    'SIGABRT',
    'SIGIOT',
    'SIGUSR2',
    'SIGALRM',
    'SIGVTALRM',
    'SIGTRAP',
    'SIGSYS',
    'SIGXCPU',
  ] as const
).map((name) => ({ name, number: constants.signals[name] }))

/** The kernel keeps process 1 of a container from what it does not handle, SIGKILL by itself included. */
const INIT_PID = 1

const { pid, platform } = process
/** Windows ends a process by some signals whatever handles them, and knows no others. */
const areSignalsKnown = isMainThread && platform !== 'win32' && pid !== INIT_PID

type RawKill = (target: unknown, signal: unknown) => unknown

/**
 * @param isHandled - whether the app handles the signal
 * @param onEnd - called synchronously before the process ends; `reason` is `exit` or the signal
 */
export function watchEndingCalls(
  isHandled: (signal: NodeJS.Signals) => boolean,
  onEnd: (reason: string) => void,
): Unpatch {
  const undo: Unpatch[] = []

  /** @param reasonOf - why the process ends by a call with these arguments; null where it does not */
  function watch(
    name: string,
    reasonOf: (args: unknown[], original: RawKill) => string | null,
  ): void {
    try {
      undo[undo.length] = patch(process, name, (original) => {
        return function (this: unknown, ...args: unknown[]): unknown {
          try {
            const reason = reasonOf(args, original)
            if (reason !== null) onEnd(reason)
          } catch {
            // The process ends with the next line, and nobody could be told.
          }
          return apply(original, this, args)
        }
      })
    } catch {
      // The app has frozen `process`, or this Node has no such function: the end is not seen.
    }
  }

  function endingSignal(number: unknown): string | null {
    let ending: string | null = null
    for (let at = 0; at < ENDING_SIGNALS.length; at++) {
      const signal = ENDING_SIGNALS[at]!
      if (signal.number !== number) continue
      if (isHandled(signal.name)) return null
      ending ??= signal.name
    }
    return ending
  }

  // In a worker, process.abort throws, and what the main thread handles is not known.
  if (areSignalsKnown) {
    watch('_kill', (args, kill) => {
      const signal = endingSignal(args[1])
      return signal !== null && isOwn(args[0], kill) ? signal : null
    })
  }
  if (isMainThread) watch('abort', () => 'SIGABRT')
  watch('reallyExit', () => 'exit')
  return () => {
    for (let at = 0; at < undo.length; at++) undo[at]!()
  }
}

/**
 * Whether a signal to that target reaches this process: to itself, to its own group (0), or to the group
 * of its number, if there is one.
 */
function isOwn(target: unknown, kill: RawKill): boolean {
  const number = typeof target === 'string' ? Number(target) : target
  return number === pid || number === 0 || (number === -pid && kill(number, 0) === 0)
}
