/** The table of routes: titles and cells, whoever draws them. */
import { routeName, type ShowName } from '../../emit/leak-words'
import type { LogSummary, RouteSummary } from '../summary/summary'
import { formatBytes, formatCount, formatMs } from './numbers'
import { printable } from './printable'
import { retentionText } from './sentences'
import type { Column } from './table'

export const ROUTE_COLUMNS: readonly Column[] = [
  { title: 'route', align: 'left' },
  { title: 'requests', align: 'right' },
  { title: 'errors', align: 'right', spare: 4 },
  { title: 'aborted', align: 'right', spare: 3 },
  { title: 'p50', align: 'right', spare: 2 },
  { title: 'p99', align: 'right', spare: 5 },
  { title: 'clean heap delta', align: 'right', spare: 1 },
  { title: 'keeps per request', align: 'right' },
  { title: 'verdict', align: 'left' },
]

export function routeRow(
  route: RouteSummary,
  { services }: LogSummary,
  show: ShowName = printable,
): string[] {
  const { durationMs, heapDeltaBytes, service } = route
  const name = routeName(route, show)
  return [
    services.length > 1 ? `${show(service)}: ${name}` : name,
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
