/**
 * `memprof report`: what logs say, for a person, another program, or an issue.
 */
import { writeFileSync } from 'node:fs'
import { printableJson } from '../../emit/printable-json'
import { escapeText, MemprofError } from '../../errors'
import { nearestName } from '../../config/nearest-name'
import { type Command, EXIT, isSet, textOf } from './command'
import { readLog } from '../log/read-log'
import { openSummary } from '../summary/builder'
import type { LogSummary } from '../summary/summary'
import { describeOutput } from '../view/terminal'
import { htmlReport } from '../view/html'
import { markdownReport } from '../view/markdown-report'
import { formatBytes } from '../view/numbers'
import { nothingToReport } from '../view/overview'
import { sourceReader } from '../view/source-file'
import { textReport } from '../view/text-report'

export const report: Command = {
  usage: 'report [file… or -] [options]',
  description:
    "Reads logs of any size, plain or gzip, of one process or many, mixed with other programs' lines:\n" +
    'verdicts first, then the routes, then the memory over time. Without a file: standard input.',
  options: {
    html: {
      type: 'string',
      placeholder: 'F',
      meaning: 'a page for a browser, in one file to keep or send; - for standard output',
    },
    json: { type: 'boolean', meaning: 'all that is known, with exact numbers' },
    markdown: { type: 'boolean', meaning: 'for an issue or a pull request' },
    since: {
      type: 'string',
      placeholder: 'T',
      meaning: 'leave out what is older: 30m, 2h or 1d before now, or 2026-11-22T14:00',
    },
    route: {
      type: 'string',
      placeholder: 'R',
      meaning: "one route alone: 'GET /users/:id', or /users/:id",
    },
  },
  examples: [
    ['memprof report app.log', 'the verdicts of a log'],
    ['memprof report --since 2h /var/log/shop/*.log.gz', 'of all processes, the last two hours'],
    ['kubectl logs deploy/shop | memprof report', 'from another program'],
    ['memprof report --html report.html app.log', 'charts, and a table that sorts'],
    ["memprof report --markdown --route 'GET /search' app.log", 'for the issue about it'],
    ["memprof report --json app.log | jq '.leaks[].holders'", 'for a program'],
  ],
  async run({ values, positionals }) {
    const page = textOf(values, 'html')
    const kinds = ['html', 'json', 'markdown'].filter((kind) => values[kind] !== undefined)
    if (kinds.length > 1) {
      throw new MemprofError('ERR_MEMPROF_USAGE', {
        problem: `--${kinds[0]} and --${kinds[1]} are two reports`,
        advice: 'Ask for one.',
      })
    }
    const since = textOf(values, 'since')
    const inputs = positionals.length === 0 ? ['-'] : positionals
    if (inputs[0] === '-' && process.stdin.isTTY) {
      throw new MemprofError('ERR_MEMPROF_USAGE', {
        problem: 'memprof report was given no log',
        advice: 'Name a file, or pipe one in: node -r memprof/register app.js | memprof report.',
      })
    }
    const builder = openSummary(since === undefined ? {} : { since: timeOf(since, Date.now()) })
    const counts = await readLog(inputs, builder)
    const all = builder.summary()
    const nothing = nothingToReport(all, counts)
    if (nothing !== null) throw new MemprofError('ERR_MEMPROF_USAGE', nothing)
    const wanted = textOf(values, 'route')
    const summary = wanted === undefined ? all : onlyRoute(all, wanted)
    if (page !== undefined) {
      writePage(page, htmlReport(summary, counts))
      return EXIT.done
    }
    print(
      isSet(values, 'json')
        ? printableJson(JSON.stringify({ ...summary, read: counts }, null, 2))
        : isSet(values, 'markdown')
          ? markdownReport(summary, counts)
          : textReport(
              summary,
              counts,
              describeOutput(process.stdout, process.env),
              sourceReader(process.cwd()),
            ),
    )
    return EXIT.done
  },
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** @throws MemprofError ERR_MEMPROF_DESTINATION when the file cannot be written */
function writePage(file: string, html: string): void {
  if (file === '-') {
    process.stdout.write(html)
    return
  }
  try {
    writeFileSync(file, html)
  } catch (error) {
    const reason = (error as Error).message
    throw new MemprofError(
      'ERR_MEMPROF_DESTINATION',
      { destination: file, reason, instead: 'no page is written' },
      { cause: error },
    )
  }
  const size = formatBytes(Buffer.byteLength(html))
  process.stderr.write(
    `memprof: ${escapeText(file, 1000)} (${size}) is written; open it in a browser\n`,
  )
}

const MS_PER: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/**
 * `2h` before `now`, or a date that JavaScript reads, in local time where it names no zone.
 *
 * @throws MemprofError ERR_MEMPROF_USAGE
 */
function timeOf(text: string, now: number): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*([smhd])$/.exec(text) ?? []
  if (amount !== undefined) return now - Number(amount) * MS_PER[unit!]!
  // A bare number would be read as a year, or a month.
  const time = /^\d{4}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isFinite(time)) return time
  throw new MemprofError('ERR_MEMPROF_USAGE', {
    problem: `--since takes a time, got ${escapeText(text)}`,
    advice: 'Write 30m, 2h or 1d for so long before now, or a date: 2026-11-22T14:00.',
  })
}

/** @throws MemprofError ERR_MEMPROF_USAGE where no route is called so */
function onlyRoute(summary: LogSummary, wanted: string): LogSummary {
  const isWanted = ({ method, route }: { method: string; route: string }): boolean =>
    route === wanted || `${method} ${route}` === wanted
  const routes = summary.routes.filter(isWanted)
  if (routes.length === 0) {
    const names = summary.routes.map(({ method, route }) => `${method} ${route}`.trim())
    const nearest = nearestName(wanted, [...names, ...summary.routes.map(({ route }) => route)])
    throw new MemprofError('ERR_MEMPROF_USAGE', {
      problem: `no route of the log is called ${escapeText(wanted)}`,
      advice:
        nearest === null
          ? 'memprof report without --route lists them.'
          : `Did you mean ${nearest}?`,
    })
  }
  return { ...summary, routes, leaks: summary.leaks.filter(isWanted), warnings: [], measures: [] }
}
