/**
 * What a request costs with and without memprof.
 *
 *   node dist/benchmarks/request-cost/main.js [--short] [--rounds 5] [--write]
 *
 * Measured, for three apps and six variants, each run in a fresh process, variants interleaved:
 * - server CPU per request (user and system, all threads), after a warm-up;
 * - instructions per request (user and kernel), where `perf` counts them;
 * - bytes allocated on the heap per request, under a young generation so large that nothing is
 *   collected meanwhile;
 * - memory at rest after that load: rss and heapUsed after forced collections;
 * - time from the start of the process to `listening`;
 * - memprof's own figures of a longer run with defaults, in which it reads the live heap.
 *
 * Left out: latency, throughput (the load and the server share a machine), other tools, large heaps,
 * many routes. A run under load lasts some seconds and ends before the first reading of the live heap:
 * readings show in the last figure only.
 *
 * Set-up is all time in which no server is under load or measured at starting; more than a tenth of
 * the whole fails the run. `--short` checks that everything works, and is no measurement.
 * `--write` puts the tables into docs/cost.md and README.md.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { StopLine } from '../../lib/schema'
import { writeBlock } from '../support/blocks'
import { findEvent } from './instructions'
import { Measurer } from './measure'
import { type AppFigures, type OwnFigures, type Report, renderReport, renderSummary } from './table'
import { apps, type BenchmarkApp, type Variant, variants } from './variants'

const MAX_SETUP_RATIO = 0.1
const ALLOCATION_ROUNDS = 3
const STARTS = 15
const OWN_SECONDS = 65
const WARM_UP_REQUESTS = 5000
const SHORT = { share: 1 / 25, starts: 3, ownSeconds: 3, warmUpRequests: 1000 }

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    short: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})

/** Progress goes to stderr: stdout is the report. */
function say(message: string): void {
  process.stderr.write(`${message}\n`)
}

/** Each round starts with another variant, so that none is always the first. */
function rotated(list: readonly Variant[], round: number): readonly Variant[] {
  const from = round % list.length
  return [...list.slice(from), ...list.slice(0, from)]
}

async function interleave<T>(
  list: readonly Variant[],
  rounds: number,
  run: (variant: Variant) => Promise<T>,
): Promise<Map<string, T[]>> {
  const results = new Map<string, T[]>(list.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const variant of rotated(list, round)) {
      results.get(variant.name)!.push(await run(variant))
    }
  }
  return results
}

async function measureOwn(
  measurer: Measurer,
  app: BenchmarkApp,
  seconds: number,
): Promise<OwnFigures | null> {
  const defaults = variants('').find(({ name }) => name === 'defaults')!
  const last = (await measurer.log(app, defaults, seconds)).at(-1) ?? ''
  if (!last.startsWith('{')) return null
  const line = JSON.parse(last) as StopLine
  if (line.event !== 'stop') return null
  const { uptimeSeconds, requests, self } = line
  return {
    app: app.name,
    seconds: uptimeSeconds,
    requests,
    cpuMs: self.cpuMs,
    pauseMs: self.pauseMs,
  }
}

async function main(): Promise<void> {
  const rounds = values.short ? 2 : Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number')
  const pinned = cpus().length > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0
  const found = findEvent()
  const event = 'event' in found ? found.event : null
  const folder = mkdtempSync(path.join(tmpdir(), 'memprof-request-cost-'))
  const list = variants(folder)
  const measurer = new Measurer({
    pinned,
    event,
    warmUpRequests: values.short ? SHORT.warmUpRequests : WARM_UP_REQUESTS,
  })
  try {
    const figures: AppFigures[] = []
    for (const app of apps) {
      const requests = values.short ? app.requests * SHORT.share : app.requests
      say(`${app.name}: CPU, ${rounds} rounds`)
      const cpu = await interleave(list, rounds, (variant) => measurer.cpu(app, variant, requests))
      say(`${app.name}: bytes allocated`)
      const allocated = await interleave(list, values.short ? 1 : ALLOCATION_ROUNDS, (variant) =>
        measurer.allocatedBytes(app, variant),
      )
      const allocatedBytes = new Map(
        [...allocated].map(([name, runs]) => [name, runs.filter((bytes) => bytes !== null)]),
      )
      figures.push({ app: app.name, cpu, allocatedBytes })
    }
    const startApp = apps[1]!
    say(`${startApp.name}: start-up`)
    const startMs = await interleave(list, values.short ? SHORT.starts : STARTS, (variant) =>
      measurer.startMs(startApp, variant),
    )
    const ownSeconds = values.short ? SHORT.ownSeconds : OWN_SECONDS
    say(`${startApp.name}: ${ownSeconds} s with defaults`)
    const own = await measureOwn(measurer, startApp, ownSeconds)

    const report: Report = {
      node: process.version,
      cpuModel: cpus()[0]!.model,
      date: new Date().toISOString().slice(0, 10),
      rounds,
      pinned,
      noInstructions: 'why' in found ? found.why : null,
      apps: figures,
      startApp: startApp.name,
      startMs,
      own,
    }
    process.stdout.write(`${renderReport(report)}\n`)
    const { setupRatio } = measurer
    say(`set-up took ${(setupRatio * 100).toFixed(1)} % of the time`)
    if (values.short) return
    if (setupRatio > MAX_SETUP_RATIO) {
      throw new Error(`set-up took more than ${MAX_SETUP_RATIO * 100} % of the time`)
    }
    if (values.write) {
      writeBlock('docs/cost.md', 'request-cost', renderReport(report))
      writeBlock('README.md', 'cost', renderSummary(report))
    }
  } finally {
    measurer.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

main().catch((error: unknown) => {
  say(String((error as Error).stack ?? error))
  process.exitCode = 1
})
