/** The error rates by threshold, as text. */
import type { Counts } from './replay'

export interface Outcome {
  readonly name: string
  readonly value: number
  readonly factor: number
  readonly counts: Counts
}

const COLUMNS = ['found', 'blamed', 'missed'] as const
const WIDTH = 8
const LINE_WIDTH = 100
const INDENT = '  '

/**
 * A line per threshold that changes a count, with the change at each factor; then the names of those that
 * change nothing.
 */
export function renderOutcomes(what: string, asItIs: Counts, outcomes: readonly Outcome[]): string {
  const names = [...new Set(outcomes.map(({ name }) => name))]
  const of = (name: string): Outcome[] => outcomes.filter((outcome) => outcome.name === name)
  const matters = names.filter((name) => of(name).some((one) => isOther(one.counts, asItIs)))
  const rest = names.filter((name) => !matters.includes(name))
  const factors = [...new Set(outcomes.map(({ factor }) => factor))]
  const nameWidth = Math.max(...matters.map((name) => name.length))
  const lines = [
    `${what}, all as it is: ${asItIs.found} of ${asItIs.planted} leaks found; ${asItIs.blamed} blamed,` +
      ` beside ${asItIs.innocent} innocent routes; ${asItIs.missed} missed`,
    '',
  ]
  if (matters.length === 0) return [...lines, 'no threshold changes a count'].join('\n')
  lines.push(
    ''.padEnd(nameWidth + 10) +
      factors.map((factor) => `at ${factor} times`.padStart(3 * WIDTH + 2)).join(''),
    'threshold'.padEnd(nameWidth) +
      'value'.padStart(10) +
      factors.map(() => INDENT + COLUMNS.map((name) => name.padStart(WIDTH)).join('')).join(''),
  )
  for (const name of matters) {
    const cells = of(name).map(
      ({ counts }) =>
        INDENT + COLUMNS.map((key) => change(counts[key] - asItIs[key]).padStart(WIDTH)).join(''),
    )
    lines.push(name.padEnd(nameWidth) + String(of(name)[0]!.value).padStart(10) + cells.join(''))
  }
  lines.push('', ...wrap(`change nothing: ${rest.join(', ')}`))
  return lines.map((line) => line.trimEnd()).join('\n')
}

function wrap(text: string): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    if (lines.at(-1)!.length + word.length >= LINE_WIDTH) lines.push('')
    lines.push(`${lines.pop()!} ${word}`.trimStart())
  }
  return lines
}

function isOther(counts: Counts, asItIs: Counts): boolean {
  return COLUMNS.some((key) => counts[key] !== asItIs[key])
}

function change(by: number): string {
  return by === 0 ? '.' : by > 0 ? `+${by}` : String(by)
}
