/** A chart over time: curves, bars or both, with the marks of what happened. Drawn by uPlot. */
import uPlot from 'uplot'
import type { Clock } from './clock'
import type { Mark } from '../view/page-data'
import { make } from './dom'
import type { LaneValues } from './lanes'
import { colour, curveStyle, onPrint, onTheme } from './theme'
import type { TimeView } from './time-view'

export interface Curve {
  readonly label: string
  /** Colour and dash. */
  readonly slot: number
  /** One value for each time of `atMs`. */
  readonly values: LaneValues
  readonly shown: boolean
  /** Drawn as bars from the bottom. */
  readonly bars?: boolean
}

export interface ChartContent {
  /** Increasing. */
  readonly atMs: readonly number[]
  readonly curves: readonly Curve[]
}

export interface ChartOptions {
  readonly host: HTMLElement
  readonly height: number
  readonly view: TimeView
  readonly clock: Clock
  readonly marks: readonly Mark[]
  /** Numbers of the marks are drawn, and lines for them; otherwise lines alone. */
  readonly markLabels: boolean
  readonly format: (value: number) => string
  readonly withTimeAxis: boolean
}

export interface Chart {
  draw(content: ChartContent): void
  setShown(curve: number, shown: boolean): void
}

/** CSS pixels. */
const VALUE_AXIS_WIDTH = 68
const TIME_AXIS_HEIGHT = 30
const TICK_SPACE = 72
/** Half of the last time's label stands to the right of the axis. */
const PADDING_RIGHT = 26
/** A4 less its margins. */
const PRINT_WIDTH = 680
const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'

export function openChart(options: ChartOptions): Chart {
  const { host, height, view, clock } = options
  let content: ChartContent = { atMs: [], curves: [] }
  let plot: uPlot | null = null
  let printing = false

  const width = (): number => (printing ? PRINT_WIDTH : Math.max(200, host.clientWidth))
  const maxTicks = (): number => Math.max(2, Math.floor((width() - VALUE_AXIS_WIDTH) / TICK_SPACE))

  function draw(next: ChartContent): void {
    content = next
    plot?.destroy()
    const chart = make('div')
    host.replaceChildren(chart)
    plot = new uPlot(
      settings(),
      [[...content.atMs], ...content.curves.map(({ values }) => [...values])],
      chart,
    )
    showPoint()
  }

  function settings(): uPlot.Options {
    return {
      width: width(),
      height,
      legend: { show: false },
      padding: [options.markLabels ? 22 : 8, PADDING_RIGHT, options.withTimeAxis ? 0 : 8, 0],
      scales: {
        x: { time: false, range: () => [view.fromMs, view.toMs] },
        y: { range: (_, low, high) => valueRange(low, high) },
      },
      axes: [timeAxis(), valueAxis(options.format)],
      series: [{}, ...content.curves.map(toSeries)],
      cursor: {
        y: false,
        points: { size: 7 },
        drag: { x: true, y: false, setScale: false, dist: 5 },
      },
      hooks: {
        drawClear: [(self) => drawMarks(self, options)],
        setCursor: [
          (self) => {
            const { left = -1 } = self.cursor
            view.point(left < 0 ? null : self.posToVal(left, 'x'))
          },
        ],
        setSelect: [
          (self) => {
            const { left, width: selected } = self.select
            if (selected <= 0) return
            view.show(self.posToVal(left, 'x'), self.posToVal(left + selected, 'x'))
            self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          },
        ],
      },
    }
  }

  function timeAxis(): uPlot.Axis {
    return {
      show: options.withTimeAxis,
      size: TIME_AXIS_HEIGHT,
      font: FONT,
      stroke: () => colour('muted'),
      grid: { stroke: () => colour('grid'), width: 1 },
      ticks: { stroke: () => colour('grid'), width: 1, size: 5 },
      splits: (_, __, from, to) => clock.ticks(from, to, maxTicks()).atMs,
      values: (_, splits) => {
        const { labels } = clock.ticks(view.fromMs, view.toMs, maxTicks())
        return labels.length === splits.length ? labels : splits.map((at) => clock.moment(at))
      },
    }
  }

  function showPoint(): void {
    if (!plot) return
    const left = view.atMs === null ? -10 : plot.valToPos(view.atMs, 'x')
    plot.setCursor({ left, top: view.atMs === null ? -10 : 5 }, false)
  }

  const resize = (): void => {
    if (plot && plot.width !== width()) plot.setSize({ width: width(), height })
  }
  new ResizeObserver(resize).observe(host)
  host.addEventListener('dblclick', () => view.show(0, view.spanMs))
  view.onShow(() => plot?.setScale('x', { min: view.fromMs, max: view.toMs }))
  view.onPoint(showPoint)
  onPrint((now) => {
    printing = now
    if (plot) plot.setSize({ width: width(), height })
  })
  onTheme(() => plot?.redraw(true, true))

  return {
    draw,
    setShown: (curve, shown) => plot?.setSeries(curve + 1, { show: shown }),
  }
}

