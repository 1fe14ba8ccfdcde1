/**
 * What a trace costs while it runs (lib/trace), in one process, part by part:
 *
 *   node dist/benchmarks/trace/main.js [--nodes 20,24] [--rounds 12] [--write]
 *
 * Measured: CPU time per request (user and system, all threads) of an Express app whose handlers are
 * async in layers, memprof loaded, at a rate far below what it could answer. Rounds of 2 s: without a
 * trace, with marks, with slices too, with 4 containers watched, with logpoints in 4 functions; each time
 * another one is first. The same without a trace before the first and after the last; and with logpoints
 * that stay. A slice, a container and a hit are what the part adds, divided by how many there were. And
 * the pauses before the first hit, in the app as it is and with more code and a larger heap.
 *
 * Left out: what the trace finds, and latency. `--write` puts the table into docs/cost.md.
 */
import { cpus } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { type App, launchApp } from '../../test/support/app'
import { loadAtRate } from '../../test/support/load'
import { median } from '../../test/support/median'
import { binaryOf } from '../../test/support/node-binaries'
import { createRandom } from '../../test/support/random'
import { markdownTable } from '../../test/support/table'
import { writeBlock } from '../support/blocks'
import { type Kind, KINDS, type Opening, type Question, type Reading } from './app'

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '20,24' },
    rounds: { type: 'string', default: '12' },
    write: { type: 'boolean', default: false },
  },
})
const ROUNDS = Number(values.rounds)
const SECONDS = 2
/** Requests per second: far fewer than the app could answer. */
const RATE = 400
const WARM_UP_SECONDS = 25
/** memprof's own inquiries stay away. */
const ENV = {
  MEMPROF_INTERVAL: '1h',
  MEMPROF_LEAK_INTERVAL: '1h',
  MEMPROF_DESTINATION: '/dev/null',
}

interface Round extends Reading {
  readonly us: number
  readonly requests: number
}

type Rounds = Readonly<Record<Kind, Round>>

interface Figures {
  readonly node: number
  readonly rounds: readonly Rounds[]
  readonly before: readonly Rounds[]
  readonly after: readonly Rounds[]
  readonly hits: readonly Rounds[]
  readonly slicesPerRequest: number
  readonly openings: readonly Opening[]
}

async function send(app: App, seconds: number): Promise<number> {
  const { sent, errors } = await loadAtRate({
    port: app.port,
    routes: [{ name: 'order', weight: 1, visit: () => ({ path: '/orders/7' }) }],
    seconds,
    rate: RATE,
    steady: true,
    random: () => createRandom(1),
  })
  if (errors > 0) throw new Error(`${errors} requests failed`)
  return sent['order']!
}

async function measureOn(major: number): Promise<Figures> {
  const node = binaryOf(major)
  if (!node) throw new Error(`Node ${major} cannot be had`)
  const file = path.join(__dirname, 'app.js')
  const app = await launchApp(file, { node, control: null, channel: true, env: ENV })
  const ask = <T>(question: Question): Promise<T> => app.ask<T>(question)
  async function round(kind: Kind): Promise<Round> {
    await ask(kind)
    const requests = await send(app, SECONDS)
    const reading = await ask<Reading>('end')
    return { ...reading, requests, us: reading.cpuUs / requests }
  }
  async function repeat(count: number, kinds: readonly Kind[]): Promise<Rounds[]> {
    const all: Rounds[] = []
    while (all.length < count) {
      const from = all.length % kinds.length
      const rounds: Partial<Record<Kind, Round>> = {}
      for (const kind of [...kinds.slice(from), ...kinds.slice(0, from)]) {
        rounds[kind] = await round(kind)
      }
      all.push(rounds as Rounds)
    }
    return all
  }
  try {
    await send(app, WARM_UP_SECONDS)
    const before = await repeat(ROUNDS / 2, ['none'])
    const openings = [await ask<Opening>('open')]
    const rounds = await repeat(ROUNDS, KINDS)
    const after = await repeat(ROUNDS / 2, ['none'])
    await ask('count')
    const counted = await send(app, SECONDS)
    const { slices } = await ask<Reading>('end')
    // Last: on some Nodes each hit leaves a script behind until the next GC.
    const hits = await repeat(ROUNDS / 2, ['containers', 'hits'])
    await ask('load')
    await send(app, SECONDS)
    openings.push(await ask<Opening>('open'))
    const slicesPerRequest = slices / counted
    return { node: major, rounds, before, after, hits, slicesPerRequest, openings }
  } finally {
    await app.end('SIGKILL')
  }
}

