/**
 * The table of commands. Each is a module of its own, loaded when it is called.
 */
import type { Command } from './command'

interface CommandEntry {
  /** What the command does, in a line for the general help. */
  readonly summary: string
  readonly load: () => Command
}

export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  run: {
    summary: 'an app with memprof in it, and the report when it ends',
    load: () => (require('./run') as typeof import('./run')).run,
  },
  check: {
    summary: 'a test for CI: which of these URLs leaks, and by how much',
    load: () => (require('./check') as typeof import('./check')).check,
  },
  report: {
    summary: 'what logs say: verdicts, routes, memory over time',
    load: () => (require('./report') as typeof import('./report')).report,
  },
  top: {
    summary: 'a log as it grows: rates, memory, routes and verdicts, live',
    load: () => (require('./top') as typeof import('./top')).top,
  },
}
