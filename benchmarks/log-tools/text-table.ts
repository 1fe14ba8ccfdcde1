/** Rows as the terminals of the engines show them: in columns, numbers to the right. */
import type { Cell, Row } from './engines'

export function textTable(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {})
  const shown = rows.map((row) => names.map((name) => show(row[name] ?? null)))
  const widths = names.map((name, at) =>
    Math.max(name.length, ...shown.map((cells) => cells[at]!.length)),
  )
  const isNumber = names.map((name) => rows.every((row) => typeof row[name] === 'number'))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (isNumber[at] ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)))
      .join('  ')
      .trimEnd()
  return [line(names), line(widths.map((width) => '-'.repeat(width))), ...shown.map(line)].join(
    '\n',
  )
}

function show(cell: Cell): string {
  return cell === null ? '' : String(cell)
}

/** As in the docs, a run's figures. */
export function markdownTable(
  names: readonly string[],
  rows: ReadonlyArray<readonly string[]>,
): string {
  return [names, names.map((_, at) => (at === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}
