/**
 * `memprof report`: what logs say, for a person, another program, or an issue.
 */
import { EXIT, type Command, isSet } from './command'
import { readLog } from './read-log'
import { openSummary } from './summary'
import { describeOutput } from './terminal'
import { textReport } from './view/text-report'

export const report: Command = {
  usage: 'report [file… or -] [options]',
  description:
    "Reads logs of any size, plain or gzip, of one process or many, mixed with other programs' lines:\nverdicts first, then the routes, then the memory over time. Without a file: standard input.",
  options: {
    json: { type: 'boolean', meaning: 'all that is known, with exact numbers' },
  },
  examples: [
    ['memprof report app.log', 'the verdicts of a log'],
    ['node -r memprof/register app.js | memprof report', 'of a run, when it has ended'],
  ],
  async run({ values, positionals }) {
    const builder = openSummary()
    const counts = await readLog(positionals.length === 0 ? ['-'] : positionals, builder)
    const summary = builder.summary()
    const text = isSet(values, 'json')
      ? JSON.stringify({ ...summary, read: counts }, null, 2)
      : textReport(summary, counts, describeOutput(process.stdout, process.env))
    process.stdout.write(`${text}\n`)
    return EXIT.done
  },
}
