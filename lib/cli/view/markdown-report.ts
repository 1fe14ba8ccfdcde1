/** The report for an issue or a pull request. */
import type { ReadCounts } from '../log/read-log'
import type { LogSummary } from '../summary/summary'
import { booksSentences } from './books'
import { sparkline } from './chart'
import { memorySeries } from './memory-series'
import { formatBytes } from './numbers'
import { headline, notes, otherVerdicts } from './overview'
import { printable } from './printable'
import { ROUTE_COLUMNS, routeRow } from './routes-table'
import { leakDetails, leakSentence, whereItLeaks } from './sentences'

/** Routes in the table; issues have a limit of 65,536 characters. */
const MAX_ROUTES = 100
const MAX_LEAKS = 50
const CHART_STEPS = 72

export function markdownReport(summary: LogSummary, counts: ReadCounts): string {
  return [
    [`**memprof** ${headline(summary, asCode)}`],
    verdicts(summary),
    warnings(summary),
    routes(summary),
    memory(summary),
    booksSentences(summary, asCode),
    notes(summary, counts, asCode).map((note) => `<sub>${note}</sub>`),
  ]
    .filter((section) => section.length > 0)
    .map((section) => section.join('\n'))
    .join('\n\n')
}

/**
 * A name from the log as code, where no Markdown, HTML, mention or issue number means anything. What
 * would end a span of code or a table's cell is written as a character reference.
 */
export function asCode(name: string): string {
  const text = printable(name)
  if (text === '') return ''
  if (!/[`|\\]/.test(text) && text.trim() === text) return `\`${text}\``
  const referenced = text.replaceAll(
    /[^A-Za-z0-9 ]/gu,
    (character) => `&#${character.codePointAt(0) ?? 0};`,
  )
  return `<code>${referenced}</code>`
}

function verdicts(summary: LogSummary): string[] {
  const leaks = summary.leaks.slice(0, MAX_LEAKS).flatMap((leak) => {
    const where = whereItLeaks(leak, summary, asCode)
    const details = [...(where === null ? [] : [where]), ...leakDetails(leak, asCode)]
    return [`- ${leakSentence(leak, asCode)}`, ...details.map((detail) => `  - ${detail}`)]
  })
  return [...leaks, ...otherVerdicts(summary).map((line) => `- ${line.replaceAll('_', '\\_')}`)]
}

function warnings({ warnings: found }: LogSummary): string[] {
  return found.map(({ msg, code }) => `> warning: ${asCode(msg === '' ? code : msg)}`)
}

function routes(summary: LogSummary): string[] {
  const shown = summary.routes.slice(0, MAX_ROUTES)
  if (shown.length === 0) return []
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const hidden = summary.routes.length - shown.length
  return [
    row(ROUTE_COLUMNS.map(({ title }) => title)),
    row(ROUTE_COLUMNS.map(({ align }) => (align === 'right' ? '---:' : '---'))),
    ...shown.map((route) => row(routeRow(route, summary, asCode).map(withoutAngles))),
    ...(hidden > 0 ? ['', `${hidden} more routes.`] : []),
  ]
}

/** Our own `< 40 B`: no tag, but some readers take it for the beginning of one. */
function withoutAngles(cell: string): string {
  return cell.startsWith('< ') ? `&lt; ${cell.slice(2)}` : cell
}

function memory(summary: LogSummary): string[] {
  const series = memorySeries(summary, CHART_STEPS)
  if (!series) return []
  const rows = (
    [
      ['rss', series.rssBytes],
      ['heap used', series.heapUsedBytes],
      ['live heap', series.liveHeapBytes],
    ] as const
  ).flatMap(([name, values]) => {
    const known = values.filter((value) => value !== null)
    if (known.length === 0) return []
    const range = `${formatBytes(known[0]!)} to ${formatBytes(known.at(-1)!)}`
    return [`${name.padEnd(9)} ${sparkline(values)} ${range}`]
  })
  return ['```text', ...rows, '```']
}
