/** Tables as text: of what a run measured, for the docs (Markdown) and for a terminal. Pure. */

type Row = readonly string[]

interface Columns {
  readonly widths: readonly number[]
  /** Whether a column's cells stand at its right. */
  readonly right: readonly boolean[]
}

/** A number, with its unit behind it. */
const NUMBER = /^[-+±]?\d[\d,]*(?:\.\d+)?(?: ?(?:%|s|ms|µs|B|kB|MB|GB|\/s))?$/
/** Where there is none. */
const NONE = ['', '-', '?']

/** To the right are columns of numbers; the first never is. */
function columnsOf(headings: Row, rows: readonly Row[]): Columns {
  return {
    widths: headings.map((heading, at) =>
      Math.max(heading.length, ...rows.map((row) => row[at]!.length)),
    ),
    right: headings.map((_, at) => {
      const cells = rows.map((row) => row[at]!).filter((cell) => !NONE.includes(cell))
      return at > 0 && cells.length > 0 && cells.every((cell) => NUMBER.test(cell))
    }),
  }
}

function padded(cells: Row, { widths, right }: Columns): string[] {
  return cells.map((cell, at) =>
    right[at] ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!),
  )
}

/** A bar within a cell would end it. */
function escaped(row: Row): Row {
  return row.map((cell) => cell.replaceAll('|', '\\|'))
}

export function markdownTable(headings: Row, rows: readonly Row[]): string {
  const cells = rows.map(escaped)
  const { right } = columnsOf(headings, cells)
  const rule = right.map((isRight) => (isRight ? '---:' : '---'))
  return [headings, rule, ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

export function textTable(headings: Row, rows: readonly Row[]): string {
  const columns = columnsOf(headings, rows)
  const rule = columns.widths.map((width) => '-'.repeat(width))
  return [headings, rule, ...rows]
    .map((row) => padded(row, columns).join('  ').trimEnd())
    .join('\n')
}
