/** What happens now, as lines: a screen for `top`, and the same as plain text. */
import { routeName } from '../../emit/leak-words'
import { booksLine, openSentence } from './books'
import type { LiveRoute, LiveState } from '../summary/live'
import { routeKey } from '../summary/live'
import type { LogSummary, RouteSummary } from '../summary/summary'
import { sparkline } from './chart'
import { countOf, formatBytes, formatCount, formatMs, formatSeconds, formatTime } from './numbers'
import { printable } from './printable'
import { leakSentence, retentionText } from './sentences'
import { type Paint, painter, paintVerdict } from './style'
import { alignedTable, type Column, withoutEmpty } from './table'
import { cutEnd, wrap } from './width'

/** The keys that sort the routes, and by what. */
export const SORTS = {
  m: 'memory',
  r: 'requests',
  l: 'latency',
  e: 'errors',
  n: 'name',
} as const
export type SortKey = keyof typeof SORTS

export interface LiveView {
  readonly summary: LogSummary
  readonly state: LiveState
  readonly sort: SortKey
  /** Lines of other programs, newest last; empty where they are hidden. */
  readonly others: readonly string[]
  /** What is followed: a file's name, standard input. */
  readonly source: string
  /** A sentence on what of the log was passed over at the start; '' where nothing was. */
  readonly note: string
  readonly columns: number
  /** Lines at most. */
  readonly rows: number
  readonly color: boolean
}

const COLUMNS: readonly Column[] = [
  { title: 'route', align: 'left' },
  { title: 'req/s', align: 'right' },
  { title: 'mean', align: 'right', spare: 1 },
  { title: 'p99', align: 'right', spare: 4 },
  { title: 'errors/s', align: 'right', spare: 3 },
  { title: 'requests', align: 'right', spare: 2 },
  { title: 'keeps per request', align: 'right' },
  { title: 'verdict', align: 'left' },
]
/** Lines of the screen for leaks, and the share of it for other programs' lines. */
const MAX_LEAK_LINES = 8
const OTHERS_SHARE = 0.25
/** A lower screen has no line to spare for the books. */
const MIN_ROWS_FOR_BOOKS = 16
const KEYS = 'q quit   sort: m memory  r requests  l latency  e errors  n name   o other lines'

/** At most `rows` lines of at most `columns` columns, our own colours aside. */
export function liveScreen(view: LiveView): string[] {
  const paint = painter(view.color)
  const top = [...headLines(view, paint), '', ...leakLines(view, paint)]
  const foot = [paint('dim', cutEnd(KEYS, view.columns))]
  const forOthers = Math.min(view.others.length, Math.floor(view.rows * OTHERS_SHARE))
  const others =
    forOthers > 0
      ? [
          paint('dim', cutEnd('other programs’ lines', view.columns)),
          ...view.others.slice(-forOthers).map((line) => cutEnd(line, view.columns)),
        ]
      : []
  const room = view.rows - top.length - others.length - foot.length
  const table = routeLines(view, paint, Math.max(0, room - 2))
  const used = top.length + table.length + others.length + foot.length
  const gap = Array.from({ length: Math.max(0, view.rows - used) }, () => '')
  return [...top, ...table, ...gap, ...others, ...foot].slice(0, view.rows)
}

/** The head and the routes for a file or a pipe: no line depends on a screen. Leaks are told as they come. */
export function liveText(view: LiveView): string {
  const paint = painter(view.color)
  const open = openSentence(view.summary)
  return [
    ...headLines(view, paint),
    ...(open === null ? [] : [open]),
    ...routeLines(view, paint, view.rows),
  ].join('\n')
}

function headLines(view: LiveView, paint: Paint): string[] {
  const { summary, state, source, note, columns, rows } = view
  const { to, services } = summary
  if (to === null)
    return [paint('bold', cutEnd(`memprof top: no line yet from ${source}`, columns))]
  const names = services.slice(0, 3).map((name) => printable(name, 40))
  const head = [
    names.join(', '),
    formatTime(to),
    state.processes === 0 ? 'no process runs' : countOf(state.processes, 'process', 'processes'),
    `${formatRate(state.requestsPerSecond)} requests/s`,
    `${formatCount(state.inFlight)} in flight`,
    `loop ${Math.round(state.utilization * 100)} % busy`,
  ]
  if (state.processes === 0) head.splice(3)
  const until =
    state.secondsToLimit === null ? '' : `, ${formatSeconds(state.secondsToLimit)} to the limit`
  const live =
    state.liveHeapBytes === null ? '' : `, ${formatBytes(state.liveHeapBytes)} of it live`
  const books = booksLine(summary)
  return [
    paint('bold', cutEnd(head.join('  '), columns)),
    memoryLine('rss', state.rssBytes, state.rssHistory, '', columns),
    memoryLine('heap', state.heapUsedBytes, state.heapHistory, live + until, columns),
    ...(books === null || rows < MIN_ROWS_FOR_BOOKS ? [] : [paint('dim', cutEnd(books, columns))]),
    ...(note === '' ? [] : [paint('dim', cutEnd(note, columns))]),
  ]
}

