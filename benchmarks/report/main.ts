/**
 * How fast `memprof report` reads, and in how much memory.
 *
 *   node dist/benchmarks/report/main.js [--lines 5000000] [--runs 3] [--seed 1] [--write]
 *
 * Three logs are written to a folder that is removed at the end: memprof's lines and other programs'
 * mixed, and each alone. The command is run as a user runs it, its output to a pipe that is read. Time is
 * that of the whole process, start-up and report included, from files the system has just written and
 * still has in memory: a disk may be slower. `--write` puts the table into docs/report.md. Exits 1 when
 * the mixed log misses the bar: in lines per second of CPU, which other work on the machine changes less
 * than lines per second.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { cleanEnv } from '../../test/support/app'
import type { Used } from '../../test/support/peak-memory'
import { type LineKind, writeLongLog } from '../../test/support/long-log'
import { median } from '../../test/support/median'
import { writeBlock } from '../support/blocks'

const COMMAND = path.join(__dirname, '..', '..', 'lib', 'cli', 'main.js')
const MIN_LINES_PER_SECOND = 300_000
const MAX_RSS_BYTES = 200e6

/** The logs, and how many of the lines: the first has the bar, the others say what it is made of. */
const KINDS: ReadonlyArray<readonly [kind: LineKind, name: string, share: number]> = [
  ['mixed', "memprof's and others', mixed", 1],
  ['memprof', "memprof's alone", 0.1],
  ['other', "other programs' alone", 0.1],
]

interface Run extends Used {
  readonly seconds: number
}

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '5000000' },
    runs: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
})

function wholeNumber(name: 'lines' | 'runs' | 'seed', most: number): number {
  const value = Number(values[name])
  if (Number.isInteger(value) && value > 0 && value <= most) return value
  throw new Error(`--${name} takes a whole number from 1 to ${most}`)
}

async function writeLog(file: string, lines: number, seed: number, kind: LineKind): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    let waiting = ''
    await writeLongLog(
      lines,
      seed,
      async (more) => {
        waiting += more
        if (waiting.length < 4e6) return
        await handle.write(waiting)
        waiting = ''
      },
      kind,
    )
    await handle.write(waiting)
  } finally {
    await handle.close()
  }
}

/** @param code - the exit code to expect: 2 of a log that has no line of memprof's */
async function runReport(file: string, code: number): Promise<Run> {
  const startedMs = performance.now()
  const child = spawn(
    process.execPath,
    [
      '-r',
      path.join(__dirname, '..', '..', 'test', 'support', 'peak-memory.js'),
      COMMAND,
      'report',
      file,
    ],
    { env: cleanEnv(), stdio: ['ignore', 'pipe', code === 0 ? 'inherit' : 'ignore', 'pipe'] },
  )
  const closed = once(child, 'close') as Promise<[number | null]>
  const [, used] = await Promise.all([
    text(child.stdout!),
    text(child.stdio[3] as NodeJS.ReadableStream),
  ])
  const [ended] = await closed
  if (ended !== code) throw new Error(`memprof report ended with ${ended}`)
  return { seconds: (performance.now() - startedMs) / 1000, ...(JSON.parse(used) as Used) }
}

async function main(): Promise<void> {
  const all = wholeNumber('lines', 50_000_000)
  const runs = wholeNumber('runs', 100)
  const seed = wholeNumber('seed', 2 ** 31)
  const folder = mkdtempSync(path.join(tmpdir(), 'memprof-report-'))
  const rows: string[] = []
  try {
    for (const [kind, name, share] of KINDS) {
      const lines = Math.ceil(all * share)
      const file = path.join(folder, `${kind}.ndjson`)
      process.stderr.write(`writing ${lines} lines, ${name}\n`)
      await writeLog(file, lines, seed, kind)
      const megabytes = statSync(file).size / 1e6
      const measured: Run[] = []
      for (let run = 0; run < runs; run++) {
        measured.push(await runReport(file, kind === 'other' ? 2 : 0))
      }
      rmSync(file)
      const rates = measured.map(({ seconds }) => lines / seconds)
      const rss = Math.max(...measured.map(({ maxRssBytes }) => maxRssBytes))
      const cpuRate = lines / (median(measured.map(({ cpuMs }) => cpuMs)) / 1000)
      rows.push(
        `| ${name} | ${lines.toLocaleString('en-US')} | ${Math.round(megabytes)} | ${thousands(median(rates))} (${thousands(Math.min(...rates))} to ${thousands(Math.max(...rates))}) | ${thousands(cpuRate)} | ${Math.round(rss / 1e6)} |`,
      )
      process.stderr.write(`${rows.at(-1)}\n`)
      if (kind === 'mixed' && (cpuRate < MIN_LINES_PER_SECOND || rss > MAX_RSS_BYTES)) {
        process.exitCode = 1
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const table = [
    `Seed ${seed}; median (lowest to highest) of ${runs} runs. Node ${process.version}, ${cpus()[0]!.model}.`,
    '',
    '| log | lines | MB | lines per second | lines per second of CPU | peak MB |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n')
  process.stdout.write(`${table}\n`)
  if (values.write) writeBlock('docs/report.md', 'report-speed', table)
}

function thousands(rate: number): string {
  return `${Math.round(rate / 1000).toLocaleString('en-US')},000`
}

main().catch((error: unknown) => {
  process.stderr.write(`${String((error as Error).stack ?? error)}\n`)
  process.exitCode = 1
})
