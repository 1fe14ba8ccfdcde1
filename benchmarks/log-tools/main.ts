/**
 * Runs the recipes of docs/log-tools.md and fills its blocks with what they print.
 *
 *   npm run log-tools [-- --only sql,commands,shippers,sizes,times] [--keep FOLDER]
 *
 * Measured: CPU seconds of DuckDB and of `memprof report` on the logs of 200 processes over a week
 * (`times`). `--keep`: where the logs are written and stay, to try queries on. A tool that is not installed here leaves its block as it was, and is named.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { FleetOptions } from '../../test/support/fleet'
import { writeFleet } from '../../test/support/fleet-files'
import { textTable } from '../../test/support/table'
import { writeBlock } from '../support/blocks'
import { ROOT } from '../../test/support/files'
import { COMMANDS, isInstalled, runCommands } from './commands'
import { type Duckdb, openDuckdb, recipe, type Row } from './duckdb'
import { runLogrotate, runTransport } from './shippers'
import { sizesTable } from './sizes'
import { timeDuckdb, timeReport, timesTable } from './times'

const DOC = 'docs/log-tools.md'
/** Small enough for every tool, large enough for every answer. */
const SMALL: FleetOptions = { seed: 1, processes: 40, days: 7, intervalMs: 1_800_000, routes: 12 }
/** 2.6 million lines, 2 GB. */
const FLEET: FleetOptions = { ...SMALL, processes: 200, intervalMs: 600_000 }
const QUERIES = [
  'which-route.sql',
  'since-which-deploy.sql',
  'how-long.sql',
  'by-host.sql',
  'chart.sql',
]

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'sql,commands,shippers,sizes,times' },
    keep: { type: 'string' },
  },
})
const wanted = new Set(values.only.split(','))
const folder = values.keep ?? mkdtempSync(path.join(tmpdir(), 'memprof-log-tools-'))
const say = (message: string): void => console.log(message)

function fill(name: string, text: string): void {
  writeBlock(DOC, name, text)
  say(`filled ${name}`)
}

function skip(name: string, tool: string): void {
  say(`NOT RUN: ${name}, ${tool} is not installed here; its block is as it was`)
}

interface Logs {
  readonly folder: string
  /** What they are, in words. */
  readonly said: string
  readonly files: readonly string[]
}

function written(options: FleetOptions, name: string): Logs {
  const into = path.join(folder, name)
  const { lines, bytes, files, instances } = writeFleet(options, into)
  const said = `${options.processes} processes over ${options.days} days, a line per route and process every ${options.intervalMs / 60_000} minutes: ${instances.toLocaleString('en-US')} instances, ${lines.toLocaleString('en-US')} lines, ${(bytes / 1e6).toFixed(0)} MB.`
  return { folder: into, said, files }
}

async function withDuckdb(work: (duckdb: Duckdb) => Promise<void>): Promise<void> {
  const duckdb = await openDuckdb((message) => say(`NOT RUN: ${message}`))
  if (!duckdb) return
  try {
    await work(duckdb)
  } finally {
    duckdb.close()
  }
}

/** As the terminal of DuckDB shows them. */
function shown(rows: readonly Row[]): string {
  const names = Object.keys(rows[0]!)
  const cells = rows.map((row) => names.map((name) => String(row[name] ?? '')))
  return `\`\`\`text\n${textTable(names, cells)}\n\`\`\``
}

/** What is asked stands in its file, so that here are the answers alone. */
async function runSql(logs: string): Promise<void> {
  await withDuckdb(async (duckdb) => {
    await duckdb.load(path.join(logs, '*.ndjson'))
    const blocks: string[] = []
    for (const file of QUERIES) {
      const rows = await duckdb.query(recipe(file))
      if (rows.length === 0) throw new Error(`${file} answers nothing`)
      blocks.push(`[${file}](log-tools/duckdb/${file})`, shown(rows))
    }
    fill('duckdb', blocks.join('\n\n'))
  })
}

function runAllCommands(): void {
  // Where npx finds pino-pretty, as in a project that has it.
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'), 'junction')
  for (const block of COMMANDS) {
    if (isInstalled(block.needs)) fill(block.name, runCommands(block, folder))
    else skip(block.name, block.needs)
  }
}

async function runShippers(log: string): Promise<void> {
  const place = (name: string): string => {
    const into = path.join(folder, name)
    rmSync(into, { recursive: true, force: true })
    mkdirSync(into)
    return into
  }
  if (isInstalled('logrotate')) fill('logrotate', await runLogrotate(place('logrotate')))
  else skip('logrotate', 'logrotate')
  fill('transport', await runTransport(log, place('transport')))
}

async function measureTimes(logs: Logs): Promise<void> {
  const rows: string[][] = []
  await withDuckdb(async (duckdb) => {
    rows.push(await timeDuckdb(duckdb, path.join(logs.folder, '*.ndjson')))
  })
  rows.push(timeReport(logs.files))
  fill('times', timesTable(rows, logs.said))
}

async function main(): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const small = written(SMALL, 'logs')
  fill('logs', small.said)
  if (wanted.has('sql')) await runSql(small.folder)
  if (wanted.has('commands')) runAllCommands()
  if (wanted.has('shippers')) await runShippers(small.files[0]!)
  if (wanted.has('sizes')) fill('sizes', sizesTable(path.join(folder, 'sizes')))
  if (wanted.has('times')) await measureTimes(written(FLEET, 'fleet'))
  if (values.keep === undefined) rmSync(folder, { recursive: true, force: true })
  else say(`kept ${readdirSync(folder).join(', ')} in ${folder}`)
}

void main()
