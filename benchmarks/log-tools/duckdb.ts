/**
 * DuckDB as a library in this process, with the tables of docs/log-tools: what a person types, run here.
 *
 * It is large (70 MB), so it is no dependency: installed from npm when it is first asked for, into
 * .log-tools, and kept there.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from '../../test/support/files'

const PACKAGES = {
  duckdb: { name: '@duckdb/node-api', version: '1.5.6-r.1' },
  transport: { name: 'pino-roll', version: '4.0.0' },
} as const

const INSTALL_TIMEOUT_MS = 300_000

/** A column's value: 64-bit numbers as numbers, times as DuckDB prints them. */
export type Cell = string | number | boolean | null
export type Row = Readonly<Record<string, Cell>>

export interface Duckdb {
  /** Makes the views over the files that match. */
  load(glob: string): Promise<void>
  /** One or more statements; the rows of the last. */
  query(sql: string): Promise<Row[]>
  close(): void
}

/** The text of docs/log-tools/duckdb/<file>. */
export function recipe(file: string): string {
  return readFileSync(path.join(ROOT, 'docs/log-tools/duckdb', file), 'utf8')
}

/**
 * The folder of a package, installed now if it is not there.
 *
 * @throws Error where npm cannot install it
 */
export function installed(what: keyof typeof PACKAGES): string {
  const { name, version } = PACKAGES[what]
  const home = path.join(ROOT, '.log-tools', what)
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

/** @returns null where the package cannot be installed or loaded here; the reason goes to `say` */
export async function openDuckdb(say: (message: string) => void): Promise<Duckdb | null> {
  try {
    const { DuckDBInstance } = require(installed('duckdb')) as DuckdbApi
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const query = async (sql: string): Promise<Row[]> => {
      const result = await connection.runAndReadAll(sql)
      return result.getRowObjectsJson().map(withNumbers)
    }
    return {
      async load(glob) {
        const files = glob.replaceAll("'", "''")
        await query(recipe('tables.sql').replace('logs/*.ndjson', files))
      },
      query,
      close: () => connection.closeSync(),
    }
  } catch (error) {
    say(`${PACKAGES.duckdb.name} cannot be had here: ${String((error as Error)?.message)}`)
    return null
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
