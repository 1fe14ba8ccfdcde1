/**
 * What memprof does under faults, load and hostile input: every scenario of test/faults, as often as it
 * says; with `--long` those that are too much for a test.
 *
 *   node dist/benchmarks/reliability/main.js [--long] [--only part of a claim] [--most 1] [--write]
 *
 * A scenario throws where its claim does not hold; the run fails then. The figures are of all its runs,
 * from the lowest to the highest. Load stays on 127.0.0.1, from this process.
 *
 * Left out: other systems than the one it runs on, and faults of the hardware.
 * `--most` runs each so many times at most. `--write` puts the tables into docs/reliability.md.
 */
import { cpus, release, type } from 'node:os'
import { parseArgs } from 'node:util'
import { deaths } from '../../test/faults/deaths'
import { destinations } from '../../test/faults/destinations'
import { hostileApps } from '../../test/faults/hostile-apps'
import { footprint } from '../../test/faults/own-footprint'
import type { Figures, Scenario } from '../../test/faults/scenario'
import { attacked, crowded, traffic } from '../../test/faults/traffic'
import { markdownTable } from '../../test/support/table'
import { writeBlock } from '../support/blocks'

const GROUPS: ReadonlyArray<[title: string, scenarios: readonly Scenario[]]> = [
  ['Where the lines go', destinations],
  ['How a process ends', deaths],
  ['What an app or its flags take away', hostileApps],
  ['What is sent', [...traffic, attacked(10_000, 1), crowded(1000, 1)]],
  [
    'A long time',
    [footprint({ requests: 10_000, routes: 200, readings: 8, settledReadings: 4, times: 1 })],
  ],
]
const LONG: typeof GROUPS = [
  ['What is sent', [attacked(1_000_000, 1), crowded(10_000, 1)]],
  [
    'A long time',
    [
      footprint({
        requests: 5_000_000,
        routes: 2000,
        readings: 330,
        settledReadings: 130,
        times: 1,
      }),
    ],
  ],
]

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    long: { type: 'boolean', default: false },
    most: { type: 'string', default: '100' },
    write: { type: 'boolean', default: false },
  },
})

/** Progress goes to stderr: stdout is the table. */
function say(message: string): void {
  process.stderr.write(`${message}\n`)
}

interface Outcome {
  readonly scenario: Scenario
  readonly hindrance: string | null
  readonly runs: readonly Figures[]
  readonly errors: readonly string[]
}

async function runOnce(scenario: Scenario): Promise<Figures> {
  const cleaners: Array<() => void | Promise<void>> = []
  try {
    return await scenario.run({ after: (clean) => void cleaners.push(clean) })
  } finally {
    for (const clean of cleaners) await clean()
  }
}

async function tryOut(scenario: Scenario): Promise<Outcome> {
  const hindrance = scenario.hindrance?.() ?? null
  const runs: Figures[] = []
  const errors: string[] = []
  const times = hindrance === null ? Math.min(scenario.times, Number(values.most)) : 0
  for (let at = 0; at < times; at++) {
    try {
      runs.push(await runOnce(scenario))
    } catch (error) {
      say(String((error as Error).stack ?? error))
      errors.push(String((error as Error).message).split('\n', 1)[0]!)
    }
  }
  say(`${errors.length === 0 ? 'ok  ' : 'FAIL'} ${scenario.claim}`)
  return { scenario, hindrance, runs, errors }
}

function range(numbers: readonly number[]): string {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)]
  const shown = (value: number): string => value.toLocaleString('en')
  return low === high ? shown(low) : `${shown(low)} to ${shown(high)}`
}

function happened({ hindrance, runs, errors }: Outcome): string {
  if (hindrance !== null) return `not tried here: ${hindrance}`
  const names = Object.keys(runs[0] ?? {})
  const figures = names.map((name) => `${name}: ${range(runs.map((run) => run[name]!))}`)
  const held = `held ${runs.length} of ${runs.length + errors.length} times`
  return [held, ...figures, ...errors.slice(0, 1)].join('; ')
}

function table(title: string, outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((outcome) => {
    const { claim, how } = outcome.scenario
    return [claim, how, happened(outcome)]
  })
  return `### ${title}\n\n${markdownTable(['claim', 'tried how', 'what happened'], rows)}`
}

async function main(): Promise<void> {
  const tables: string[] = []
  let failed = 0
  for (const [title, scenarios] of values.long ? LONG : GROUPS) {
    const outcomes: Outcome[] = []
    for (const scenario of scenarios.filter(({ claim }) => claim.includes(values.only))) {
      outcomes.push(await tryOut(scenario))
    }
    failed += outcomes.filter(({ errors }) => errors.length > 0).length
    if (outcomes.length > 0) tables.push(table(title, outcomes))
  }
  const on = `Node ${process.versions.node} on ${type()} ${release()}, ${cpus()[0]!.model}, ${new Date().toISOString().slice(0, 10)}.`
  const report = [on, ...tables].join('\n\n')
  process.stdout.write(`${report}\n`)
  if (failed > 0) process.exitCode = 1
  else if (values.write) writeBlock('docs/reliability.md', values.long ? 'long' : 'faults', report)
}

main().catch((error: unknown) => {
  say(String((error as Error).stack ?? error))
  process.exitCode = 1
})
