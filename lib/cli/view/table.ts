/** Rows of text in columns. */
export interface Column {
  readonly title: string
  readonly align: 'left' | 'right'
}

/** Aligned with blanks, two between columns; the last column is not padded. */
export function alignedTable(
  columns: readonly Column[],
  rows: ReadonlyArray<readonly string[]>,
): string[] {
  const all = [columns.map(({ title }) => title), ...rows]
  const widths = columns.map((_, at) => Math.max(...all.map((row) => lengthOf(row[at] ?? ''))))
  return all.map((row) =>
    columns
      .map(({ align }, at) => {
        const cell = row[at] ?? ''
        const blanks = ' '.repeat(widths[at]! - lengthOf(cell))
        return align === 'right' ? blanks + cell : cell + blanks
      })
      .join('  ')
      .trimEnd(),
  )
}

/** For another program: one tab between cells, no blanks added. */
export function tabbedTable(
  columns: readonly Column[],
  rows: ReadonlyArray<readonly string[]>,
): string[] {
  return [columns.map(({ title }) => title), ...rows].map((row) => row.join('\t'))
}

/** Characters, not code units: names may hold emoji. */
function lengthOf(text: string): number {
  return Array.from(text).length
}
