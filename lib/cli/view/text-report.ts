/** The report for a terminal, or for whatever program a pipe leads to. */
import type { SiteFrame } from '../../schema/lines'
import type { ReadCounts } from '../log/read-log'
import type { LeakSummary, LogSummary } from '../summary/summary'
import { booksSentences, processName } from './books'
import type { Output } from './terminal'
import { memorySection, memoryTable } from './memory-text'
import { countOf, formatBytes, formatCount, formatSeconds, formatTime } from './numbers'
import { endOf, headline, notes, otherVerdicts } from './overview'
import { printable } from './printable'
import { ROUTE_COLUMNS, routeRow } from './routes-table'
import { siteName } from '../../emit/leak-words'
import { leakDetails, leakSentence, unheldWords, whereItLeaks } from './sentences'
import type { ReadSource } from './source-file'
import { sourceLines } from './source-lines'
import { type Paint, painter, paintVerdict } from './style'
import { alignedTable, type Column, tabbedTable, withoutEmpty } from './table'
import { wrap } from './width'

/** Routes in the terminal's table; a pipe gets all. */
const MAX_ROUTES = 40
const MAX_PROCESSES = 20
const MAX_LEAKS = 20
const MAX_WARNINGS = 10
const INDENT = '  '

/** @returns lines without a newline at the end; nothing in them but text, line ends and our own colours */
export function textReport(
  summary: LogSummary,
  counts: ReadCounts,
  output: Output,
  readSource: ReadSource = () => null,
): string {
  const paint = painter(output.color)
  const sections = output.isTerminal
    ? [
        wrap(headline(summary), output.columns, INDENT).map((line) => paint('bold', line)),
        verdictSection(summary, output, paint, readSource),
        warningSection(summary, output, paint),
        routeSection(summary, output, paint),
        memorySection(summary, output, paint),
        booksSentences(summary).flatMap((line) => wrap(line, output.columns, INDENT)),
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
        booksSentences(summary),
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
    const more = [whereItLeaks(leak, summary), unheldWords(leak)].filter((words) => words !== null)
    return leakSentence(leak) + (more.length === 0 ? '' : ` (${more.join('; ')})`)
  })
  return [...leaks, ...otherVerdicts(summary)]
}

function verdictSection(
  summary: LogSummary,
  output: Output,
  paint: Paint,
  readSource: ReadSource,
): string[] {
  const lines: string[] = []
  for (const leak of summary.leaks.slice(0, MAX_LEAKS)) {
    const [first, ...more] = wrap(leakSentence(leak), output.columns, INDENT)
    lines.push(paint(leak.since === null ? 'red' : 'yellow', first!), ...more)
    lines.push(...sourceOf(leak, output, paint, readSource))
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

/** Around the line that fills what keeps the leak; where that is not here, the line of the app's that allocates it. */
function sourceOf(
  { holders: [holder], sites }: LeakSummary,
  { columns }: Output,
  paint: Paint,
  readSource: ReadSource,
): string[] {
  const isOfApp = ({ file }: SiteFrame): boolean => !file.split('/').includes('node_modules')
  const places = [
    ['filled', holder?.addedAt],
    ['allocated', sites.find((site) => site.lineExact && isOfApp(site))],
  ] as const
  for (const [word, place] of places) {
    const text = place ? readSource(place) : null
    const lines = text === null ? [] : sourceLines(text, place!, columns, paint)
    if (lines.length > 0) return [`${INDENT}${word} in ${siteName(place!, printable)}:`, ...lines]
  }
  return []
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
    const { version, firstTime, lastTime, requests, maxRssBytes } = instance
    return [
      processName(instance),
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
