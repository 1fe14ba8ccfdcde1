/**
 * What the three questions cost each engine on the logs of a fleet, in CPU seconds of all its threads:
 * unlike the time on the clock, that hardly depends on what else the machine does.
 */
import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import path from 'node:path'
import { repository } from '../support/places'
import { type Engine, recipe } from './engines'
import { markdownTable } from './text-table'

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
  return costs.sort((a, b) => a - b)[Math.floor(costs.length / 2)]!
}

/** The row of one engine: loading, the questions, bytes stored. */
export async function timeEngine(engine: Engine, glob: string): Promise<string[]> {
  const load = await costOf(async () => {
    await engine.load(glob)
    // Its views would read the files again at every question.
    if (engine.name === 'duckdb') await engine.query(recipe('duckdb', 'keep.sql'))
  })
  const answers: number[] = []
  for (const [file] of QUESTIONS) {
    const sql = recipe(engine.name, file)
    answers.push(await medianCost(() => engine.query(sql)))
  }
  return [
    `${engine.title} ${await engine.version()}`,
    ...[load, ...answers].map(cell),
    bytesCell(await engine.storedBytes()),
  ]
}

/** `memprof report` answers all three at once. */
export function timeReport(files: readonly string[]): string[] {
  const bin = path.join(repository, 'dist/lib/cli/main.js')
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
  return [`\`memprof report\`${less}`, '', seconds, 'the same run', 'the same run', '']
}

function cell(cpuSeconds: number): string {
  return cpuSeconds >= 10 ? cpuSeconds.toFixed(0) : cpuSeconds.toFixed(2)
}

function bytesCell(bytes: number | null): string {
  return bytes === null ? 'in memory' : `${(bytes / 1e6).toFixed(0)} MB`
}

export function timesTable(rows: ReadonlyArray<readonly string[]>, logs: string): string {
  const head = ['CPU seconds', 'load', ...QUESTIONS.map(([, question]) => question), 'stored']
  return [
    `${logs} Node ${process.version}, ${cpus()[0]?.model.trim()}, ${cpus().length} cores. The questions: the median of ${ROUNDS}, one where it took longer than ${LONG_SECONDS} s.`,
    markdownTable(head, rows),
  ].join('\n\n')
}
