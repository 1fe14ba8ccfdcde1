/** Memory over time: the process's own numbers, its GCs, and what happened when. */
import { formatBytes } from '../view/numbers'
import { nearest, openChart } from './chart'
import type { Clock } from './clock'
import type { Mark, PageData, ProcessData } from '../view/page-data'
import { byId, make, makeDetails, makeTable } from './dom'
import { makeGcStrip } from './gc-strip'
import { extent, type Lanes, layLanes, type Measure, valueAt } from './lanes'
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
/** The curves that are on at first where several processes have lines of their own. */
const SHOWN_OF_MANY: readonly Measure[] = ['rssBytes', 'liveHeapBytes']
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
  let lanes: Lanes = layLanes(processes)
  if (lanes.count > 1) {
    for (const { measure } of MEASURES) shown.set(measure, SHOWN_OF_MANY.includes(measure))
  }

  const plot = make('div', { class: 'plot', role: 'img' })
  const options = { view, clock, marks: data.marks }
  const memory = openChart({
    ...options,
    host: plot,
    height: 290,
    markLabels: data.marks.length > 0,
    format: formatBytes,
    withTimeAxis: true,
  })
  const gcs = makeGcStrip(options)

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
  const moment = make('p', { class: 'moment' })

  function draw(): void {
    memory.draw({
      atMs: lanes.atMs,
      curves: MEASURES.flatMap(({ measure, label, slot }) =>
        lanes.all(measure).map((values) => ({ label, slot, values, shown: shown.get(measure)! })),
      ),
    })
    gcs.draw(lanes)
    describe()
    point()
  }

  function choose(which: readonly ProcessData[]): void {
    lanes = layLanes(which)
    draw()
  }

  /** Index of the moment pointed at; of the last one where none is. */
  function pointedAt(): number {
    return view.atMs === null ? lanes.last : nearest(lanes.atMs, view.atMs)
  }

  function describe(): void {
    const parts = MEASURES.flatMap(({ measure, label }) => {
      if (!shown.get(measure)) return []
      const range = extent(lanes.all(measure).flat())
      return range ? [`${label} ${formatBytes(range.low)} to ${formatBytes(range.high)}`] : []
    })
    plot.setAttribute('aria-label', `Memory over time, ${clock.axis}. ${parts.join('; ')}.`)
  }

  function sayAt(measure: Measure, at: number): string {
    const known = lanes
      .all(measure)
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
    gcs.point()
    moment.textContent = `${view.atMs === null ? 'Last values' : 'Values'}, ${clock.moment(lanes.atMs[at] ?? 0)}`
  }

  view.onPoint(point)
  section.append(
    ...(processes.length > 1 ? [chooser(processes, choose)] : []),
    make('div', { class: 'above' }, moment, makeZoom(view)),
    legend,
    plot,
    ...gcs.elements,
    makeScrubber('Moment in the charts of memory', view, clock, sayAll),
    ...data.books.map((sentence) => make('p', {}, sentence)),
    events(data.marks, clock),
    makeDetails('Memory as a table', () => table(lanes, clock)),
  )
  draw()
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

/** The curves as numbers: at most {@link TABLE_ROWS} rows, evenly taken. */
function table(lanes: Lanes, clock: Clock): HTMLElement {
  const columns = [{ label: 'Time' }, ...MEASURES.map(({ label }) => ({ label, numeric: true }))]
  const every = Math.max(1, Math.ceil(lanes.atMs.length / TABLE_ROWS))
  const all = MEASURES.map(({ measure }) => lanes.all(measure))
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
