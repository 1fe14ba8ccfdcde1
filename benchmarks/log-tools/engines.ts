/**
 * DuckDB and ClickHouse as libraries in this process, with the tables of docs/log-tools: what a person
 * with a server types, run here.
 *
 * They are large (70 MB and 550 MB), so they are no dependencies: each is installed from npm when it is
 * first asked for, into .log-tools, and kept there.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { repository } from '../support/places'

const PACKAGES = {
  duckdb: { name: '@duckdb/node-api', version: '1.5.6-r.1' },
  clickhouse: { name: 'chdb', version: '3.4.0' },
  transport: { name: 'pino-roll', version: '4.0.0' },
} as const
export type EngineName = 'duckdb' | 'clickhouse'
export const ENGINE_NAMES: readonly EngineName[] = ['duckdb', 'clickhouse']

const INSTALL_TIMEOUT_MS = 300_000

/** A column's value: 64-bit numbers as numbers, times as the engine prints them. */
export type Cell = string | number | boolean | null
export type Row = Readonly<Record<string, Cell>>

export interface Engine {
  readonly name: EngineName
  readonly title: string
  /** As the engine says it. */
  version(): Promise<string>
  /** Makes the tables, and lets the lines of these files in. `glob` matches them all. */
  load(glob: string): Promise<void>
  /** One or more statements; the rows of the last. */
  query(sql: string): Promise<Row[]>
  /** Bytes on disk of what was loaded; null where nothing is stored there. */
  storedBytes(): Promise<number | null>
  close(): void
}

/** The text of docs/log-tools/<engine>/<file>. */
export function recipe(engine: EngineName, file: string): string {
  return readFileSync(path.join(repository, 'docs/log-tools', engine, file), 'utf8')
}

/** @returns null where the package cannot be installed or loaded here; the reason goes to `say` */
export async function openEngine(
  name: EngineName,
  say: (message: string) => void,
): Promise<Engine | null> {
  try {
    return await (name === 'duckdb' ? openDuckdb() : openClickhouse())
  } catch (error) {
    say(`${PACKAGES[name].name} cannot be had here: ${String((error as Error)?.message)}`)
    return null
  }
}

/**
 * The folder of a package, installed now if it is not there.
 *
 * @throws Error where npm cannot install it
 */
export function installed(what: keyof typeof PACKAGES): string {
  const { name, version } = PACKAGES[what]
  const home = path.join(repository, '.log-tools', what)
  const folder = path.join(home, 'node_modules', name)
  if (!existsSync(path.join(folder, 'package.json'))) {
    const args = ['install', '--prefix', home, '--no-audit', '--no-fund', `${name}@${version}`]
    const { status, stderr } = spawnSync('npm', args, {
      encoding: 'utf8',
      timeout: INSTALL_TIMEOUT_MS,
      shell: process.platform === 'win32',
    })
    if (status !== 0) {
      rmSync(home, { recursive: true, force: true })
      throw new Error(`npm install failed: ${stderr.trim().split('\n').at(-1) ?? status}`)
    }
  }
  return folder
}

interface DuckdbApi {
  DuckDBInstance: { create(path: string): Promise<{ connect(): Promise<DuckdbConnection> }> }
}
interface DuckdbConnection {
  runAndReadAll(sql: string): Promise<{ getRowObjectsJson(): Row[] }>
  closeSync(): void
}

async function openDuckdb(): Promise<Engine> {
  const { DuckDBInstance } = require(installed('duckdb')) as DuckdbApi
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const query = async (sql: string): Promise<Row[]> => {
    const result = await connection.runAndReadAll(sql)
    return result.getRowObjectsJson().map(withNumbers)
  }
  return {
    name: 'duckdb',
    title: 'DuckDB',
    async version() {
      const [row] = await query('SELECT version() AS version')
      return String(row!['version'])
    },
    async load(glob) {
      await query(recipe('duckdb', 'tables.sql').replace('logs/*.ndjson', quoted(glob)))
    },
    query,
    storedBytes: () => Promise.resolve(null),
    close: () => connection.closeSync(),
  }
}

/** DuckDB's JSON has 64-bit integers as text. */
function withNumbers(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, cell]) => [
      name,
      typeof cell === 'string' && /^-?\d+$/.test(cell) ? Number(cell) : cell,
    ]),
  )
}

interface ChdbApi {
  Session: new (folder: string) => ChdbSession
}
interface ChdbSession {
  query(sql: string, format?: string): string
  cleanup(): void
}

function openClickhouse(): Promise<Engine> {
  const { Session } = require(installed('clickhouse')) as ChdbApi
  const folder = mkdtempSync(path.join(tmpdir(), 'memprof-clickhouse-'))
  const session = new Session(folder)
  const query = (sql: string): Row[] => {
    let rows = ''
    for (const statement of statementsOf(sql)) rows = session.query(statement, 'JSONEachRow')
    return rows
      .split('\n')
      .filter(Boolean)
      .map((row) => JSON.parse(row) as Row)
  }
  return Promise.resolve({
    name: 'clickhouse',
    title: 'ClickHouse',
    version: () => Promise.resolve(String(query('SELECT version() AS version')[0]!['version'])),
    load(glob) {
      query(recipe('clickhouse', 'tables.sql'))
      query(
        `INSERT INTO memprof.input SELECT line FROM file('${quoted(glob)}', LineAsString, 'line String')`,
      )
      return Promise.resolve()
    },
    query: (sql) => Promise.resolve(query(sql)),
    storedBytes() {
      const [row] = query(
        "SELECT sum(bytes_on_disk) AS bytes FROM system.parts WHERE active AND database = 'memprof'",
      )
      return Promise.resolve(Number(row!['bytes']))
    },
    close() {
      session.cleanup()
      rmSync(folder, { recursive: true, force: true })
    },
  })
}

/** The library takes one statement a call, as its server's HTTP interface does. */
function statementsOf(sql: string): string[] {
  return sql
    .split(/;\s*(?:\n|$)/)
    .filter((statement) => statement.replace(/--.*$/gm, '').trim() !== '')
}

/** Within a SQL text. */
function quoted(text: string): string {
  return text.replaceAll("'", "''")
}
