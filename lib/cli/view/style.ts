/** Colours for a terminal, or none. */
import type { Verdict } from '../../schema/lines'

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
} as const
export type Style = keyof typeof CODES
export type Paint = (style: Style, text: string) => string

const VERDICT_STYLES: Readonly<Record<Verdict, Style>> = {
  leaking: 'red',
  plateaued: 'yellow',
  steady: 'green',
  'insufficient-data': 'dim',
}

export function painter(color: boolean): Paint {
  if (!color) return (_, text) => text
  return (style, text) => `\u001b[${CODES[style][0]}m${text}\u001b[${CODES[style][1]}m`
}

/** A row of a table that ends in its verdict; a row that was cut before it stays as it is. */
export function paintVerdict(paint: Paint, row: string, verdict: Verdict): string {
  return row.endsWith(verdict)
    ? row.slice(0, -verdict.length) + paint(VERDICT_STYLES[verdict], verdict)
    : row
}