function valueAxis(format: ChartOptions['format']): uPlot.Axis {
  return {
    size: VALUE_AXIS_WIDTH,
    font: FONT,
    stroke: () => colour('muted'),
    grid: { stroke: () => colour('grid'), width: 1 },
    ticks: { show: false },
    space: 36,
    values: (_, splits) => splits.map(format),
  }
}

function toSeries(curve: Curve): uPlot.Series {
  const { name, dash } = curveStyle(curve.slot)
  const stroke = (): string => colour(name)
  if (curve.bars) {
    const paths = uPlot.paths.bars!({ size: [0.7, 24, 3] })
    return {
      label: curve.label,
      show: curve.shown,
      fill: stroke,
      width: 0,
      paths,
      points: { show: false },
    }
  }
  return {
    label: curve.label,
    show: curve.shown,
    stroke,
    width: 2,
    dash,
    spanGaps: false,
    points: { size: 5, fill: stroke },
  }
}

/** The axis begins at zero, or below where values are, so that lengths can be compared. */
function valueRange(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1]
  const top = Math.max(0, high)
  const bottom = Math.min(0, low)
  return top === bottom ? [0, 1] : [bottom * 1.05, top * 1.05]
}

/** Lines at the marks that are in view, and labels where those do not overlap. */
function drawMarks(self: uPlot, { marks, markLabels, view }: ChartOptions): void {
  const { ctx, bbox } = self
  const ratio = devicePixelRatio
  ctx.save()
  ctx.font = `600 ${11 * ratio}px ${FONT.slice(5)}`
  ctx.textAlign = 'center'
  ctx.textBaseline = 'middle'
  const labelled: number[] = []
  // Leaks first: theirs are the labels that stay where several would overlap.
  for (const mark of marks.toSorted((a, b) => rankOf(a) - rankOf(b))) {
    if (mark.atMs < view.fromMs || mark.atMs > view.toMs) continue
    const x = Math.round(self.valToPos(mark.atMs, 'x', true))
    const leak = mark.kind === 'leak'
    ctx.strokeStyle = colour(leak ? 'leaking' : 'edge')
    ctx.lineWidth = (leak ? 1.5 : 1) * ratio
    ctx.setLineDash(leak ? [] : [2 * ratio, 4 * ratio])
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    if (!markLabels || labelled.some((other) => Math.abs(other - x) < 18 * ratio)) continue
    labelled.push(x)
    ctx.setLineDash([])
    drawLabel(ctx, mark, x, bbox.top - 11 * ratio, ratio)
  }
  ctx.restore()
}

function rankOf({ kind }: Mark): number {
  return kind === 'leak' ? 0 : 1
}

/** A disc with the finding's number; a triangle where a process started, a square where it ended. */
function drawLabel(
  ctx: CanvasRenderingContext2D,
  mark: Mark,
  x: number,
  y: number,
  ratio: number,
): void {
  ctx.fillStyle = colour(mark.kind === 'leak' ? 'leaking' : 'muted')
  ctx.beginPath()
  if (mark.kind === 'leak') ctx.arc(x, y, 8 * ratio, 0, 2 * Math.PI)
  else if (mark.kind === 'start') {
    ctx.moveTo(x - 4 * ratio, y - 5 * ratio)
    ctx.lineTo(x + 5 * ratio, y)
    ctx.lineTo(x - 4 * ratio, y + 5 * ratio)
  } else ctx.rect(x - 4 * ratio, y - 4 * ratio, 8 * ratio, 8 * ratio)
  ctx.fill()
  if (mark.finding === undefined) return
  ctx.fillStyle = colour('page')
  ctx.fillText(String(mark.finding), x, y + ratio)
}

/** Index of the time nearest to `at`; -1 of none. */
export function nearest(times: readonly number[], at: number): number {
  let low = 0
  let high = times.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle]! < at) low = middle + 1
    else high = middle
  }
  return low > 0 && at - times[low - 1]! < times[low]! - at ? low - 1 : low
}
