/**
 * The figures as people decide by them, in Markdown: memprof beside the other tools on the two main apps,
 * memprof beside nothing on the rest, a row each. Pure.
 */
import { median } from '../../test/support/median'
import type { FunctionShare } from '../../test/support/probe'
import { markdownTable } from '../../test/support/table'
import type { Growth } from './growth'
import type { CpuRun, OwnFigures, StartRun } from './measure'
import { allVariants, DEFAULTS, DISABLED, LEAKS_OFF, NONE, NONE_AGAIN } from './variants'
import { BARE, EXPRESS } from './apps'

/** By variant, in the order of the rounds. */
export type ByVariant<T> = ReadonlyMap<string, readonly T[]>

export interface AppFigures {
  readonly app: string
  readonly cpu: ByVariant<CpuRun>
  readonly allocatedBytes: ByVariant<number>
  /** Of the main thread, in user mode. */
  readonly instructions: ByVariant<number>
}

export interface Report {
  readonly node: string
  readonly cpuModel: string
  readonly date: string
  readonly rounds: number
  readonly pinned: boolean
  readonly peers: string
  /** Why perf counted nothing; null where it did. */
  readonly noPerf: string | null
  /** Processes that wanted to run before the first of ours did, over a minute. */
  readonly loadBefore: number
  readonly apps: readonly AppFigures[]
  readonly startApp: string
  readonly start: ByVariant<StartRun>
  /** CPU of bare http by the connections that ask at once. */
  readonly curve: ReadonlyMap<number, ByVariant<CpuRun>>
  readonly functions: readonly FunctionShare[]
  readonly own: readonly OwnFigures[]
  readonly growth: Growth | null
}

/** Functions named. */
const MAX_FUNCTIONS = 5

/** What was measured, by part; each stands for itself, with the conditions it was measured under. */
export function renderParts(report: Report): Map<string, string> {
  const sections: Record<string, readonly string[]> = {
    instructions: renderInstructions(report),
    cpu: renderCpu(report),
    allocation: renderAllocation(report),
    start: renderStart(report),
    curves: renderCurve(report),
    own: [...renderFunctions(report), ...renderOwn(report), ...renderGrowth(report)],
  }
  return new Map(
    Object.entries(sections)
      .filter(([, texts]) => texts.length > 0)
      .map(([part, texts]) => [
        part,
        [conditions(report, part), ...renderBudgets(report, part), ...texts].join('\n\n'),
      ]),
  )
}

function conditions(report: Report, part: string): string {
  const { node, cpuModel, date, rounds, pinned, noPerf, peers, loadBefore } = report
  const sentences = [`Node ${node}, ${cpuModel}, ${date}.`]
  sentences.push(`Load average of the machine before the first run: ${loadBefore.toFixed(1)}.`)
  if (part === 'cpu') {
    sentences.push(
      `${rounds} rounds, interleaved; ${pinned ? 'the server on one core, the load on another' : 'not pinned to cores (no taskset here)'}. Medians; a ratio is the median of the rounds, with the lowest and the highest.`,
    )
    if (noPerf !== null)
      sentences.push(`Instructions of user and kernel are not counted: ${noPerf}.`)
    sentences.push(`Beside: ${peers}.`)
  }
  return sentences.join(' ')
}

interface Budget {
  readonly part: string
  readonly name: string
  readonly limit: number
  readonly measured: number | null
  readonly unit: string
}

