/** The routes: curves to switch on and off, and a table that sorts and filters. */
import type { PageData } from '../view/page-data'
import type { Clock } from './clock'
import { byId, make } from './dom'
import { showCurves } from './route-curves'
import { routeTable } from './route-table'
import type { TimeView } from './time-view'

export function showRoutes(data: PageData, view: TimeView, clock: Clock): void {
  const section = byId('routes')
  if (data.routes.length === 0) {
    section.append(make('p', {}, 'The log has no line of a route.'))
    return
  }
  const curves = showCurves(data, view, clock)
  if (curves) section.append(curves.element)
  section.append(routeTable(data.routes, curves))
}
