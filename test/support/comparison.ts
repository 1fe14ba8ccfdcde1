/** A project's own tests, run without memprof and with it: which of them fail only with it. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { cleanEnv } from './app'
import { REGISTER } from './files'
import { parseReport, type Report } from './reports'

export interface CompareOptions {
  readonly folder: string
  /** The command and its arguments; its report goes to stdout. */
  readonly command: readonly string[]
  /** Where memprof writes instead of into the report. */
  readonly logFolder: string
  /** One run, at most, ms. */
  readonly limitMs: number
}

export interface Comparison {
  readonly without: Report
  readonly shown: Report
  /** Passed without memprof, and failed or were missing with it, both times. */
  readonly newlyFailing: string[]
  /** Differed once, and not when both were run again. */
  readonly flaky: string[]
}

interface Run {
  readonly report: Report
  readonly text: string
}

/** Intervals short enough to fall within a run of some seconds. */
function preload(logFolder: string): Record<string, string> {
  return {
    NODE_OPTIONS: `-r ${REGISTER}`,
    MEMPROF_DESTINATION: join(logFolder, 'memprof-%p-%t.log'),
    MEMPROF_INTERVAL: '500ms',
    MEMPROF_LEAK_INTERVAL: '1s',
    MEMPROF_LEVEL: 'debug',
  }
}

function run(options: CompareOptions, env: Record<string, string>): Promise<Run> {
  const [program = '', ...args] = options.command
  const child = spawn(program, args, {
    cwd: options.folder,
    env: cleanEnv(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, ended as one when it takes too long.
    detached: process.platform !== 'win32',
  })
  const limit = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), options.limitMs)
  let text = ''
  const note = (part: string): void => {
    text += part
  }
  child.stdout.setEncoding('utf8').on('data', note)
  // The end of what went wrong, where nothing could be read.
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    errors = (errors + part).slice(-4000)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => {
      clearTimeout(limit)
      resolve({ report: parseReport(text), text: text.slice(-4000) + errors })
    })
  })
}

/** Those that passed in `before` and did not in `after`. */
export function lostTests(before: Report, after: Report): string[] {
  return [...before]
    .filter(([title, outcome]) => outcome === 'passed' && after.get(title) !== 'passed')
    .map(([title]) => title)
}

/**
 * Two runs, and two more where they differ.
 *
 * @throws Error when no test could be read from the run without memprof
 */
export async function compare(options: CompareOptions): Promise<Comparison> {
  const env = preload(options.logFolder)
  const { report: without, text } = await run(options, {})
  if (without.size === 0) throw new Error(`no test was reported:\n${text}`)
  const { report: shown } = await run(options, env)
  const suspects = lostTests(without, shown)
  if (suspects.length === 0) return { without, shown, newlyFailing: [], flaky: [] }
  const { report: withoutAgain } = await run(options, {})
  const { report: shownAgain } = await run(options, env)
  const lostAgain = new Set(lostTests(withoutAgain, shownAgain))
  return {
    without,
    shown,
    newlyFailing: suspects.filter((title) => lostAgain.has(title)),
    flaky: suspects.filter((title) => !lostAgain.has(title)),
  }
}
