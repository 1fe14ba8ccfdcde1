/** What memprof shows of each framework, as people look it up: what is usual, and what differs. Pure. */
import { markdownTable } from '../../test/support/table'
import { type Answers, TWELVE } from '../../test/support/twelve-requests'

export interface Shown {
  readonly name: string
  readonly version: string
  readonly answers: Answers
  /** How the planted leak was attributed, or why none was planted. */
  readonly leak: string
}

/** What most show of each request. */
function usualAnswers(all: readonly Shown[]): Answers {
  return Object.fromEntries(
    TWELVE.map(({ about }) => {
      const counts = new Map<string, number>()
      for (const { answers } of all) {
        const answer = answers[about] ?? ''
        counts.set(answer, (counts.get(answer) ?? 0) + 1)
      }
      const usual = [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? ''
      return [about, usual]
    }),
  )
}

function code(text: string): string {
  return `\`${text}\``
}

/** Two versions that show the same are one row. */
export function shownAsTables(all: readonly Shown[]): string {
  const usual = usualAnswers(all)
  const rows: string[][] = []
  for (const { name, version, answers, leak } of all) {
    const others = TWELVE.filter(({ about }) => answers[about] !== usual[about])
    const differs = others.map(({ about }) => `${about}: ${code(answers[about] ?? '')}`).join('; ')
    const last = rows.at(-1)
    if (last?.[0] === name && last[2] === differs && last[3] === leak) last[1] += `, ${version}`
    else rows.push([name, version, differs, leak])
  }
  return [
    `Node ${process.version}. What most of them show:`,
    markdownTable(
      ['request', 'route and status'],
      TWELVE.map(({ about, method, path }) => [
        `${about}: ${code(`${method} ${path}`)}`,
        code(usual[about] ?? ''),
      ]),
    ),
    'What each shows otherwise, and how its planted leak was attributed:',
    markdownTable(['framework', 'versions', 'otherwise', 'leak'], rows),
  ].join('\n\n')
}