/** `heap   29 MB ▂▃▅▇, 22 MB of it live`: the history in whatever room there is. */
function memoryLine(
  name: string,
  bytes: number,
  history: readonly number[],
  more: string,
  columns: number,
): string {
  // Of processes that have all ended, the last that was known.
  const shown = bytes === 0 ? (history.at(-1) ?? 0) : bytes
  const label = `${name.padEnd(4)} ${formatBytes(shown).padStart(7)} `
  const room = Math.max(0, Math.min(60, columns - label.length - more.length))
  return cutEnd(label + sparkline(room === 0 ? [] : history.slice(-room)) + more, columns)
}

function leakLines({ summary, columns }: LiveView, paint: Paint): string[] {
  const going = summary.leaks.filter(({ since }) => since === null)
  const open = openSentence(summary)
  const said = [
    ...going.map((leak) => ['red', leakSentence(leak)] as const),
    ...(open === null ? [] : [['yellow', open] as const]),
  ]
  if (said.length === 0) return []
  const lines = said.flatMap(([colour, sentence]) =>
    wrap(sentence, columns, '  ').map((line) => paint(colour, cutEnd(line, columns))),
  )
  const shown = lines.slice(0, MAX_LEAK_LINES)
  if (shown.length < lines.length) shown.push('…')
  return [...shown, '']
}

function routeLines(view: LiveView, paint: Paint, most: number): string[] {
  const { summary, sort, columns } = view
  if (most < 1 || summary.routes.length === 0) return []
  const several = summary.services.length > 1
  const shown = sortRoutes(view).slice(0, most)
  const rows = shown.map(({ route, live }) => [
    (several ? `${printable(route.service, 40)}: ` : '') + routeName(route, printable),
    live ? formatRate(live.requestsPerSecond) : '0',
    live ? formatMs(live.meanMs) : '',
    live ? formatMs(live.p99Ms) : '',
    live && live.errorsPerSecond > 0 ? formatRate(live.errorsPerSecond) : '',
    formatCount(route.requests),
    retentionText(route),
    route.verdict,
  ])
  const [titles, ...lines] = alignedTable(...withoutEmpty(COLUMNS, rows), columns)
  const hidden = summary.routes.length - shown.length
  return [
    paint('bold', cutEnd(titles!, columns)),
    ...lines.map((line, at) =>
      paintVerdict(paint, cutEnd(line, columns), shown[at]!.route.verdict),
    ),
    ...(hidden > 0
      ? [paint('dim', cutEnd(`${countOf(hidden, 'more route')} below, by ${SORTS[sort]}`, columns))]
      : []),
  ]
}

interface RouteNow {
  readonly route: RouteSummary
  readonly live: LiveRoute | undefined
}

function sortRoutes({ summary, state, sort }: LiveView): RouteNow[] {
  const rows = summary.routes.map(
    (route): RouteNow => ({ route, live: state.routes.get(routeKey(route)) }),
  )
  // As the summary has them: what leaks first, the fastest growth first.
  if (sort === 'm') return rows
  if (sort === 'n') {
    const nameOf = ({ route }: RouteNow): string => routeName(route, printable)
    return rows.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  }
  const of = {
    r: (live: LiveRoute) => live.requestsPerSecond,
    l: (live: LiveRoute) => live.p99Ms,
    e: (live: LiveRoute) => live.errorsPerSecond,
  }[sort]
  const value = ({ live }: RouteNow): number => (live ? of(live) : -1)
  return rows.sort((a, b) => value(b) - value(a))
}

/** `412`, `3.4`, `0.2` */
function formatRate(perSecond: number): string {
  return perSecond >= 9.95 || perSecond === 0 ? formatCount(perSecond) : perSecond.toFixed(1)
}
