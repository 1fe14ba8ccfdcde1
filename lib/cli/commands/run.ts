/**
 * `memprof run`: the app as ever, with memprof in it, and the report when it has ended.
 */
import { resolve } from 'node:path'
import { escapeText, MemprofError } from '../../errors'
import { type Command, isSet, type OptionValues, textOf } from './command'
import {
  type AppProcess,
  cannotStart,
  type Ended,
  exitCodeOf,
  launch,
  preloadEnv,
} from '../app/launch'
import { defaultLogPattern, findLogs } from '../log/log-files'
import { readLog } from '../log/read-log'
import { endAs, passSignals } from '../app/signals'
import { openSummary } from '../summary/builder'
import { describeOutput } from '../view/terminal'
import { sourceReader } from '../view/source-file'
import { textReport } from '../view/text-report'

/**
 * For somebody who waits for the answer: readings every 2 s, where a service that runs for weeks has
 * one in 30 s, and five times the share of the time for them. The README's demo has the same.
 */
const DEFAULTS = {
  MEMPROF_LEAK_INTERVAL: '2s',
  MEMPROF_PAUSE_BUDGET: '0.05',
  MEMPROF_INTERVAL: '5s',
}

export const run: Command = {
  usage: 'run [options] [--] node app.js',
  description:
    'Runs the app with memprof in it, keeps the log in a file, and prints the report when the app ends.\n' +
    "The app's input, output, signals and exit code are its own; memprof writes to stderr alone.\n" +
    `The live heap is read every ${DEFAULTS.MEMPROF_LEAK_INTERVAL}, so that a minute of traffic tells; ` +
    'in production the preload reads every 30s.',
  passesThrough: true,
  options: {
    log: {
      type: 'string',
      placeholder: 'FILE',
      meaning: 'where the log goes; %p is the process id (default memprof-<time>-%p.ndjson)',
    },
    'leak-interval': {
      type: 'string',
      placeholder: 'T',
      meaning: `how often the live heap is read (default ${DEFAULTS.MEMPROF_LEAK_INTERVAL})`,
    },
    interval: {
      type: 'string',
      placeholder: 'T',
      meaning: `how often lines are written (default ${DEFAULTS.MEMPROF_INTERVAL})`,
    },
    'no-report': { type: 'boolean', meaning: 'keep the log, print no report' },
  },
  examples: [
    ['memprof run app.js', 'a script; send traffic, then Ctrl-C'],
    ['memprof run npm start', 'whatever starts the app; each Node process of it that serves'],
    ['memprof run --leak-interval 10s -- node --max-old-space-size=512 app.js', 'options for both'],
  ],
  async run({ values, positionals }) {
    if (positionals.length === 0) {
      throw new MemprofError('ERR_MEMPROF_USAGE', {
        problem: 'memprof run needs an app to run',
        advice: 'Write memprof run app.js, or memprof run -- node app.js.',
      })
    }
    const startedMs = Date.now()
    const pattern = choosePattern(values, process.env, new Date(startedMs))
    if (pattern !== null) say(`the log goes to ${pattern}; the report follows when the app ends`)
    const env = preloadEnv(process.env, DEFAULTS, chosenSettings(values, pattern))
    const ended = await runApp(positionals, env)
    if (pattern === null) {
      say('no report: MEMPROF_DESTINATION has sent the lines past it; --log FILE keeps them')
    } else if (!isSet(values, 'no-report')) await printReport(pattern, startedMs)
    endAs(ended)
    return exitCodeOf(ended)
  },
}

/** @returns null where the user sends the lines elsewhere than to a file */
function choosePattern(values: OptionValues, env: NodeJS.ProcessEnv, now: Date): string | null {
  const wanted = textOf(values, 'log') ?? env['MEMPROF_DESTINATION']?.trim()
  if (wanted === undefined || wanted === '') return defaultLogPattern(now)
  return /^std(out|err)$/i.test(wanted) ? null : wanted
}

/** Settings from the options of the command; they win over the environment. */
function chosenSettings(values: OptionValues, pattern: string | null): Record<string, string> {
  const settings: Record<string, string> = {}
  // The app, or what starts it, may run in another folder.
  if (pattern !== null) settings['MEMPROF_DESTINATION'] = resolve(pattern)
  const leakInterval = textOf(values, 'leak-interval')
  if (leakInterval !== undefined) settings['MEMPROF_LEAK_INTERVAL'] = leakInterval
  const interval = textOf(values, 'interval')
  if (interval !== undefined) settings['MEMPROF_INTERVAL'] = interval
  return settings
}

async function runApp(words: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  let app: AppProcess | null = null
  const release = passSignals((signal) => app?.child.kill(signal))
  try {
    app = launch(words, env, { stdio: 'inherit' })
    return await app.ended
  } catch (error) {
    throw cannotStart(words[0]!, error)
  } finally {
    release()
  }
}

/**
 * On stderr: stdout is the app's, and whoever reads it expects the app's alone.
 */
async function printReport(pattern: string, startedMs: number): Promise<void> {
  const files = findLogs(pattern, startedMs)
  // A log that was there before has the lines of earlier runs too.
  const builder = openSummary({ since: startedMs })
  const counts = await readLog(files, builder)
  const summary = builder.summary()
  if (summary.instances.length === 0) {
    say('nothing was recorded: no process of the app listened as an HTTP server')
    return
  }
  const output = describeOutput(process.stderr, process.env)
  const report = textReport(summary, counts, output, sourceReader(process.cwd()))
  process.stderr.write(`\n${report}\n\n`)
  const names = files.length === 1 ? files[0]! : pattern.replaceAll(/%[pt]/g, '*')
  say(`memprof report ${shortest(names)} prints this again`)
}

function shortest(file: string): string {
  const here = `${process.cwd()}/`
  return file.startsWith(here) ? file.slice(here.length) : file
}

function say(message: string): void {
  process.stderr.write(`memprof: ${escapeText(message, 1000)}\n`)
}
