/** The figures as Markdown that also reads well in a terminal. Pure. */
import type { CpuRun } from './measure'
import { NONE } from './variants'

/** By variant, in the order of the rounds. */
export type ByVariant<T> = ReadonlyMap<string, readonly T[]>

export interface AppFigures {
  readonly app: string
  readonly cpu: ByVariant<CpuRun>
  readonly allocatedBytes: ByVariant<number>
}

/** memprof's own figures of one longer run with defaults, from its `stop` line. */
export interface OwnFigures {
  readonly app: string
  readonly seconds: number
  readonly requests: number
  readonly cpuMs: number
  readonly pauseMs: number
}

export interface Report {
  readonly node: string
  readonly cpuModel: string
  readonly date: string
  readonly rounds: number
  readonly pinned: boolean
  /** Why instructions were not counted; null where they were. */
  readonly noInstructions: string | null
  readonly apps: readonly AppFigures[]
  readonly startApp: string
  readonly startMs: ByVariant<number>
  readonly own: OwnFigures | null
}

export function renderReport(report: Report): string {
  const { node, cpuModel, rounds, pinned, noInstructions, startApp, startMs, own } = report
  return [
    `Node ${node}, ${cpuModel}, ${report.date}. ${rounds} rounds, interleaved, each run a fresh process;` +
      ` ${pinned ? 'the server on one core, the load on another' : 'not pinned to cores (no taskset here)'}.` +
      ' Medians; a ratio is the median of the rounds, with the lowest and the highest.' +
      (noInstructions === null ? '' : ` Instructions are not counted: ${noInstructions}.`),
    ...report.apps.map(renderApp),
    `### Start-up: ${startApp}`,
    table(
      ['variant', 'ms to listening', 'more than none'],
      [...startMs].map(([name, runs]) => [
        name,
        median(runs).toFixed(0),
        signed(median(runs) - median(startMs.get(NONE)!), 0),
      ]),
    ),
    ...(own ? [renderOwn(own)] : []),
  ].join('\n\n')
}

function renderApp({ app, cpu, allocatedBytes }: AppFigures): string {
  const none = cpu.get(NONE)!
  const counted = none.every((run) => run.instructionsPerRequest !== null)
  const headings = [
    'variant',
    'CPU µs per request',
    'ratio to none',
    ...(counted ? ['instructions per request', 'ratio to none'] : []),
    'bytes allocated per request',
    'more than none',
    'rss, MB more',
    'heap, MB more',
  ]
  const rows = [...cpu].map(([name, runs]) => {
    const of = (pick: (run: CpuRun) => number): [number[], number[]] => [
      runs.map(pick),
      none.map(pick),
    ]
    const [cpuUs, cpuUsOfNone] = of((run) => run.cpuUsPerRequest)
    const [count, countOfNone] = of((run) => run.instructionsPerRequest ?? Number.NaN)
    const [rss, rssOfNone] = of((run) => run.rssBytes)
    const [heap, heapOfNone] = of((run) => run.heapUsedBytes)
    const bytes = allocatedBytes.get(name) ?? []
    const bytesOfNone = allocatedBytes.get(NONE) ?? []
    return [
      name,
      median(cpuUs).toFixed(1),
      ratio(cpuUs, cpuUsOfNone),
      ...(counted ? [grouped(median(count)), ratio(count, countOfNone)] : []),
      bytes.length > 0 ? grouped(median(bytes)) : 'not known',
      bytes.length > 0 && bytesOfNone.length > 0
        ? signed(median(bytes) - median(bytesOfNone), 0)
        : 'not known',
      signed((median(rss) - median(rssOfNone)) / 1e6, 1),
      signed((median(heap) - median(heapOfNone)) / 1e6, 2),
    ]
  })
  return `### ${app}\n\n${table(headings, rows)}`
}

function renderOwn({ app, seconds, requests, cpuMs, pauseMs }: OwnFigures): string {
  return (
    `### What memprof says of itself: ${app}, defaults\n\n` +
    `In ${seconds} s and ${grouped(requests)} requests: ${cpuMs.toFixed(0)} ms of its own work at the` +
    ` drains, ${pauseMs.toFixed(0)} ms in pauses of its own,` +
    ` ${((pauseMs / seconds / 1000) * 100).toFixed(2)} % of the time.`
  )
}

/** One paragraph for the README. */
export function renderSummary(report: Report): string {
  const { node, cpuModel, startMs } = report
  const rows = report.apps.map(({ app, cpu, allocatedBytes }) => {
    const of = (name: string, pick: (run: CpuRun) => number): number[] => cpu.get(name)!.map(pick)
    const bytes = allocatedBytes.get('defaults') ?? []
    const bytesOfNone = allocatedBytes.get(NONE) ?? []
    const againstNone = (name: string): string => ratio(of(name, cpuUs), of(NONE, cpuUs))
    const cpuUs = (run: CpuRun): number => run.cpuUsPerRequest
    const rss = (run: CpuRun): number => run.rssBytes
    return [
      app,
      againstNone('none again'),
      againstNone('disabled'),
      againstNone('leaks off'),
      againstNone('defaults'),
      bytes.length > 0 && bytesOfNone.length > 0
        ? signed(median(bytes) - median(bytesOfNone), 0)
        : 'not known',
      `${signed((median(of('defaults', rss)) - median(of(NONE, rss))) / 1e6, 1)} MB`,
    ]
  })
  const startsLater = median(startMs.get('defaults')!) - median(startMs.get(NONE)!)
  return [
    'Server CPU per request, ratio to none: median (lowest to highest) of the rounds.',
    table(
      [
        'app',
        'none again',
        'disabled',
        'leaks off',
        'defaults',
        'bytes more per request',
        'rss more',
      ],
      rows,
    ),
    `Start-up, ${report.startApp}: ${signed(startsLater, 0)} ms. Node ${node}, ${cpuModel}.`,
  ].join('\n\n')
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Round by round, so that what slows a whole round down cancels. */
function ratio(runs: readonly number[], none: readonly number[]): string {
  const ratios = runs.map((run, round) => run / none[round]!)
  const [low, high] = [Math.min(...ratios), Math.max(...ratios)]
  return `${median(ratios).toFixed(3)} (${low.toFixed(2)} to ${high.toFixed(2)})`
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

function signed(value: number, digits: number): string {
  const text = value.toFixed(digits)
  if (Number(text) === 0) return (0).toFixed(digits)
  return value > 0 ? `+${text}` : text
}

/** Columns padded; the first to the left, figures to the right. */
function table(headings: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]!.length)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join(' | ')} |`
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  )
  return [line(headings), line(rule), ...rows.map(line)].join('\n')
}
