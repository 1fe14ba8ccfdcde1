/** Series drawn in characters: eighths of a block, so that a row shows eight levels. */
import { formatBytes } from './numbers'

const EIGHTHS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const

/** One row: the lowest value is an eighth, the highest a full block, none a blank. */
export function sparkline(values: ReadonlyArray<number | null>): string {
  const known = values.filter((value) => value !== null)
  const low = Math.min(...known)
  const span = Math.max(...known) - low
  return values
    .map((value) => {
      if (value === null) return ' '
      return EIGHTHS[span === 0 ? 1 : 1 + Math.round(((value - low) / span) * 7)]
    })
    .join('')
}

/**
 * An area from 0 up to each value, `rows` high, the axis with its bytes to the left:
 *
 *   37 MB ┤      ▂▅█
 *   25 MB ┤   ▃▇████
 *   12 MB ┤▅████████
 */
export function areaChart(values: ReadonlyArray<number | null>, rows: number): string[] {
  const top = Math.max(1, ...values.map((value) => value ?? 0))
  const labels = Array.from({ length: rows }, (_, row) => formatBytes((top * (rows - row)) / rows))
  const width = axisWidth(values, rows)
  return labels.map((label, row) => {
    const floor = rows - row - 1
    const cells = values.map((value) => {
      if (value === null) return ' '
      const level = Math.round((value / top) * rows * 8) - floor * 8
      return EIGHTHS[Math.max(0, Math.min(8, level))]
    })
    return `${label.padStart(width)} ┤${cells.join('')}`.trimEnd()
  })
}

/** Columns that the labels of {@link areaChart} take, without the axis itself. */
export function axisWidth(values: ReadonlyArray<number | null>, rows: number): number {
  const top = Math.max(1, ...values.map((value) => value ?? 0))
  return Math.max(
    ...Array.from({ length: rows }, (_, row) => formatBytes((top * (rows - row)) / rows).length),
  )
}
