/**
 * The blocks of the docs that follow from the code, from a recorded log or from an example's source:
 * no app is run for them. blocks.test.ts compares each page with them.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { commandHelp } from '../../lib/cli/commands/help'
import { COMMANDS } from '../../lib/cli/commands/table'
import { readLog } from '../../lib/cli/log/read-log'
import { openSummary } from '../../lib/cli/summary/builder'
import { textReport } from '../../lib/cli/view/text-report'
import { settingsTable } from '../../lib/config/settings'
import { cleanEnv } from '../../test/support/app'
import { ROOT } from '../../test/support/files'
import { fenced } from '../support/blocks'
import { roomsDrawing } from './rooms'
import { versionsTable } from './versions'

export interface MadeBlock {
  /** Relative to the repository. */
  readonly file: string
  readonly name: string
  make(): string | Promise<string>
}

/** The command that fills all of them; it stands in their markers. */
export const MADE_BY = 'npm run docs'

export const API_EXAMPLE = 'benchmarks/readme/api.cjs'
/** A version of a shop that leaks, then the next one, each for half a minute. */
const LOG = 'test/fixtures/logs/restarted.ndjson'
const COLUMNS = 100

export const MADE: readonly MadeBlock[] = [
  { file: 'README.md', name: 'versions', make: versionsTable },
  { file: 'docs/settings.md', name: 'settings', make: settingsTable },
  { file: 'docs/api.md', name: 'api', make: () => fenced('js', source(API_EXAMPLE)) },
  { file: 'docs/commands.md', name: 'help', make: helpOfCommands },
  { file: 'docs/report.md', name: 'report', make: terminalReport },
  { file: 'docs/report.md', name: 'markdown', make: issueReport },
  { file: 'docs/architecture.md', name: 'rooms', make: roomsDrawing },
]

function source(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8')
}

function helpOfCommands(): string {
  return Object.entries(COMMANDS)
    .map(([name, { load }]) => `### \`memprof ${name}\`\n\n${fenced('text', commandHelp(load()))}`)
    .join('\n\n')
}

/** As a terminal of 100 columns shows it, without the colours. */
async function terminalReport(): Promise<string> {
  // Times in a report are local ones.
  process.env['TZ'] = 'UTC'
  const builder = openSummary()
  const counts = await readLog([path.join(ROOT, LOG)], builder)
  const output = { columns: COLUMNS, color: false, isTerminal: true }
  const shown = textReport(builder.summary(), counts, output)
  return fenced('text', `$ memprof report ${path.basename(LOG)}\n${shown}`)
}

/** Of one route alone, as the command prints it. */
function issueReport(): string {
  const command = path.join(ROOT, 'dist', 'lib', 'cli', 'main.js')
  const options = ['report', '--markdown', '--route', '/search', LOG]
  return execFileSync(process.execPath, [command, ...options], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...cleanEnv(), TZ: 'UTC' },
  })
}
