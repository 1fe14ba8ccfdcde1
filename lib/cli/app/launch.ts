/**
 * Starts an app with memprof in it: the words a user typed after the options, run as they would be
 * without us, with the preload in NODE_OPTIONS so that every Node process below loads it.
 */
import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { escapeText, MemprofError } from '../../errors'

/** dist/register, from dist/lib/cli/app: a path, for the app to load, never loaded here. */
const PRELOAD = join(__dirname, '../../../register/index.js')

const SCRIPT = /\.[cm]?[jt]sx?$/

/** How a process ended: one of the two is null. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface AppProcess {
  readonly child: ChildProcess
  /** Resolves when the process is gone. Rejects with the system's error where it never started. */
  readonly ended: Promise<Ended>
}

/** The command behind the words: `app.js` alone is run by this Node. */
export function commandOf(words: readonly string[]): { command: string; args: string[] } {
  const [first = '', ...rest] = words
  const isScript = SCRIPT.test(first) && existsSync(first) && statSync(first).isFile()
  return isScript ? { command: process.execPath, args: [...words] } : { command: first, args: rest }
}

/**
 * The environment with the preload in it, before whatever else NODE_OPTIONS loads.
 *
 * @param defaults - settings of memprof that the environment does not have yet
 * @param forced - settings that it may have, and has not
 */
export function preloadEnv(
  env: NodeJS.ProcessEnv,
  defaults: Readonly<Record<string, string>>,
  forced: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  const theirs = env['NODE_OPTIONS']
  const ours = `--require ${quoteOption(PRELOAD)}`
  return {
    ...defaults,
    ...env,
    ...forced,
    NODE_OPTIONS: theirs === undefined || theirs === '' ? ours : `${ours} ${theirs}`,
  }
}

/**
 * One value as NODE_OPTIONS takes it: split at spaces, except between double quotes, where a
 * backslash keeps the character after it (doc/api/cli.md of Node, NODE_OPTIONS).
 */
export function quoteOption(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}

export function launch(
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  options: { readonly stdio: StdioOptions; readonly detached?: boolean },
): AppProcess {
  const { command, args } = commandOf(words)
  const child = spawn(command, args, { env, ...options })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  return { child, ended }
}

/** The usual reasons in words; the system's otherwise. */
export function cannotStart(command: string, error: unknown): MemprofError {
  const { code, message } = error as NodeJS.ErrnoException
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such command',
    EACCES: 'it is no program',
  }
  return new MemprofError(
    'ERR_MEMPROF_USAGE',
    {
      problem: `${escapeText(command, 200)} cannot be started: ${reasons[code ?? ''] ?? message}`,
      advice: 'A script is named by its file, app.js; anything else is run as a command.',
    },
    { cause: error },
  )
}

/** Exit code of a shell for a program that died by a signal. */
export function exitCodeOf({ code, signal }: Ended): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal])
}
