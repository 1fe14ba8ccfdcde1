/**
 * Fills docs/commands.md and the README's block `report` with what the commands print.
 *
 *   npm run docs:commands
 *
 * The report is printed in a pseudo-terminal of 100 columns, by the program `script` of util-linux.
 */
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { COMMANDS } from '../../lib/cli/commands/table'
import { cleanEnv } from '../../test/support/app'
import { ROOT } from '../../test/support/files'
import { writeBlock } from '../support/blocks'

const COMMAND = path.join(ROOT, 'dist', 'lib', 'cli', 'main.js')
const LOG = 'test/fixtures/logs/restarted.ndjson'
const COLUMNS = 100

function printed(...args: string[]): string {
  return execFileSync(process.execPath, [COMMAND, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: cleanEnv(),
  })
}

/** As a person sees it, without the colours. */
function inTerminal(args: string): string {
  const line = `stty cols ${COLUMNS}; '${process.execPath}' '${COMMAND}' ${args}`
  const text = execFileSync('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...cleanEnv(), NO_COLOR: '1', TZ: 'UTC' },
  })
  return text.replaceAll('\r', '')
}

function fenced(text: string): string {
  return `\`\`\`text\n${text.trim()}\n\`\`\``
}

const help = Object.keys(COMMANDS).map(
  (name) => `### \`memprof ${name}\`\n\n${fenced(printed(name, '--help'))}`,
)
writeBlock('docs/commands.md', 'help', help.join('\n\n'))
const shown = fenced(`$ memprof report ${path.basename(LOG)}\n${inTerminal(`report ${LOG}`)}`)
writeBlock('docs/commands.md', 'report', shown)
writeBlock('README.md', 'report', shown)
writeBlock(
  'docs/commands.md',
  'markdown',
  printed('report', '--markdown', '--route', '/search', LOG),
)
