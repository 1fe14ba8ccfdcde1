/** The table of routes: its columns sort, a part of a name and a verdict filter it. */
import { countOf, formatBytes, formatCount, formatMs } from '../view/numbers'
import type { RouteData } from '../view/page-data'
import { make } from './dom'
import type { RouteCurves } from './route-curves'

interface RouteColumn {
  readonly label: string
  /** A class by which the style places the cell on a phone. */
  readonly name?: string
  /** The column sorts by this; null comes last. */
  readonly key: (route: RouteData) => number | string | null
  readonly cell: (route: RouteData) => Node | string
  readonly numeric: boolean
}

const GRAVITY: ReadonlyArray<RouteData['verdict']> = [
  'leaking',
  'plateaued',
  'insufficient-data',
  'steady',
]

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

export function routeTable(routes: readonly RouteData[], curves: RouteCurves | null): HTMLElement {
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
