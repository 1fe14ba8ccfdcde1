/** Memory over time: the process's own numbers, its collections, and what happened when. */
import { formatBytes } from '../view/numbers'
import { nearest, openChart } from './chart'
import { type Bins, binCounts } from './bins'
import { type Clock, formatElapsed } from './clock'
import type { Mark, PageData, ProcessData } from '../view/page-data'
import { byId, make, makeDetails, makeTable } from './dom'
import { extent, type Lanes, type LaneValues, layLanes, type Measure, valueAt } from './lanes'
import { makeScrubber } from './scrubber'
import { makeSwatch } from './theme'
import type { TimeView } from './time-view'
import { makeZoom } from './zoom'

const MEASURES: ReadonlyArray<{ measure: Measure; label: string; slot: number; shown: boolean }> = [
  { measure: 'rssBytes', label: 'rss', slot: 0, shown: true },
  { measure: 'heapUsedBytes', label: 'heap used', slot: 5, shown: true },
  { measure: 'liveHeapBytes', label: 'live heap', slot: 1, shown: true },
  { measure: 'buffersBytes', label: 'buffers', slot: 2, shown: true },
  { measure: 'heapLimitBytes', label: 'heap limit', slot: 3, shown: false },
]
/** With lines of several processes, fewer of each. */
const SHOWN_OF_MANY: readonly Measure[] = ['rssBytes', 'liveHeapBytes']
/** Bars of collections: more would run into each other. */
const MAX_BARS = 120
/** Rows of the table beside a chart. */
const TABLE_ROWS = 60

export function showMemory(data: PageData, view: TimeView, clock: Clock): void {
  const section = byId('memory')
  const processes = data.processes.filter(({ curve }) => curve && curve.atMs.length > 0)
  if (processes.length === 0) {
    section.append(make('p', {}, 'The log has no line of a process: nothing to draw.'))
    return
  }
  const shown = new Map(MEASURES.map(({ measure, shown: now }) => [measure, now]))
  if (layLanes(processes).count > 1) {
    for (const { measure } of MEASURES) shown.set(measure, SHOWN_OF_MANY.includes(measure))
  }
  let chosen: readonly ProcessData[] = processes
  let lanes: Lanes = layLanes(chosen)

  const plot = make('div', { class: 'plot', role: 'img' })
  const strip = make('div', { class: 'plot', role: 'img' })
  const options = { view, clock, marks: data.marks }
  const memory = openChart({
    ...options,
    host: plot,
    height: 290,
    markLabels: data.marks.length > 0,
    format: formatBytes,
    withTimeAxis: true,
  })
  const collections = openChart({
    ...options,
    host: strip,
    height: 76,
    markLabels: false,
    format: (value) => (Number.isInteger(value) ? String(value) : ''),
    withTimeAxis: false,
  })

  const values = new Map<Measure, HTMLElement>()
  const legend = make('div', { class: 'legend', role: 'group', 'aria-label': 'Curves of memory' })
  for (const { measure, label, slot } of MEASURES) {
    const box = make('input', { type: 'checkbox' })
    box.checked = shown.get(measure)!
    box.addEventListener('change', () => {
      shown.set(measure, box.checked)
      MEASURES.forEach((one, at) => {
        if (one.measure !== measure) return
        for (let lane = 0; lane < lanes.count; lane++) {
          memory.setShown(at * lanes.count + lane, box.checked)
        }
      })
      describe()
    })
    const value = make('b')
    values.set(measure, value)
    legend.append(make('label', {}, box, makeSwatch(slot), `${label} `, value))
  }
  const gcValue = make('b')
  const stripTitle = make('span')
  let collected: Bins = { widthMs: 0, atMs: [], sums: [] }
  const moment = make('p', { class: 'moment' })

  function draw(): void {
    lanes = layLanes(chosen)
    memory.draw({
      atMs: lanes.atMs,
      curves: MEASURES.flatMap(({ measure, label, slot }) =>
        Array.from({ length: lanes.count }, (_, lane) => ({
          label,
          slot,
          values: lanes.values(measure, lane),
          shown: shown.get(measure)!,
        })),
      ),
    })
    collected = binCounts(
      lanes.atMs.map((ms, at) => ({ ms, count: total('majorGcs', at) ?? 0 })),
      view.spanMs,
      MAX_BARS,
    )
    stripTitle.textContent = `Full collections in each ${formatElapsed(collected.widthMs)}: `
    collections.draw({
      atMs: collected.atMs,
      curves: [
        { label: 'full collections', slot: 4, values: collected.sums, shown: true, bars: true },
      ],
    })
    describe()
    point()
  }

  /** Over the lanes, at one moment; null where none was measured then. */
  function total(measure: Measure, at: number): number | null {
    return laneValues(measure).reduce<number | null>((sum, lane) => {
      const value = lane[at] ?? null
      return value === null ? sum : (sum ?? 0) + value
    }, null)
  }

  /** Index of the moment pointed at; of the last one where none is. */
  function pointedAt(): number {
    return view.atMs === null ? lanes.last : nearest(lanes.atMs, view.atMs)
  }

  function laneValues(measure: Measure): LaneValues[] {
    return Array.from({ length: lanes.count }, (_, lane) => lanes.values(measure, lane))
  }

  function describe(): void {
    const parts = MEASURES.flatMap(({ measure, label }) => {
      if (!shown.get(measure)) return []
      const range = extent(laneValues(measure).flat())
      return range ? [`${label} ${formatBytes(range.low)} to ${formatBytes(range.high)}`] : []
    })
    plot.setAttribute('aria-label', `Memory over time, ${clock.axis}. ${parts.join('; ')}.`)
    const majors = laneValues('majorGcs').flat()
    const count = majors.reduce<number>((sum, value) => sum + (value ?? 0), 0)
    strip.setAttribute('aria-label', `Full collections over time: ${count} in all.`)
  }

  function sayAt(measure: Measure, at: number): string {
    const known = laneValues(measure)
      .map((lane) => valueAt(lane, at))
      .filter((value) => value !== null)
    if (known.length === 0) return '–'
    const [low, high] = [Math.min(...known), Math.max(...known)]
    return low === high ? formatBytes(low) : `${formatBytes(low)} to ${formatBytes(high)}`
  }

  function sayAll(): string {
    const at = pointedAt()
    return MEASURES.filter(({ measure }) => shown.get(measure))
      .map(({ measure, label }) => `${label} ${sayAt(measure, at)}`)
      .join(', ')
  }

  function point(): void {
    const at = pointedAt()
    for (const [measure, value] of values) value.textContent = sayAt(measure, at)
    const bin = nearest(collected.atMs, view.atMs ?? view.spanMs)
    gcValue.textContent = String(collected.sums[bin] ?? 0)
    moment.textContent = `${view.atMs === null ? 'Last values' : 'Values'}, ${clock.moment(lanes.atMs[at] ?? 0)}`
  }

  view.onPoint(point)
  section.append(
    ...(processes.length > 1 ? [chooser(processes, choose)] : []),
    make('div', { class: 'above' }, moment, makeZoom(view)),
    legend,
    plot,
    make('p', { class: 'strip' }, makeSwatchBar(), stripTitle, gcValue),
    strip,
    makeScrubber('Moment in the charts of memory', view, clock, sayAll),
    events(data.marks, clock),
    makeDetails('Memory as a table', () => table(lanes, clock)),
  )
  function choose(which: readonly ProcessData[]): void {
    chosen = which
    draw()
  }
  draw()
}

