/**
 * The lines of source around a place, as compilers show them:
 *
 *         6 |   const titles = []
 *         7 |   for (let at = 0; at < 60; at++) titles.push(`${req.query.q} ${at}`)
 *     >   8 |   seen.push({ q: req.query.q, titles })
 *           |        ^
 *         9 |   res.json(titles.slice(0, 10))
 *        10 | })
 */
import type { SiteFrame } from '../../schema/lines'
import { printable } from './printable'
import type { Paint } from './style'
import { cutEnd, widthOf } from './width'

/** Lines before the one that is meant, and after. */
const AROUND = 2
/** A line is cut where the terminal ends, and here at the latest. */
const MAX_COLUMNS = 160
/** As V8 counts lines. */
const LINE_END = /\r\n|[\n\r\u2028\u2029]/

/** @returns no line where the text has no such place */
export function sourceLines(
  text: string,
  { line, column }: Pick<SiteFrame, 'line' | 'column'>,
  columns: number,
  paint: Paint,
): string[] {
  const lines = text.split(LINE_END)
  const meant = lines[line - 1]
  if (meant === undefined || column < 1 || column > meant.length + 1) return []
  const digits = String(line + AROUND).length
  const gutter = (mark: string, number: string): string => `  ${mark} ${number.padStart(digits)} | `
  const width = Math.min(MAX_COLUMNS, columns) - gutter(' ', '').length
  // A line far longer than the screen, as of a bundle, is shown from the middle on.
  const from = column > width ? column - 1 - (width >> 1) : 0
  const shown: string[] = []
  for (let at = Math.max(1, line - AROUND); at <= line + AROUND; at++) {
    const all = lines[at - 1]
    if (all === undefined) break
    const code = cutEnd(asShown(all.slice(from, from + width + 1), width), width)
    const numbered = (gutter(at === line ? '>' : ' ', String(at)) + code).trimEnd()
    shown.push(at === line ? numbered : paint('dim', numbered))
    if (at !== line) continue
    const before = widthOf(asShown(meant.slice(from, column - 1), width))
    if (before < width) shown.push(gutter(' ', '') + ' '.repeat(before) + paint('red', '^'))
  }
  return shown
}

function asShown(code: string, width: number): string {
  return printable(code.replaceAll('\t', '  '), 2 * width)
}
