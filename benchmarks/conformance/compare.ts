/**
 * Another project's own tests with and without memprof, and a line for the table in
 * docs/environments.md:
 *
 *   node dist/benchmarks/conformance/compare.js FOLDER -- COMMAND [ARGUMENT ...]
 *
 * The command reports on stdout, as TAP or as mocha does; memprof writes to files of its own.
 * Exits with 1 where tests newly fail.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseLines } from '../../test/support/app'
import { compare } from '../../test/support/comparison'
import { temporaryFolder } from '../../test/support/files'

const LIMIT_MS = 600_000

const [folder, dashes, ...command] = process.argv.slice(2)

function count(report: ReadonlyMap<string, string>, wanted: string): number {
  return [...report.values()].filter((outcome) => outcome === wanted).length
}

async function main(): Promise<void> {
  if (folder === undefined || dashes !== '--' || command.length === 0) {
    console.error(
      'usage: node dist/benchmarks/conformance/compare.js FOLDER -- COMMAND [ARGUMENT ...]',
    )
    process.exitCode = 2
    return
  }
  const logFolder = temporaryFolder({ after: (clean) => process.on('exit', clean) })
  const options = { folder: resolve(folder), command, logFolder, limitMs: LIMIT_MS }
  const { without, shown, newlyFailing, flaky } = await compare(options)
  const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string
    version: string
  }
  const lines = readdirSync(logFolder).flatMap((name) =>
    parseLines(readFileSync(join(logFolder, name), 'utf8')),
  )
  const requests = lines.reduce((sum, line) => sum + (line.event === 'stop' ? line.requests : 0), 0)
  const failed = lines.filter(
    (line) => line.event === 'warning' && /^(hook-failed|internal)$/.test(line.code),
  )
  for (const title of newlyFailing) console.log(`newly fails: ${title}`)
  for (const title of flaky) console.log(`flaky: ${title}`)
  for (const { msg } of failed) console.log(`memprof says: ${msg}`)
  const cells = [
    about.name,
    about.version,
    without.size,
    `${count(without, 'failed')} / ${count(shown, 'failed')}`,
    requests,
    flaky.length,
    newlyFailing.length,
  ]
  console.log(`| ${cells.join(' | ')} |`)
  if (newlyFailing.length > 0) process.exitCode = 1
}

void main()
