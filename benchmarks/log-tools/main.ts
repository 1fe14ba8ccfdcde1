/**
 * Runs the recipes of docs/log-tools.md and fills its blocks with what they print.
 *
 *   npm run log-tools [-- --only sql,commands,shippers,sizes,times] [--keep FOLDER]
 *
 * Measured: CPU seconds of each engine on the logs of 200 processes over a week (`times`). Left
 * out: the time of a server that already has part of the data in its caches, and of a network.
 * A tool that is not installed here leaves its block as it was, and is named.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { FleetOptions } from '../fleet/fleet'
import { writeFleet } from '../fleet/write'
import { writeBlock } from '../support/blocks'
import { repository } from '../support/places'
import { COMMANDS, isInstalled, runCommands } from './commands'
import { type Engine, ENGINE_NAMES, type EngineName, openEngine, recipe } from './engines'
import { runLogrotate, runRsyslog, runTransport } from './shippers'
import { sizesTable } from './sizes'
import { textTable } from './text-table'
import { timeEngine, timeReport, timesTable } from './times'

const DOC = 'docs/log-tools.md'
/** Small enough for every tool, large enough for every answer. */
const SMALL: FleetOptions = { seed: 1, processes: 40, days: 7, intervalMs: 1_800_000, routes: 12 }
/** 2.6 million lines, 2 GB. */
const FLEET: FleetOptions = { ...SMALL, processes: 200, intervalMs: 600_000 }
const SQL_FILES: Readonly<Record<EngineName, readonly string[]>> = {
  clickhouse: [
    'which-route.sql',
    'since-which-deploy.sql',
    'how-long.sql',
    'by-host.sql',
    'chart.sql',
  ],
  duckdb: ['which-route.sql', 'since-which-deploy.sql', 'how-long.sql', 'by-host.sql', 'chart.sql'],
}

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

async function withEngine(
  name: EngineName,
  work: (engine: Engine) => Promise<void>,
): Promise<void> {
  const engine = await openEngine(name, (message) => say(`NOT RUN: ${message}`))
  if (!engine) return
  try {
    await work(engine)
  } finally {
    engine.close()
  }
}

async function runSql(logs: string): Promise<void> {
  for (const name of ENGINE_NAMES) {
    await withEngine(name, async (engine) => {
      await engine.load(path.join(logs, '*.ndjson'))
      const blocks: string[] = []
      for (const file of SQL_FILES[name]) {
        const sql = recipe(name, file).trim()
        const rows = await engine.query(sql)
        if (rows.length === 0) throw new Error(`${name}/${file} answers nothing`)
        blocks.push(`\`\`\`sql\n${sql}\n\`\`\``, `\`\`\`text\n${textTable(rows)}\n\`\`\``)
      }
      fill(name, `${engine.title} ${await engine.version()} printed:\n\n${blocks.join('\n\n')}`)
      if (name === 'clickhouse') {
        // As in the head of the table: the file that promises it must be right.
        await engine.query(
          'ALTER TABLE memprof.lines MODIFY TTL toDateTime(time) + INTERVAL 60 DAY',
        )
        const tables = recipe(name, 'tables.sql').trim()
        fill('clickhouse-tables', `\`\`\`sql\n${tables}\n\`\`\``)
      }
    })
  }
  fill('duckdb-tables', `\`\`\`sql\n${recipe('duckdb', 'tables.sql').trim()}\n\`\`\``)
}

function runAllCommands(logs: string): void {
  const home = path.join(folder, 'home')
  mkdirSync(home, { recursive: true })
  const env = {
    ...process.env,
    HOME: home,
    PATH: `${path.join(repository, 'node_modules/.bin')}:${process.env['PATH']}`,
  }
  if (isInstalled('lnav')) {
    const format = path.join(repository, 'docs/log-tools/lnav/memprof_log.json')
    runCommands(
      { name: '', needs: 'lnav', commands: [`lnav -i ${format} && echo ok`] },
      folder,
      env,
    )
  }
  for (const block of COMMANDS) {
    if (isInstalled(block.needs)) fill(block.name, runCommands(block, path.dirname(logs), env))
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
  if (isInstalled('rsyslogd')) fill('rsyslog', await runRsyslog(log, place('rsyslog')))
  else skip('rsyslog', 'rsyslogd')
  if (isInstalled('logrotate')) fill('logrotate', await runLogrotate(place('logrotate')))
  else skip('logrotate', 'logrotate')
  fill('transport', await runTransport(log, place('transport')))
}

async function measureTimes(logs: Logs): Promise<void> {
  const rows: string[][] = []
  for (const name of ENGINE_NAMES) {
    await withEngine(name, async (engine) => {
      rows.push(await timeEngine(engine, path.join(logs.folder, '*.ndjson')))
      if (name === 'clickhouse') {
        const sql = recipe(name, 'which-route.sql').trim()
        fill('fleet-answer', `\`\`\`text\n${textTable(await engine.query(sql))}\n\`\`\``)
      }
    })
  }
  rows.push(timeReport(logs.files))
  fill('times', timesTable(rows, logs.said))
}

async function main(): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const small = written(SMALL, 'logs')
  fill('logs', small.said)
  if (wanted.has('sql')) await runSql(small.folder)
  if (wanted.has('commands')) runAllCommands(small.folder)
  if (wanted.has('shippers')) await runShippers(small.files[0]!)
  if (wanted.has('sizes')) fill('sizes', sizesTable(path.join(folder, 'sizes')))
  if (wanted.has('times')) await measureTimes(written(FLEET, 'fleet'))
  if (values.keep === undefined) rmSync(folder, { recursive: true, force: true })
  else say(`kept ${readdirSync(folder).join(', ')} in ${folder}`)
}

void main()
