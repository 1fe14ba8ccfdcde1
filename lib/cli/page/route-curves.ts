/** Curves of the routes that are switched on, in a colour each that stays theirs. */
import { formatBytes, formatMs } from '../view/numbers'
import type { PageData, RouteCurve, RouteData } from '../view/page-data'
import { type Chart, nearest, openChart } from './chart'
import type { Clock } from './clock'
import { make, makeDetails, makeTable } from './dom'
import { extent, type LaneValues, valueAt } from './lanes'
import { makeScrubber } from './scrubber'
import { makeSwatch } from './theme'
import type { TimeView } from './time-view'
import { makeZoom } from './zoom'

type RouteMeasure = Exclude<keyof RouteCurve, 'atMs'>

const digits = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 })

function formatRate(perSecond: number): string {
  return `${digits.format(perSecond)}/s`
}

const MEASURES: ReadonlyArray<{
  measure: RouteMeasure
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

export interface RouteCurves {
  readonly element: HTMLElement
  isOn(route: RouteData): boolean
  toggle(route: RouteData, on: boolean): void
  onChange(listener: () => void): void
}

export function showCurves(data: PageData, view: TimeView, clock: Clock): RouteCurves | null {
  const routes = data.routes.filter(({ curve }) => curve && curve.atMs.length > 0)
  if (routes.length === 0) return null
  const { atMs, valuesAlong } = layRoutes(routes)
  const listeners: Array<() => void> = []
  /** The slot of its colour, for each that is on. */
  const slots = new Map<RouteData, number>()
  for (const route of routes.slice(0, FIRST_SHOWN)) slots.set(route, slots.size)

  const { select, chosen } = makeChoice(routes)
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

  function valuesOf(route: RouteData): LaneValues {
    return valuesAlong(route, chosen().measure)
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
        return makeChip(route, slot, value, () => toggle(route, false))
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
    if (on) slots.set(route, freeSlot(slots))
    else slots.delete(route)
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

  /** The curves of the routes that are on when the table is opened, as numbers; at most {@link TABLE_ROWS} rows. */
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

/** Puts the curves of all routes on one axis of time. */
function layRoutes(routes: readonly RouteData[]): {
  atMs: number[]
  valuesAlong: (route: RouteData, measure: RouteMeasure) => LaneValues
} {
  const atMs = [...new Set(routes.flatMap(({ curve }) => [...curve!.atMs]))].sort((a, b) => a - b)
  const position = new Map(atMs.map((ms, at) => [ms, at]))
  return {
    atMs,
    valuesAlong({ curve }, measure) {
      const values = new Array<number | null | undefined>(atMs.length).fill(undefined)
      curve!.atMs.forEach((ms, at) => {
        values[position.get(ms)!] = curve![measure][at] ?? null
      })
      return values
    },
  }
}

/** What can be drawn: the measures of which some route has a value. */
function makeChoice(routes: readonly RouteData[]): {
  select: HTMLSelectElement
  chosen: () => (typeof MEASURES)[number]
} {
  const usable = MEASURES.filter(({ measure }) => {
    return routes.some(({ curve }) => curve![measure].some((value) => value !== null))
  })
  const options = usable.map(({ label }, at) => make('option', { value: String(at) }, label))
  const select = make('select', {}, ...options)
  return { select, chosen: () => usable[Number(select.value)]! }
}

/** A route of the legend, with its value at the moment pointed at; switched off by a click. */
function makeChip(
  route: RouteData,
  slot: number,
  value: HTMLElement,
  switchOff: () => void,
): HTMLElement {
  const chip = make(
    'button',
    { type: 'button', class: 'chip' },
    makeSwatch(slot),
    route.name,
    ' ',
    value,
    make('span', { class: 'hidden' }, ': switch off'),
  )
  chip.addEventListener('click', switchOff)
  return chip
}

function freeSlot(slots: ReadonlyMap<RouteData, number>): number {
  const used = new Set(slots.values())
  let slot = 0
  while (used.has(slot)) slot++
  return slot
}
