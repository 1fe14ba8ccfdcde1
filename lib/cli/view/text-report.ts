/** The report for a terminal, or for whatever program a pipe leads to. */
import type { ReadCounts } from '../read-log'
import type { LogSummary, RouteSummary } from '../summary'
import type { Output } from '../terminal'
import { formatBytes, formatCount, formatMs } from './numbers'
import { leakSentence, retentionText, routeName } from './sentences'
import { alignedTable, type Column, tabbedTable } from './table'

const ROUTE_COLUMNS: readonly Column[] = [
  { title: 'route', align: 'left' },
  { title: 'requests', align: 'right' },
  { title: 'errors', align: 'right' },
  { title: 'aborted', align: 'right' },
  { title: 'p50', align: 'right' },
  { title: 'p99', align: 'right' },
  { title: 'clean heap delta', align: 'right' },
  { title: 'keeps per request', align: 'right' },
  { title: 'verdict', align: 'left' },
]

export function textReport(summary: LogSummary, _counts: ReadCounts, output: Output): string {
  const draw = output.isTerminal ? alignedTable : tabbedTable
  return [
    ...summary.leaks.map(leakSentence),
    '',
    ...draw(ROUTE_COLUMNS, summary.routes.map(routeRow)),
  ].join('\n')
}

function routeRow(route: RouteSummary): string[] {
  const { durationMs, heapDeltaBytes } = route
  return [
    routeName(route),
    formatCount(route.requests),
    formatCount(route.errors),
    formatCount(route.aborted),
    durationMs ? formatMs(durationMs.p50) : '',
    durationMs ? formatMs(durationMs.p99) : '',
    heapDeltaBytes.mean === null ? '' : formatBytes(heapDeltaBytes.mean),
    retentionText(route),
    route.verdict,
  ]
}