function budgets({ apps, start, growth }: Report): Budget[] {
  const of = (name: string): AppFigures | undefined => apps.find(({ app }) => app === name)
  const instructions = (app: string, variant: string): number | null => {
    const counts = of(app)?.instructions
    const [run] = counts?.get(variant) ?? []
    const [none] = counts?.get(NONE) ?? []
    return run === undefined || none === undefined ? null : run / none
  }
  const more = <T>(runs: ByVariant<T> | undefined, pick: (run: T) => number): number | null => {
    const [some, none] = [runs?.get(DEFAULTS) ?? [], runs?.get(NONE) ?? []]
    return some.length > 0 && none.length > 0
      ? median(some.map(pick)) - median(none.map(pick))
      : null
  }
  const bytes = (one: number): number => one
  const rss = more(of(EXPRESS.name)?.cpu, ({ rssBytes }) => rssBytes / 1e6)
  const live = growth?.liveHeapBytes
  return [
    {
      part: 'instructions',
      name: 'Express 5, defaults: instructions, ratio',
      limit: 1.04,
      measured: instructions(EXPRESS.name, DEFAULTS),
      unit: '',
    },
    {
      part: 'instructions',
      name: 'Express 5, leaks off: instructions, ratio',
      limit: 1.03,
      measured: instructions(EXPRESS.name, LEAKS_OFF),
      unit: '',
    },
    {
      part: 'instructions',
      name: 'bare http, defaults: instructions, ratio',
      limit: 1.2,
      measured: instructions(BARE.name, DEFAULTS),
      unit: '',
    },
    {
      part: 'instructions',
      name: 'Express 5, disabled: instructions, ratio',
      limit: 1.005,
      measured: instructions(EXPRESS.name, DISABLED),
      unit: '',
    },
    {
      part: 'allocation',
      name: 'bytes allocated per request, Express 5',
      limit: 700,
      measured: more(of(EXPRESS.name)?.allocatedBytes, bytes),
      unit: '',
    },
    {
      part: 'start',
      name: 'time to listening',
      limit: 25,
      measured: more(start, ({ listeningMs }) => listeningMs),
      unit: ' ms',
    },
    { part: 'cpu', name: 'memory at rest, Express 5', limit: 12, measured: rss, unit: ' MB' },
    {
      part: 'own',
      name: 'live heap, from the first million requests to the fifth',
      limit: 0.5,
      measured: live ? (live.at(-1)! - live[0]!) / 1e6 : null,
      unit: ' MB',
    },
  ]
}

function renderBudgets(report: Report, ofPart: string): string[] {
  const text = (value: number, unit: string): string =>
    unit === '' && value < 10 ? value.toFixed(3) : `${value.toFixed(unit === ' MB' ? 1 : 0)}${unit}`
  const rows = budgets(report).flatMap(({ part, name, limit, measured, unit }) =>
    part !== ofPart || measured === null
      ? []
      : [
          [
            name,
            text(limit, unit),
            text(measured, unit),
            measured <= limit ? 'yes' : `missed by ${text(measured - limit, unit)}`,
          ],
        ],
  )
  return rows.length > 0 ? [markdownTable(['budget', 'at most', 'measured', 'met'], rows)] : []
}

/** Beside all the tools; what each figure is more than, or by which factor, is that of `none`. */
function mainTable(
  { apps }: Report,
  headings: readonly string[],
  cellsOf: (figures: AppFigures, variant: string) => readonly string[] | null,
): string[] {
  const main = [EXPRESS, BARE].flatMap(({ name }) => apps.filter(({ app }) => app === name))
  const empty = headings.map(() => '')
  const rows = allVariants('')
    .map(({ name }) => ({ name, cells: main.map((of) => cellsOf(of, name)) }))
    .filter(({ cells }) => cells.some((one) => one !== null))
    .map(({ name, cells }) => [name, ...cells.flatMap((one) => one ?? empty)])
  const head = main.flatMap(({ app }) => headings.map((heading) => `${app}: ${heading}`))
  return rows.length === 0 ? [] : [markdownTable(['variant', ...head], rows)]
}

function renderInstructions(report: Report): string[] {
  return mainTable(report, ['instructions', 'ratio'], ({ instructions }, variant) => {
    const [count] = instructions.get(variant) ?? []
    const [none] = instructions.get(NONE) ?? []
    return count === undefined || none === undefined
      ? null
      : [grouped(count), (count / none).toFixed(3)]
  })
}

/** Bytes more than `none` has. */
function moreBytes({ allocatedBytes }: AppFigures, variant: string): string | null {
  const [some, none] = [allocatedBytes.get(variant) ?? [], allocatedBytes.get(NONE) ?? []]
  return some.length === 0 || none.length === 0 ? null : signed(median(some) - median(none), 0)
}

