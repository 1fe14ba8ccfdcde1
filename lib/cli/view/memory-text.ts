/** The memory over time: a chart for a terminal, a table for whatever program a pipe leads to. */
import type { LogSummary } from '../summary/summary'
import { areaChart, axisWidth, sparkline } from './chart'
import { memorySeries, type MemorySeries } from './memory-series'
import { countOf, formatBytes, formatCount, formatTime } from './numbers'
import type { Paint } from './style'
import { type Column, tabbedTable } from './table'
import type { Output } from './terminal'
import { wrap } from './width'

/** Rows of the chart. */
const CHART_ROWS = 6
/** Columns of the chart that one step of time takes at most. */
const MAX_STEP_COLUMNS = 8
/** Rows of the table of memory over time that a pipe gets. */
const TABLE_STEPS = 60

export function memorySection(summary: LogSummary, output: Output, paint: Paint): string[] {
  // Once to learn how wide the labels are, then in the columns they leave.
  const first = memorySeries(summary, output.columns)
  if (!first) return []
  const hasLive = first.liveHeapBytes.some((bytes) => bytes !== null)
  const main = (of: MemorySeries): MemorySeries['rssBytes'] =>
    hasLive ? of.liveHeapBytes : of.heapUsedBytes
  const labelWidth = Math.max('heap used'.length, axisWidth(main(first), CHART_ROWS))
  const room = Math.max(10, output.columns - labelWidth - 2)
  const series = memorySeries(summary, room)
  if (!series) return []
  // A short log fills the width all the same.
  const each = Math.max(1, Math.min(MAX_STEP_COLUMNS, Math.floor(room / series.rssBytes.length)))
  const spread = <T>(values: readonly T[]): T[] =>
    values.flatMap((value) => Array.from({ length: each }, () => value))
  const pad = ' '.repeat(labelWidth + 2)
  const title = hasLive
    ? 'Live heap over time (after major GCs)'
    : 'Heap over time (in use, garbage included)'
  const all = Math.max(...series.processes) > 1 ? ', all processes together' : ''
  const narrower = ' '.repeat(labelWidth - axisWidth(main(series), CHART_ROWS))
  const lines = [
    paint('bold', title + all),
    ...areaChart(spread(main(series)), CHART_ROWS).map((line) => narrower + line),
    `${' '.repeat(labelWidth)} └${axis(series, each)}`,
    pad + timeLabels(series, summary.to ?? series.from, each),
  ]
  const rows = [
    ['rss', series.rssBytes],
    ['heap used', series.heapUsedBytes],
    ['external', series.externalBytes],
    ['requests', series.requests],
  ] as const
  for (const [name, values] of rows) {
    lines.push(`${name.padStart(labelWidth)}  ${sparkline(spread(values))}`.trimEnd())
  }
  lines.push(...wrap(ranges(series).join('; '), room, '').map((line) => paint('dim', pad + line)))
  if (series.restarts.length > 0) {
    const times = series.restartTimes.slice(0, 8).map((time) => formatTime(time).split(' ')[1])
    const more = series.restartTimes.length > 8 ? ', …' : ''
    lines.push(
      `${pad}R: ${countOf(series.restartTimes.length, 'restart')}, ${times.join(', ')}${more}`,
    )
  }
  return lines
}

/** `────R───`: restarts under the steps in which they happened. */
function axis({ restarts, rssBytes }: MemorySeries, each: number): string {
  return rssBytes
    .map((_, step) => (restarts.includes(step) ? 'R' : '─') + '─'.repeat(each - 1))
    .join('')
}

function timeLabels({ from, rssBytes }: MemorySeries, to: number, each: number): string {
  const columns = rssBytes.length * each
  const first = formatTime(from)
  const last = formatTime(to)
  const [day, time] = last.split(' ')
  const end = first.startsWith(day!) ? time! : last
  const blanks = columns - first.length - end.length
  return blanks < 2 ? first : first + ' '.repeat(blanks) + end
}

/** `rss 98 MB to 154 MB, highest 160 MB`, of the sums. */
function ranges(series: MemorySeries): string[] {
  const named = [
    ['rss', series.rssBytes],
    ['heap used', series.heapUsedBytes],
    ['live heap', series.liveHeapBytes],
    ['external', series.externalBytes],
  ] as const
  return named.flatMap(([name, values]) => {
    const range = rangeOf(values)
    return range === null ? [] : [`${name} ${range}`]
  })
}

function rangeOf(values: ReadonlyArray<number | null>): string | null {
  const known = values.filter((value) => value !== null)
  const [first] = known
  if (first === undefined) return null
  return `${formatBytes(first)} to ${formatBytes(known.at(-1)!)}, highest ${formatBytes(Math.max(...known))}`
}

const MEMORY_COLUMNS: readonly Column[] = [
  'time',
  'processes',
  'requests',
  'rss',
  'heap used',
  'live heap',
  'external',
].map((title) => ({ title, align: 'right' }))

export function memoryTable(summary: LogSummary): string[] {
  const series = memorySeries(summary, TABLE_STEPS)
  if (!series) return []
  const bytes = (value: number | null | undefined): string =>
    value == null ? '' : formatBytes(value)
  return tabbedTable(
    MEMORY_COLUMNS,
    series.rssBytes.map((rssBytes, step) => [
      formatTime(series.from + step * series.stepMs),
      formatCount(series.processes[step]!),
      formatCount(series.requests[step]!),
      bytes(rssBytes),
      bytes(series.heapUsedBytes[step]),
      bytes(series.liveHeapBytes[step]),
      bytes(series.externalBytes[step]),
    ]),
  )
}