function makeSwatchBar(): HTMLElement {
  return make('span', { class: 'bar-swatch', 'aria-hidden': 'true' })
}

function chooser(
  processes: readonly ProcessData[],
  choose: (which: readonly ProcessData[]) => void,
): HTMLElement {
  const select = make(
    'select',
    {},
    make('option', { value: '' }, `all ${processes.length}, those in turn as one line`),
    ...processes.map(({ name }, at) => make('option', { value: String(at) }, name)),
  )
  select.addEventListener('change', () => {
    choose(select.value === '' ? processes : [processes[Number(select.value)]!])
  })
  return make('label', { class: 'field' }, 'Process ', select)
}

function events(marks: readonly Mark[], clock: Clock): HTMLElement {
  if (marks.length === 0) return make('p', { class: 'hidden' }, 'No events.')
  return makeDetails(`What happened when (${marks.length})`, () =>
    makeTable(
      'What happened when',
      [{ label: 'Time' }, { label: 'Event' }],
      marks.map((mark) => [
        clock.moment(mark.atMs),
        mark.finding === undefined ? mark.text : `Verdict ${mark.finding}: ${mark.text}`,
      ]),
    ),
  )
}

/** At most {@link TABLE_ROWS} rows, evenly taken. */
function table(lanes: Lanes, clock: Clock): HTMLElement {
  const columns = [{ label: 'Time' }, ...MEASURES.map(({ label }) => ({ label, numeric: true }))]
  const every = Math.max(1, Math.ceil(lanes.atMs.length / TABLE_ROWS))
  const all = MEASURES.map(({ measure }) =>
    Array.from({ length: lanes.count }, (_, lane) => lanes.values(measure, lane)),
  )
  const rows = lanes.atMs.flatMap((ms, at) => {
    const cells = all.map((of) =>
      of
        .map((lane) => lane[at])
        .filter((value) => value !== undefined && value !== null)
        .map(formatBytes)
        .join(', '),
    )
    return at % every === 0 && cells.some((cell) => cell !== '')
      ? [[clock.moment(ms), ...cells]]
      : []
  })
  return makeTable('Memory over time', columns, rows)
}