function renderAllocation(report: Report): string[] {
  const beside = mainTable(report, ['bytes more'], (figures, variant) => {
    const more = moreBytes(figures, variant)
    return more === null ? null : [more]
  })
  const rows = otherFigures(report).flatMap((figures) => {
    const cells = [NONE_AGAIN, DEFAULTS].map((variant) => moreBytes(figures, variant))
    return cells.includes(null) ? [] : [[figures.app, ...(cells as string[])]]
  })
  return rows.length === 0
    ? beside
    : [...beside, markdownTable(['app', NONE_AGAIN, DEFAULTS], rows)]
}

function otherFigures({ apps }: Report): AppFigures[] {
  return apps.filter(({ app }) => app !== EXPRESS.name && app !== BARE.name)
}

function renderCpu(report: Report): string[] {
  const beside = [EXPRESS, BARE].flatMap(({ name }) =>
    report.apps.flatMap((figures) => (figures.app === name ? renderApp(figures) : [])),
  )
  const rows = otherFigures(report).flatMap(({ app, cpu }) => {
    const [none, again, some] = [NONE, NONE_AGAIN, DEFAULTS].map((of) => cpu.get(of) ?? [])
    if (none!.length === 0 || again!.length === 0 || some!.length === 0) return []
    const us = (runs: readonly CpuRun[] | undefined): number[] =>
      runs!.map((run) => run.cpuUsPerRequest)
    const p99 = (runs: readonly CpuRun[] | undefined): string =>
      median(runs!.map((run) => run.p99Ms)).toFixed(2)
    const figures = [median(us(none)).toFixed(1), ratio(us(again), us(none))]
    return [
      [app, ...figures, ratio(us(some), us(none)), p99(none), p99(some), rssMore(some!, none!)],
    ]
  })
  const headings = ['app', 'none, CPU µs', NONE_AGAIN, DEFAULTS, 'none, p99 ms', 'defaults, p99 ms']
  return rows.length === 0
    ? beside
    : [...beside, `### Other apps\n\n${markdownTable([...headings, 'rss, MB more'], rows)}`]
}

function rssMore(runs: readonly CpuRun[], none: readonly CpuRun[]): string {
  const rss = (of: readonly CpuRun[]): number => median(of.map(({ rssBytes }) => rssBytes))
  return signed((rss(runs) - rss(none)) / 1e6, 1)
}

function renderApp({ app, cpu }: AppFigures): string[] {
  const none = cpu.get(NONE)
  if (!none) return []
  const rows = [...cpu].map(([name, runs]) => {
    const us = (of: readonly CpuRun[]): number[] => of.map((run) => run.cpuUsPerRequest)
    return [
      name,
      median(us(runs)).toFixed(1),
      ratio(us(runs), us(none)),
      grouped(median(runs.map((run) => run.requestsPerSecond))),
      median(runs.map((run) => run.p50Ms)).toFixed(2),
      median(runs.map((run) => run.p99Ms)).toFixed(2),
      rssMore(runs, none),
    ]
  })
  const headings = ['CPU µs', 'ratio to none', 'requests/s', 'p50 ms', 'p99 ms', 'rss, MB more']
  return [`### ${app}\n\n${markdownTable(['variant', ...headings], rows)}`]
}

function renderStart({ startApp, start }: Report): string[] {
  const none = start.get(NONE)
  if (!none) return []
  const listening = (runs: readonly StartRun[]): number =>
    median(runs.map(({ listeningMs }) => listeningMs))
  const answering = (runs: readonly StartRun[]): number =>
    median(runs.map(({ firstAnswerMs }) => firstAnswerMs))
  const rows = [...start].map(([name, runs]) => [
    name,
    listening(runs).toFixed(0),
    signed(listening(runs) - listening(none), 0),
    answering(runs).toFixed(0),
    signed(answering(runs) - answering(none), 0),
  ])
  return [
    `### Start-up: ${startApp}`,
    markdownTable(['variant', 'ms to listening', 'more', 'ms to the first answer', 'more'], rows),
  ]
}

