/**
 * Standing between a terminal, or a supervisor, and the app: each signal reaches the app once, and
 * the app's own end becomes ours.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { type Ended, exitCodeOf } from './launch'

/**
 * What is not ours to pass on: what nobody can catch, faults of this process itself, what concerns
 * its own children and pipes, and what stops and resumes a job: the shell sends those to all of it.
 */
const KEPT = new Set<NodeJS.Signals>([
  'SIGKILL',
  'SIGSTOP',
  'SIGSEGV',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
  'SIGTRAP',
  'SIGSYS',
  'SIGPROF',
  'SIGCHLD',
  'SIGPIPE',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
])

/** What a terminal sends to every process of its foreground group, the app among them. */
const FROM_TERMINAL = new Set<NodeJS.Signals>(['SIGINT', 'SIGQUIT', 'SIGWINCH'])

/**
 * Passes each signal on to the app, except those that it gets from the terminal at the same time: a
 * Ctrl-C that came twice would be taken by many for "at once".
 *
 * @param send - a signal to the app
 * @returns the function that ends it
 */
export function passSignals(send: (signal: NodeJS.Signals) => void): () => void {
  const handlers = new Map<NodeJS.Signals, () => void>()
  const numbers = new Set<number>()
  for (const [name, number] of Object.entries(constants.signals)) {
    const signal = name as NodeJS.Signals
    // SIGIOT is SIGABRT once more, SIGPOLL is SIGIO.
    if (KEPT.has(signal) || numbers.has(number)) continue
    numbers.add(number)
    const handler = (): void => {
      if (FROM_TERMINAL.has(signal) && inForeground()) return
      send(signal)
    }
    try {
      process.on(signal, handler)
      handlers.set(signal, handler)
    } catch {
      // This system has the name, and no way to catch it.
    }
  }
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler)
  }
}

/**
 * Whether this process, and with it the app, is in the foreground of a terminal: what is typed there
 * reaches both. A `kill -INT` from elsewhere cannot be told from Ctrl-C then.
 */
function inForeground(): boolean {
  try {
    // pid (name) state ppid pgrp session tty_nr tpgid …: the name may hold anything.
    const stat = readFileSync('/proc/self/stat', 'utf8')
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return group === foreground
  } catch {
    return foregroundByPs()
  }
}

/** Where there is no /proc: `ps` marks the foreground by a `+`. */
function foregroundByPs(): boolean {
  try {
    return execFileSync('ps', ['-o', 'stat=', '-p', String(process.pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).includes('+')
  } catch {
    return process.stdin.isTTY || process.stdout.isTTY
  }
}

/** Ends this process as the app ended: by the same code, or by the same signal. */
export function endAs(ended: Ended): void {
  process.exitCode = exitCodeOf(ended)
  // The first process of a container is not ended by its own signal: the code of a shell stands in.
  if (ended.signal !== null) process.kill(process.pid, ended.signal)
}
