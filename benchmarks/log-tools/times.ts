/**
 * What the three questions cost DuckDB and `memprof report` on the logs of a fleet, in CPU seconds of all its threads:
 * unlike the time on the clock, that hardly depends on what else the machine does.
 */
import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import path from 'node:path'
import { ROOT } from '../../test/support/files'
import { median } from '../../test/support/median'
import { markdownTable } from '../../test/support/table'
import { type Duckdb, recipe } from './duckdb'

/** Asked so often, and the median taken; a question that takes longer than LONG_SECONDS only once. */
const ROUNDS = 3
const LONG_SECONDS = 5

export const QUESTIONS = [
  ['which-route.sql', 'which route leaks'],
  ['since-which-deploy.sql', 'since which deploy'],
  ['how-long.sql', 'how long until the limit'],
] as const

/** CPU seconds of this process, all threads. */
async function costOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

async function medianCost(work: () => Promise<unknown>): Promise<number> {
  const costs: number[] = []
  while (costs.length < ROUNDS) {
    costs.push(await costOf(work))
    if (costs[0]! > LONG_SECONDS) break
  }
  return median(costs)
}

/** DuckDB's row: loading, and the questions. */
export async function timeDuckdb(duckdb: Duckdb, glob: string): Promise<string[]> {
  const load = await costOf(async () => {
    await duckdb.load(glob)
    // The views would read the files again at every question.
    await duckdb.query(recipe('keep.sql'))
  })
  const answers: number[] = []
  for (const [file] of QUESTIONS) {
    answers.push(await medianCost(() => duckdb.query(recipe(file))))
  }
  const [row] = await duckdb.query('SELECT version() AS version')
  return [`DuckDB ${row!['version']}`, ...[load, ...answers].map(cell)]
}

/** `memprof report` answers all three at once. */
export function timeReport(files: readonly string[]): string[] {
  const bin = path.join(ROOT, 'dist/lib/cli/main.js')
  const command = 'TIMEFORMAT="%U %S"; time "$0" "$@"'
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['-c', command, process.execPath, bin, 'report', '--json', ...files],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  )
  if (status !== 0) throw new Error(stderr)
  const [user, system] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number)
  const { leftOut } = JSON.parse(stdout) as { leftOut: readonly string[] }
  const less = leftOut.length === 0 ? '' : ` (without ${leftOut.join(', ')})`
  const seconds = cell(user! + system!)
  return [`\`memprof report\`${less}`, '', seconds, 'the same run', 'the same run']
}

function cell(cpuSeconds: number): string {
  return cpuSeconds >= 10 ? cpuSeconds.toFixed(0) : cpuSeconds.toFixed(2)
}

export function timesTable(rows: ReadonlyArray<readonly string[]>, logs: string): string {
  const head = ['CPU seconds', 'load', ...QUESTIONS.map(([, question]) => question)]
  return [
    `${logs} Node ${process.version}, ${cpus()[0]?.model.trim()}, ${cpus().length} cores. The questions: the median of ${ROUNDS}, one where it took longer than ${LONG_SECONDS} s.`,
    markdownTable(head, rows),
  ].join('\n\n')
}
