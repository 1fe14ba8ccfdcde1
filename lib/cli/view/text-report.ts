/** The report for a terminal, or for whatever program a pipe leads to. */
import type { ReadCounts } from '../log/read-log'
import type { LogSummary } from '../summary/summary'
import type { Output } from './terminal'
import { areaChart, axisWidth, sparkline } from './chart'
import { memorySeries, type MemorySeries } from './memory-series'
import { countOf, formatBytes, formatCount, formatSeconds, formatTime } from './numbers'
import { endOf, headline, notes, otherVerdicts } from './overview'
import { printable } from './printable'
import { ROUTE_COLUMNS, routeRow } from './routes-table'
import { leakDetails, leakSentence, whereItLeaks } from './sentences'
import { type Paint, painter, paintVerdict } from './style'
import { alignedTable, type Column, tabbedTable, withoutEmpty } from './table'
import { wrap } from './width'

/** Routes in the terminal's table; a pipe gets all. */
const MAX_ROUTES = 40
const MAX_PROCESSES = 20
const MAX_LEAKS = 20
const MAX_WARNINGS = 10
/** Rows of the chart. */
const CHART_ROWS = 6
/** Columns of the chart that one step of time takes at most. */
const MAX_STEP_COLUMNS = 8
/** Rows of the table of memory over time that a pipe gets. */
const TABLE_STEPS = 60
const INDENT = '  '

/** @returns lines without a newline at the end; nothing in them but text, line ends and our own colours */
export function textReport(summary: LogSummary, counts: ReadCounts, output: Output): string {
  const paint = painter(output.color)
  const sections = output.isTerminal
    ? [
        wrap(headline(summary), output.columns, INDENT).map((line) => paint('bold', line)),
        verdictSection(summary, output, paint),
        warningSection(summary, output, paint),
        routeSection(summary, output, paint),
        memorySection(summary, output, paint),
        processSection(summary, output, paint),
        notes(summary, counts).flatMap((note) => wrap(note, output.columns, '')),
      ]
    : [
        [headline(summary)],
        verdictLines(summary),
        warningLines(summary),
        tabbedTable(
          ROUTE_COLUMNS,
          summary.routes.map((route) => routeRow(route, summary)),
        ),
        memoryTable(summary),
        notes(summary, counts),
      ]
  return sections
    .filter((section) => section.length > 0)
    .map((section) => section.join('\n'))
    .join('\n\n')
}

/** A sentence each. */
function verdictLines(summary: LogSummary): string[] {
  const leaks = summary.leaks.map((leak) => {
    const where = whereItLeaks(leak, summary)
    return where === null ? leakSentence(leak) : `${leakSentence(leak)} (${where})`
  })
  return [...leaks, ...otherVerdicts(summary)]
}

function verdictSection(summary: LogSummary, output: Output, paint: Paint): string[] {
  const lines: string[] = []
  for (const leak of summary.leaks.slice(0, MAX_LEAKS)) {
    const [first, ...more] = wrap(leakSentence(leak), output.columns, INDENT)
    lines.push(paint(leak.since === null ? 'red' : 'yellow', first!), ...more)
    const where = whereItLeaks(leak, summary)
    for (const detail of [...(where === null ? [] : [where]), ...leakDetails(leak)]) {
      lines.push(
        ...wrap(INDENT + detail, output.columns, INDENT + INDENT).map((line) => paint('dim', line)),
      )
    }
  }
  const hidden = summary.leaks.length - MAX_LEAKS
  if (hidden > 0) lines.push(`${countOf(hidden, 'more leak')}: memprof report … | less shows all.`)
  lines.push(...otherVerdicts(summary).flatMap((line) => wrap(line, output.columns, '')))
  return lines
}

function warningLines({ warnings }: LogSummary): string[] {
  return warnings.map(({ msg, code, count }) => {
    const times = count > 1 ? ` (${formatCount(count)} times)` : ''
    return `warning: ${printable(msg === '' ? code : msg, 500)}${times}`
  })
}

function warningSection(summary: LogSummary, output: Output, paint: Paint): string[] {
  return warningLines(summary)
    .slice(0, MAX_WARNINGS)
    .flatMap((line) => wrap(line, output.columns, INDENT))
    .map((line) => paint('yellow', line))
}

function routeSection(summary: LogSummary, output: Output, paint: Paint): string[] {
  const shown = summary.routes.slice(0, MAX_ROUTES)
  if (shown.length === 0) return []
  const [columns, rows] = withoutEmpty(
    ROUTE_COLUMNS,
    shown.map((route) => routeRow(route, summary)),
  )
  const [titles, ...lines] = alignedTable(columns, rows, output.columns)
  const painted = lines.map((line, at) => paintVerdict(paint, line, shown[at]!.verdict))
  const hidden = summary.routes.length - shown.length
  const more =
    hidden > 0 ? [`${countOf(hidden, 'more route')}: memprof report … | less shows all.`] : []
  return [paint('bold', titles!), ...painted, ...more]
}

function memorySection(summary: LogSummary, output: Output, paint: Paint): string[] {
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
    ? 'Live heap over time (after full collections)'
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

function memoryTable(summary: LogSummary): string[] {
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

const PROCESS_COLUMNS: readonly Column[] = [
  { title: 'process', align: 'left' },
  { title: 'version', align: 'left', spare: 3 },
  { title: 'began', align: 'left', spare: 1 },
  { title: 'lived', align: 'right', spare: 2 },
  { title: 'requests', align: 'right' },
  { title: 'highest rss', align: 'right' },
  { title: 'ended', align: 'left' },
]

/** Only where there are several: one is told by the headline. */
function processSection(summary: LogSummary, output: Output, paint: Paint): string[] {
  const { instances, to } = summary
  if (instances.length < 2) return []
  const rows = instances.slice(-MAX_PROCESSES).map((instance) => {
    const { hostname, pid, threadId, version, firstTime, lastTime, requests, maxRssBytes } =
      instance
    const thread = threadId === 0 ? '' : ` thread ${threadId}`
    return [
      `${printable(hostname, 40)} ${pid}${thread}`,
      printable(version, 20),
      formatTime(firstTime),
      formatSeconds((lastTime - firstTime) / 1000),
      formatCount(requests),
      formatBytes(maxRssBytes),
      endOf(instance, to),
    ]
  })
  const [titles, ...lines] = alignedTable(PROCESS_COLUMNS, rows, output.columns)
  const hidden = instances.length - rows.length
  const more =
    hidden > 0 ? [`${countOf(hidden, 'earlier process', 'earlier processes')} not shown`] : []
  return [paint('bold', titles!), ...lines, ...more]
}
