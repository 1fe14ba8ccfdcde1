/** The routes: curves to switch on and off, and a table that sorts and filters. */
import { countOf, formatBytes, formatCount, formatMs } from '../view/numbers'
import { type Chart, nearest, openChart } from './chart'
import type { Clock } from './clock'
import type { PageData, RouteCurve, RouteData, VerdictWord } from '../view/page-data'
import { byId, make, makeDetails, makeTable } from './dom'
import { extent, valueAt } from './lanes'
import { makeScrubber } from './scrubber'
import { makeSwatch } from './theme'
import type { TimeView } from './time-view'
import { makeZoom } from './zoom'

type Measure = Exclude<keyof RouteCurve, 'atMs'>

const digits = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 })

function formatRate(perSecond: number): string {
  return `${digits.format(perSecond)}/s`
}

const MEASURES: ReadonlyArray<{
  measure: Measure
  label: string
  format: (value: number) => string
}> = [
  { measure: 'requestsPerSecond', label: 'requests per second', format: formatRate },
  { measure: 'p99Ms', label: 'p99 latency', format: formatMs },
  { measure: 'meanMs', label: 'mean latency', format: formatMs },
  {
    measure: 'cleanHeapDeltaBytes',
    label: 'heap delta of clean requests, mean',
    format: formatBytes,
  },
  { measure: 'keptBytesPerRequest', label: 'bytes kept per request', format: formatBytes },
]

/** Curves on at first; with more, nothing can be told apart. */
const FIRST_SHOWN = 5
/** Rows of the table beside the chart. */
const TABLE_ROWS = 60

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

interface RouteCurves {
  readonly element: HTMLElement
  isOn(route: RouteData): boolean
  toggle(route: RouteData, on: boolean): void
  onChange(listener: () => void): void
}

function showCurves(data: PageData, view: TimeView, clock: Clock): RouteCurves | null {
  const routes = data.routes.filter(({ curve }) => curve && curve.atMs.length > 0)
  if (routes.length === 0) return null
  const atMs = [...new Set(routes.flatMap(({ curve }) => [...curve!.atMs]))].sort((a, b) => a - b)
  const position = new Map(atMs.map((ms, at) => [ms, at]))
  const listeners: Array<() => void> = []
  /** The slot of its colour, for each that is on. */
  const slots = new Map<RouteData, number>()
  for (const route of routes.slice(0, FIRST_SHOWN)) slots.set(route, slots.size)

  const select = make('select')
  const usable = MEASURES.filter(({ measure }) => {
    return routes.some(({ curve }) => curve![measure].some((value) => value !== null))
  })
  usable.forEach(({ label }, at) => select.append(make('option', { value: String(at) }, label)))
  const chosen = (): (typeof MEASURES)[number] => usable[Number(select.value)]!

  const plot = make('div', { class: 'plot', role: 'img' })
  const chart: Chart = openChart({
    host: plot,
    height: 260,
    view,
    clock,
    marks: data.marks,
    markLabels: false,
    format: (value) => chosen().format(value),
    withTimeAxis: true,
  })
  const legend = make('div', { class: 'legend', role: 'group', 'aria-label': 'Curves of routes' })
  const moment = make('p', { class: 'moment' })
  const outputs = new Map<RouteData, HTMLElement>()

  function valuesOf(route: RouteData): Array<number | null | undefined> {
    const values = new Array<number | null | undefined>(atMs.length).fill(undefined)
    const { curve } = route
    curve!.atMs.forEach((ms, at) => {
      values[position.get(ms)!] = curve![chosen().measure][at] ?? null
    })
    return values
  }

  function draw(): void {
    chart.draw({
      atMs,
      curves: [...slots].map(([route, slot]) => ({
        label: route.name,
        slot,
        values: valuesOf(route),
        shown: true,
      })),
    })
    outputs.clear()
    legend.replaceChildren(
      ...[...slots].map(([route, slot]) => {
        const value = make('b')
        outputs.set(route, value)
        const off = make(
          'button',
          { type: 'button', class: 'chip' },
          makeSwatch(slot),
          route.name,
          ' ',
          value,
        )
        off.append(make('span', { class: 'hidden' }, ': switch off'))
        off.addEventListener('click', () => toggle(route, false))
        return off
      }),
      ...(slots.size === 0 ? ['No route is switched on; choose some in the table.'] : []),
    )
    const ranges = [...slots.keys()].map((route) => {
      const range = extent(valuesOf(route))
      const { format } = chosen()
      return `${route.name} ${range ? `${format(range.low)} to ${format(range.high)}` : 'without a value'}`
    })
    plot.setAttribute('aria-label', `Routes over time: ${chosen().label}. ${ranges.join('; ')}.`)
    point()
  }

  /** Index of the moment pointed at; the last one where none is. */
  function pointedAt(): number {
    return view.atMs === null ? atMs.length - 1 : nearest(atMs, view.atMs)
  }

  function sayAt(route: RouteData, at: number): string {
    const value = valueAt(valuesOf(route), at)
    return value === null ? '–' : chosen().format(value)
  }

  function point(): void {
    const at = pointedAt()
    for (const [route, output] of outputs) output.textContent = sayAt(route, at)
    moment.textContent = `${view.atMs === null ? 'Last values' : 'Values'}, ${clock.moment(atMs[at] ?? 0)}`
  }

  function toggle(route: RouteData, on: boolean): void {
    if (on === slots.has(route)) return
    if (on) {
      const used = new Set(slots.values())
      let slot = 0
      while (used.has(slot)) slot++
      slots.set(route, slot)
    } else slots.delete(route)
    draw()
    for (const listener of listeners) listener()
  }

  select.addEventListener('change', draw)
  view.onPoint(point)
  const element = make(
    'div',
    {},
    make('label', { class: 'field' }, 'Curves of ', select),
    make('div', { class: 'above' }, moment, makeZoom(view)),
    legend,
    plot,
    makeScrubber('Moment in the chart of routes', view, clock, () =>
      [...slots.keys()].map((route) => `${route.name} ${sayAt(route, pointedAt())}`).join(', '),
    ),
    makeDetails('Curves as a table', () => curveTable()),
  )

  /** Of the routes that are on when it is opened; at most {@link TABLE_ROWS} rows. */
  function curveTable(): HTMLElement {
    const shown = [...slots.keys()]
    const columns = [
      { label: 'Time' },
      ...shown.map(({ name }) => ({ label: name, numeric: true })),
    ]
    const every = Math.max(1, Math.ceil(atMs.length / TABLE_ROWS))
    const rows = atMs.flatMap((ms, at) =>
      at % every === 0 ? [[clock.moment(ms), ...shown.map((route) => sayAt(route, at))]] : [],
    )
    return makeTable(`Routes over time: ${chosen().label}`, columns, rows)
  }

  draw()
  return {
    element,
    isOn: (route) => slots.has(route),
    toggle,
    onChange: (listener) => listeners.push(listener),
  }
}

