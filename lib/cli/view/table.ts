/** Rows of text in columns. */
import { cutMiddle, padTo, widthOf } from './width'

export interface Column {
  readonly title: string
  readonly align: 'left' | 'right'
  /** Left out where a terminal is too narrow for all: the lowest number first. */
  readonly spare?: number
}

export type Row = readonly string[]

/** Blanks between two columns. */
const GAP = '  '
/** Columns of the terminal that the first column keeps when it is cut. */
const MIN_FIRST_WIDTH = 12

/**
 * A table aligned with blanks. Where it is wider than `maxWidth`, columns that can be spared go, then the middle
 * of the first column's texts, which are names; the rest are numbers.
 */
export function alignedTable(
  columns: readonly Column[],
  rows: readonly Row[],
  maxWidth: number,
): string[] {
  const titles = columns.map(({ title }) => title)
  const widths = titles.map((_, at) =>
    Math.max(...[titles, ...rows].map((row) => widthOf(row[at] ?? ''))),
  )
  const total = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1))
  const over = total - maxWidth
  if (over > 0 && widths[0]! - over < MIN_FIRST_WIDTH) {
    const spare = columns.reduce<number | null>((least, { spare: of = Infinity }, at) => {
      return of < (columns[least ?? -1]?.spare ?? Infinity) ? at : least
    }, null)
    if (spare !== null) {
      return alignedTable(
        without(columns, spare),
        rows.map((row) => without(row, spare)),
        maxWidth,
      )
    }
  }
  if (over > 0) widths[0] = Math.max(MIN_FIRST_WIDTH, widths[0]! - over)
  return [titles, ...rows].map((row) =>
    columns
      .map(({ align }, at) => padTo(cutMiddle(row[at] ?? '', widths[at]!), widths[at]!, align))
      .join(GAP)
      .trimEnd(),
  )
}

function without<T>(items: readonly T[], at: number): T[] {
  return items.filter((_, index) => index !== at)
}

/** A table for another program: one tab between cells, no blanks added. */
export function tabbedTable(columns: readonly Column[], rows: readonly Row[]): string[] {
  return [columns.map(({ title }) => title), ...rows].map((row) => row.join('\t'))
}

/** A table without the columns in which no row says anything. */
export function withoutEmpty(
  columns: readonly Column[],
  rows: readonly Row[],
): [columns: Column[], rows: string[][]] {
  const used = columns.map((_, at) => rows.some((row) => row[at] !== '' && row[at] !== '0'))
  return [columns.filter((_, at) => used[at]), rows.map((row) => row.filter((_, at) => used[at]))]
}