function renderCurve({ curve }: Report): string[] {
  if (curve.size === 0) return []
  const rows = [...curve].map(([connections, cpu]) => {
    const us = (name: string): number[] => cpu.get(name)!.map((run) => run.cpuUsPerRequest)
    const [none, defaults] = [us(NONE), us(DEFAULTS)]
    return [
      String(connections),
      median(none).toFixed(1),
      median(defaults).toFixed(1),
      signed(median(defaults) - median(none), 1),
    ]
  })
  return [
    `### By the requests in flight: ${BARE.name}`,
    markdownTable(['connections', 'none, CPU µs', 'defaults, CPU µs', 'more'], rows),
  ]
}

function renderFunctions({ functions }: Report): string[] {
  if (functions.length === 0) return []
  const total = functions.reduce((sum, { share }) => sum + share, 0)
  const percent = (share: number): string => `${(share * 100).toFixed(2)} %`
  const first = functions
    .slice(0, MAX_FUNCTIONS)
    .map((one) => `\`${one.function}\` in ${one.file} (${percent(one.share)})`)
  return [
    `${EXPRESS.name}, defaults: memprof's functions take ${percent(total)} of the time in which the process worked, by the CPU profile; what they call in Node and V8 counts there. First ${first.join(', ')}.`,
  ]
}

function renderOwn({ own }: Report): string[] {
  if (own.length === 0) return []
  return [
    '### What memprof says of itself, with a reading of the live heap every 5 s',
    markdownTable(
      [
        'app',
        'live heap, MB',
        'seconds',
        'requests',
        'own work, ms',
        'pauses, ms',
        'pauses, of the time',
        'own memory, MB',
      ],
      own.map((one) => [
        one.app,
        (one.liveHeapBytes / 1e6).toFixed(0),
        String(one.seconds),
        grouped(one.requests),
        one.cpuMs.toFixed(0),
        one.pauseMs.toFixed(0),
        `${((one.pauseMs / one.seconds / 1000) * 100).toFixed(2)} %`,
        (one.heapBytes / 1e6).toFixed(2),
      ]),
    ),
  ]
}

function renderGrowth({ growth }: Report): string[] {
  if (!growth) return []
  const { requestsPerRound, liveHeapBytes } = growth
  const megabytes = liveHeapBytes.map((bytes) => (bytes / 1e6).toFixed(2)).join(', ')
  return [
    `Memory over many requests, handed to the hooks without sockets, ten in flight: a live heap of ${megabytes} MB after each ${grouped(requestsPerRound)}; ${growth.allocatedBytesPerRequest.toFixed(0)} bytes allocated and ${growth.heapReadingsPerRequest.toFixed(2)} readings of V8's statistics per request.`,
  ]
}

/** One table for the README: of the figures that do not depend on what else the machine does; null without. */
export function renderSummary(report: Report): string | null {
  const { node, cpuModel, apps } = report
  const [bare, express] = [BARE, EXPRESS].map(
    ({ name }) => apps.find(({ app }) => app === name)?.instructions,
  )
  if (!express || express.size === 0) return null
  const ratioOf = (counts: ByVariant<number> | undefined, name: string): string => {
    const [count] = counts?.get(name) ?? []
    const [none] = counts?.get(NONE) ?? []
    return count === undefined || none === undefined ? 'not measured' : (count / none).toFixed(2)
  }
  return [
    'Instructions per request, ratio to none: of the main thread, in user mode.',
    markdownTable(
      ['variant', EXPRESS.name, BARE.name],
      [...express.keys()].map((name) => [name, ratioOf(express, name), ratioOf(bare, name)]),
    ),
    `Node ${node}, ${cpuModel}.`,
  ].join('\n\n')
}

/** Round by round, so that what slows a whole round down cancels. */
function ratios(runs: readonly number[], none: readonly number[]): number[] {
  return runs.map((run, round) => run / none[round]!)
}

function ratio(runs: readonly number[], none: readonly number[]): string {
  const all = ratios(runs, none)
  return `${median(all).toFixed(2)} (${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)})`
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

function signed(value: number, digits: number): string {
  const text = value.toFixed(digits)
  if (Number(text) === 0) return (0).toFixed(digits)
  return value > 0 ? `+${text}` : text
}