interface RouteColumn {
  readonly label: string
  /** For the style: where it stands on a phone. */
  readonly name?: string
  /** Sorts by it; null last. */
  readonly key: (route: RouteData) => number | string | null
  readonly cell: (route: RouteData) => Node | string
  readonly numeric: boolean
}

const GRAVITY: readonly VerdictWord[] = ['leaking', 'plateaued', 'insufficient-data', 'steady']

const COLUMNS: readonly RouteColumn[] = [
  { label: 'Route', key: ({ name }) => name, cell: ({ name }) => name, numeric: false },
  {
    label: 'Verdict',
    name: 'by-verdict',
    key: ({ verdict }) => -GRAVITY.indexOf(verdict),
    cell: ({ verdict }) => make('span', { class: `verdict ${verdict}` }, verdict.replace('-', ' ')),
    numeric: false,
  },
  {
    label: 'Keeps per request',
    name: 'by-keeps',
    // What leaks before what does not; the rest by how little would have been seen.
    key: ({ keptBytesPerRequest: kept, floorBytesPerRequest: floor }) =>
      kept ?? (floor === null ? null : floor / Number.MAX_SAFE_INTEGER),
    cell: ({ keeps }) => keeps || '–',
    numeric: true,
  },
  {
    label: 'Requests',
    name: 'by-requests',
    key: ({ requests }) => requests,
    cell: ({ requests }) => formatCount(requests),
    numeric: true,
  },
  {
    label: 'Errors',
    key: ({ errors }) => errors,
    cell: ({ errors }) => formatCount(errors),
    numeric: true,
  },
  {
    label: 'p50',
    key: ({ p50Ms }) => p50Ms,
    cell: ({ p50Ms }) => orDash(p50Ms, formatMs),
    numeric: true,
  },
  {
    label: 'p99',
    key: ({ p99Ms }) => p99Ms,
    cell: ({ p99Ms }) => orDash(p99Ms, formatMs),
    numeric: true,
  },
  {
    label: 'Clean heap delta',
    key: (route) => route.cleanHeapDeltaBytes,
    cell: (route) => orDash(route.cleanHeapDeltaBytes, formatBytes),
    numeric: true,
  },
]

