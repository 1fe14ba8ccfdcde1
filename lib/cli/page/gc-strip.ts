/** The strip below the chart of memory: a bar for the major GCs in each stretch of time. */
import { type Bins, binCounts } from './bins'
import { nearest, openChart } from './chart'
import { type Clock, formatElapsed } from './clock'
import type { Mark } from '../view/page-data'
import { make } from './dom'
import type { Lanes } from './lanes'
import type { TimeView } from './time-view'

/** More bars would run into each other. */
const MAX_BARS = 120

export interface GcStrip {
  /** The title, with the number of GCs at the moment pointed at, and the bars. */
  readonly elements: readonly HTMLElement[]
  draw(lanes: Lanes): void
  /** The moment pointed at is another. */
  point(): void
}

export function makeGcStrip(options: {
  readonly view: TimeView
  readonly clock: Clock
  readonly marks: readonly Mark[]
}): GcStrip {
  const { view } = options
  const plot = make('div', { class: 'plot', role: 'img' })
  const chart = openChart({
    ...options,
    host: plot,
    height: 76,
    markLabels: false,
    format: (value) => (Number.isInteger(value) ? String(value) : ''),
    withTimeAxis: false,
  })
  const swatch = make('span', { class: 'bar-swatch', 'aria-hidden': 'true' })
  const title = make('span')
  const value = make('b')
  let bins: Bins = { widthMs: 0, atMs: [], sums: [] }
  return {
    elements: [make('p', { class: 'strip' }, swatch, title, value), plot],
    draw(lanes) {
      const all = lanes.all('majorGcs')
      const counts = lanes.atMs.map((ms, at) => ({
        ms,
        count: all.reduce((sum, lane) => sum + (lane[at] ?? 0), 0),
      }))
      bins = binCounts(counts, view.spanMs, MAX_BARS)
      title.textContent = `Major GCs in each ${formatElapsed(bins.widthMs)}: `
      const total = counts.reduce((sum, { count }) => sum + count, 0)
      plot.setAttribute('aria-label', `Major GCs over time: ${total} in all.`)
      chart.draw({
        atMs: bins.atMs,
        curves: [{ label: 'major GCs', slot: 4, values: bins.sums, shown: true, bars: true }],
      })
    },
    point() {
      const bin = nearest(bins.atMs, view.atMs ?? view.spanMs)
      value.textContent = String(bins.sums[bin] ?? 0)
    },
  }
}