function spread(numbers: readonly number[], digits: number): string {
  const [middle, low, high] = [median(numbers), Math.min(...numbers), Math.max(...numbers)]
  return `${middle.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`
}

/** What `kind` costs more than `without`, divided by how often it was done in a request; us. */
function each(
  rounds: readonly Rounds[],
  kind: Kind,
  without: Kind,
  perRequest: (round: Round) => number,
): string {
  const costs = rounds.map((all) => (all[kind].us - all[without].us) / perRequest(all[kind]))
  return spread(costs, kind === 'hits' ? 0 : 2)
}

function ratio({ rounds }: Figures, kind: Kind): string {
  const ratios = rounds.map((all) => all[kind].us / all.none.us)
  return spread(ratios, 2)
}

/** Done after the last trace, to before the first. */
function ratioAfter({ before, after }: Figures): string {
  const ratios = after.map(({ none }, at) => none.us / before[at]!.none.us)
  return spread(ratios, 2)
}

function asCounted({ rounds }: Figures): string {
  const costs = rounds.map(({ logpoints: { hitsMs, hits } }) => (hitsMs * 1000) / hits)
  return spread(costs, 0)
}

function perRequestOfNone({ rounds }: Figures): string {
  const costs = rounds.map(({ none }) => none.us)
  return spread(costs, 0)
}

const CONTAINERS = 4
type Row = readonly [string, (figures: Figures) => string]

const ROWS: readonly Row[] = [
  ['no trace, CPU µs per request', perRequestOfNone],
  ['marks, ratio', (of) => ratio(of, 'marks')],
  ['and slices, ratio', (of) => ratio(of, 'slices')],
  [`and ${CONTAINERS} containers, ratio`, (of) => ratio(of, 'containers')],
  ['and logpoints in 4 functions, ratio', (of) => ratio(of, 'logpoints')],
  ['after the last trace to before the first, ratio', ratioAfter],
  ['slices per request', ({ slicesPerRequest }) => slicesPerRequest.toFixed(1)],
  ['a slice, µs', (of) => each(of.rounds, 'slices', 'marks', () => of.slicesPerRequest)],
  [
    'a container in a slice, µs',
    (of) => each(of.rounds, 'containers', 'slices', () => of.slicesPerRequest * CONTAINERS),
  ],
  [
    'a hit, µs',
    (of) => each(of.hits, 'hits', 'containers', ({ hits, requests }) => hits / requests),
  ],
  ['a hit, as memprof counts it, µs', asCounted],
  ...[0, 1].flatMap((at): Row[] => [
    ['scripts, and heap', ({ openings }) => sizes(openings[at]!)],
    ['start of the debugger then', ({ openings }) => `${openings[at]!.openMs.toFixed(0)} ms`],
    ['a logpoint to set then', ({ openings }) => `${openings[at]!.setMs.toFixed(1)} ms`],
  ]),
]

function sizes({ scripts, heapBytes }: Opening): string {
  return `${scripts}, ${(heapBytes / 1e6).toFixed(0)} MB`
}

async function main(): Promise<void> {
  const figures: Figures[] = []
  for (const major of values.nodes.split(',')) figures.push(await measureOn(Number(major)))
  const conditions = `${cpus()[0]!.model}, ${new Date().toISOString().slice(0, 10)}. ${ROUNDS} rounds of ${SECONDS} s each, ${RATE} requests per second. Medians, with the lowest and the highest.`
  const table = markdownTable(
    ['', ...figures.map(({ node }) => `Node ${node}`)],
    ROWS.map(([name, show]) => [name, ...figures.map(show)]),
  )
  const text = `${conditions}\n\n${table}`
  console.log(text)
  if (values.write) writeBlock('docs/cost.md', 'trace', text)
}

void main()