function orDash(value: number | null, format: (value: number) => string): string {
  return value === null ? '–' : format(value)
}

function routeTable(routes: readonly RouteData[], curves: RouteCurves | null): HTMLElement {
  const boxes = new Map<RouteData, HTMLInputElement>()
  const rows = new Map(routes.map((route) => [route, makeRow(route)]))
  let sorted: { column: RouteColumn; descending: boolean } | null = null

  function makeRow(route: RouteData): HTMLTableRowElement {
    const cells = COLUMNS.map(({ label, name, cell, numeric }, at) => {
      const attributes = { class: [numeric ? 'n' : '', name ?? ''].join(' '), 'data-label': label }
      return at === 0
        ? make('th', { scope: 'row', role: 'rowheader' }, cell(route))
        : make('td', { role: 'cell', ...attributes }, cell(route))
    })
    const toggle = make('td', { role: 'cell', class: 'toggle' })
    if (curves && route.curve) {
      const box = make('input', { type: 'checkbox', 'aria-label': `Curve of ${route.name}` })
      box.checked = curves.isOn(route)
      box.addEventListener('change', () => curves.toggle(route, box.checked))
      boxes.set(route, box)
      toggle.append(box)
    }
    return make('tr', { role: 'row' }, toggle, ...cells)
  }
  curves?.onChange(() => {
    for (const [route, box] of boxes) box.checked = curves.isOn(route)
  })

  const body = make('tbody', { role: 'rowgroup' }, ...rows.values())
  const headers = COLUMNS.map((column) => {
    const button = make('button', { type: 'button' }, column.label)
    button.addEventListener('click', () => sortBy(column))
    return make(
      'th',
      { scope: 'col', role: 'columnheader', ...(column.numeric ? { class: 'n' } : {}) },
      button,
    )
  })

  function sortBy(column: RouteColumn): void {
    // Numbers are looked at for the largest, names from A on.
    const descending = sorted?.column === column ? !sorted.descending : column !== COLUMNS[0]
    sorted = { column, descending }
    const order = routes.toSorted((a, b) => compare(column.key(a), column.key(b), descending))
    body.append(...order.map((route) => rows.get(route)!))
    COLUMNS.forEach((one, at) => {
      if (one === column) {
        headers[at]!.setAttribute('aria-sort', descending ? 'descending' : 'ascending')
      } else headers[at]!.removeAttribute('aria-sort')
    })
  }

  const filter = make('input', {
    type: 'search',
    placeholder: 'part of a name',
    autocomplete: 'off',
  })
  const verdicts = [...new Set(routes.map(({ verdict }) => verdict))]
  const select = make(
    'select',
    {},
    make('option', { value: '' }, 'any'),
    ...verdicts.map((verdict) => make('option', { value: verdict }, verdict.replace('-', ' '))),
  )
  const shown = make('p', { role: 'status', class: 'shown' })
  function applyFilter(): void {
    const part = filter.value.trim().toLowerCase()
    let left = 0
    for (const [route, row] of rows) {
      const fits =
        route.name.toLowerCase().includes(part) && ['', route.verdict].includes(select.value)
      row.hidden = !fits
      if (fits) left++
    }
    const all = countOf(routes.length, 'route')
    shown.textContent = left === routes.length ? all : `${formatCount(left)} of ${all}`
  }
  filter.addEventListener('input', applyFilter)
  select.addEventListener('change', applyFilter)
  applyFilter()

  const table = make(
    'table',
    { role: 'table', class: 'routes' },
    make('caption', { class: 'hidden' }, 'Routes; the buttons of the columns sort'),
    make(
      'thead',
      { role: 'rowgroup' },
      make(
        'tr',
        { role: 'row' },
        make('th', { scope: 'col', role: 'columnheader', class: 'toggle' }, 'Curve'),
        ...headers,
      ),
    ),
    body,
  )
  return make(
    'div',
    { class: 'route-table' },
    make(
      'div',
      { class: 'filters' },
      make('label', { class: 'field' }, 'Filter ', filter),
      make('label', { class: 'field' }, 'Verdict ', select),
      shown,
    ),
    make(
      'div',
      { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': 'Table: routes' },
      table,
    ),
  )
}

function compare(
  a: number | string | null,
  b: number | string | null,
  descending: boolean,
): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  const order = typeof a === 'string' ? a.localeCompare(String(b)) : a - Number(b)
  return descending ? -order : order
}
