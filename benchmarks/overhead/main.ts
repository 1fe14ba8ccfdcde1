/**
 * What memprof costs, beside the tools people would use instead, in one run.
 *
 *   node dist/benchmarks/overhead/main.js [--only cpu,allocation,instructions,start,curves,own]
 *     [--rounds 4] [--apps bare,five] [--variants none,defaults] [--short] [--write]
 *
 * Measured, each run in a fresh process, variants interleaved, every round starting with another one:
 * - `cpu`: server CPU per request (user and system, all threads) after a warm-up, throughput, latency
 *   as the client sees it, memory at rest; instructions of user and kernel where `perf` counts them;
 * - `allocation`: bytes allocated on the heap per request, under a young generation so large that
 *   nothing is collected meanwhile;
 * - `instructions`: of the main thread in user mode, by callgrind (callgrind.ts), where it is installed;
 * - `start`: time from the start of the process to `listening`, and to the first answer;
 * - `curves`: how the cost grows with the requests in flight;
 * - `own`: the functions the cost is spent in; memprof's own figures with a small and a large heap;
 *   its memory over five million requests through the hooks.
 * All peers are measured on bare http and on Express 5; the other apps beside memprof and nothing.
 *
 * Left out: hosts with more cores, real clients, what the tools send over a network.
 *
 * `--apps` takes those whose name has one of these texts in it, `--variants` those of these names and
 * always `none`. `--short` checks that everything works, and is no measurement. `--write` puts
 * what was measured into its place in docs/cost.md, and the instructions into README.md.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import type { FunctionShare } from '../../test/support/probe'
import { writeBlock } from '../support/blocks'
import { BARE, type BenchmarkApp, EXPRESS, LARGE_HEAP, mainApps, otherApps } from './apps'
import { hasCallgrind } from './callgrind'
import { type Growth, measureGrowth } from './growth'
import { findEvent } from './instructions'
import { type CpuRun, Measurer, type OwnFigures, type StartRun } from './measure'
import { installPeers, peerVersions } from './peers'
import { type ByVariant, type Report, renderParts, renderSummary } from './table'
import { allVariants, DEFAULTS, NONE, ownVariants, type Variant } from './variants'

const PARTS = ['cpu', 'allocation', 'instructions', 'start', 'curves', 'own'] as const
type Part = (typeof PARTS)[number]

const ALLOCATION_ROUNDS = 2
const STARTS = 9
const OWN_SECONDS = 40
const WARM_UP_REQUESTS = 4000
const CONNECTIONS_CURVE = [1, 10, 50, 200]
const SHORT = { share: 1 / 25, starts: 2, ownSeconds: 3, warmUpRequests: 800 }

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '4' },
    apps: { type: 'string', default: '' },
    variants: { type: 'string', default: '' },
    only: { type: 'string', default: PARTS.join(',') },
    short: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})

/** Progress goes to stderr: stdout is the report. */
function say(message: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${message}\n`)
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

/** Which of the peers serve that app at all. */
function variantsFor(app: BenchmarkApp, all: readonly Variant[]): readonly Variant[] {
  const wanted = values.variants === '' ? null : [NONE, ...values.variants.split(',')]
  const serving = !mainApps.includes(app)
    ? ownVariants
    : all.filter(({ name }) => app !== BARE || name !== 'express-prom-bundle')
  return serving.filter(({ name }) => wanted?.includes(name) ?? true)
}

function isWanted({ name }: BenchmarkApp): boolean {
  return values.apps.split(',').some((part) => name.includes(part))
}

/** Each app and variant once: the count does not move. Two at a time, whatever else runs. */
async function countAll(
  lanes: readonly Measurer[],
  all: readonly Variant[],
): Promise<Map<string, Map<string, number[]>>> {
  const work = mainApps
    .filter(isWanted)
    .flatMap((app) => variantsFor(app, all).map((variant) => ({ app, variant })))
  const results = new Map<string, Map<string, number[]>>(
    mainApps.map((app) => [
      app.name,
      new Map(variantsFor(app, all).map(({ name }) => [name, [] as number[]])),
    ]),
  )
  await Promise.all(
    lanes.map(async (lane) => {
      for (let next = work.shift(); next; next = work.shift()) {
        const { app, variant } = next
        results
          .get(app.name)!
          .get(variant.name)!
          .push(await lane.instructions(app, variant))
        say(`${app.name}, ${variant.name}: counted`)
      }
    }),
  )
  return results
}

async function main(): Promise<void> {
  const startedMs = performance.now()
  const rounds = values.short ? 2 : Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number')
  const parts = values.only.split(',')
  const unknown = parts.find((part) => !PARTS.includes(part as Part))
  if (unknown !== undefined) throw new Error(`--only knows ${PARTS.join(', ')}, not ${unknown}`)
  const wants = (part: Part): boolean => parts.includes(part)
  const share = values.short ? SHORT.share : 1

  installPeers()
  const pinned = cpus().length > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0
  const found = findEvent()
  const folder = mkdtempSync(path.join(tmpdir(), 'memprof-overhead-'))
  const all = allVariants(folder)
  const options = {
    pinned,
    folder,
    event: 'event' in found ? found.event : null,
    warmUpRequests: values.short ? SHORT.warmUpRequests : WARM_UP_REQUESTS,
    share,
  }
  const measurer = new Measurer(options)
  const lanes = [
    new Measurer({ ...options, pinned: false }),
    new Measurer({ ...options, pinned: false }),
  ]
  const cpu = new Map<string, ByVariant<CpuRun>>()
  const allocated = new Map<string, ByVariant<number>>()
  const loadBefore = loadavg()[0]!
  try {
    const apps = [...mainApps, ...otherApps].filter(isWanted)
    for (const app of wants('cpu') ? apps : []) {
      say(`${app.name}: CPU, ${rounds} rounds`)
      const list = variantsFor(app, all)
      cpu.set(app.name, await interleave(list, rounds, (variant) => measurer.cpu(app, variant)))
    }
    for (const app of wants('allocation') ? apps : []) {
      say(`${app.name}: bytes allocated`)
      const runs = await interleave(variantsFor(app, all), ALLOCATION_ROUNDS, (variant) =>
        measurer.allocatedBytes(app, variant),
      )
      allocated.set(
        app.name,
        new Map([...runs].map(([name, bytes]) => [name, bytes.filter((one) => one !== null)])),
      )
    }
    let start: ByVariant<StartRun> = new Map()
    if (wants('start')) {
      say(`${EXPRESS.name}: start-up`)
      start = await interleave(
        variantsFor(EXPRESS, all),
        values.short ? SHORT.starts : STARTS,
        (variant) => measurer.start(EXPRESS, variant),
      )
    }
    const curve = new Map<number, ByVariant<CpuRun>>()
    for (const connections of wants('curves') ? CONNECTIONS_CURVE : []) {
      say(`${BARE.name}: ${connections} connections`)
      const list = ownVariants.filter(({ name }) => name === NONE || name === DEFAULTS)
      curve.set(
        connections,
        await interleave(list, 3, (variant) => measurer.cpu(BARE, variant, connections)),
      )
    }
    let functions: readonly FunctionShare[] = []
    const own: OwnFigures[] = []
    let growth: Growth | null = null
    if (wants('own')) {
      const defaults = ownVariants.find(({ name }) => name === DEFAULTS)!
      say(`${EXPRESS.name}: functions`)
      functions = await measurer.functions(EXPRESS, defaults)
      for (const app of [EXPRESS, LARGE_HEAP]) {
        const seconds = values.short ? SHORT.ownSeconds : OWN_SECONDS
        say(`${app.name}: ${seconds} s with readings`)
        const figures = await measurer.own(app, defaults, seconds)
        if (figures) own.push(figures)
      }
      say('memory over many requests')
      growth = await measureGrowth(share)
    }
    const counting = wants('instructions') && hasCallgrind()
    const instructions = counting ? await countAll(lanes, all) : new Map()

    const report: Report = {
      node: process.version,
      cpuModel: cpus()[0]!.model,
      date: new Date().toISOString().slice(0, 10),
      rounds,
      pinned,
      peers: peerVersions(),
      noPerf: 'why' in found ? found.why : null,
      loadBefore,
      apps: apps.map((app) => ({
        app: app.name,
        cpu: cpu.get(app.name) ?? new Map(),
        allocatedBytes: allocated.get(app.name) ?? new Map(),
        instructions: instructions.get(app.name) ?? new Map(),
      })),
      startApp: EXPRESS.name,
      start,
      curve,
      functions,
      own,
      growth,
    }
    const texts = renderParts(report)
    process.stdout.write(`${[...texts.values()].join('\n\n')}\n`)
    say(`${((performance.now() - startedMs) / 60_000).toFixed(0)} minutes`)
    if (!values.write || values.short) return
    for (const [part, text] of texts) writeBlock('docs/cost.md', part, text)
    const summary = renderSummary(report)
    if (summary) writeBlock('README.md', 'cost', summary)
  } finally {
    for (const one of [measurer, ...lanes]) one.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

main().catch((error: unknown) => {
  say(String((error as Error).stack ?? error))
  process.exitCode = 1
})
