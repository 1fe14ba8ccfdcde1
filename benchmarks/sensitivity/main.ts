/**
 * How much each threshold of the verdict matters: the error rates with it at 0.8 and at 1.25 times its
 * value, all others as they are.
 *
 *   node dist/benchmarks/sensitivity/main.js [DIR] [--only part of a threshold's name]
 *                                            [--factors 0.8,1.25] [--write]
 *
 * Judged are the drawn apps of test/verdict/error-rates.test.ts, and the apps of the corpus whose
 * observations `npm run bench:leaks -- --record DIR` wrote into DIR. `--write` puts the table into
 * docs/method.md.
 *
 * Left out: what holds a filling cache back (it asks the app's containers, not an observation), the
 * figures of the leaks, and thresholds varied together. Exits 1 where a recorded observation is judged
 * otherwise than live: then it is of another version of memprof.
 */
import { parseArgs } from 'node:util'
import { judge } from '../../lib/verdict/judge'
import { THRESHOLDS } from '../../lib/verdict/thresholds'
import { plain } from '../leaks/recording'
import { writeBlock } from '../support/blocks'
import { type Case, drawnCases, recordedCases, type RecordedCase } from './cases'
import { add, type Counts, NOTHING, replay } from './replay'
import { type Outcome, renderOutcomes } from './table'
import { type Variant, variantsOf } from './variants'

const { values, positionals } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    factors: { type: 'string', default: '0.8,1.25' },
    write: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})

interface Result {
  readonly cases: number
  readonly asItIs: Counts
  readonly outcomes: readonly Outcome[]
}

/** Case by case, since all observations together are more than memory holds. */
function judgeAll(cases: Iterable<Case>, variants: readonly Variant[]): Result {
  let asItIs = NOTHING
  let count = 0
  const sums = variants.map(() => NOTHING)
  for (const one of cases) {
    count++
    asItIs = add(asItIs, replay(one, THRESHOLDS))
    variants.forEach(({ thresholds }, at) => {
      sums[at] = add(sums[at]!, replay(one, thresholds))
    })
    if (process.stderr.isTTY) process.stderr.write(`\r${count} ${one.name}\x1b[K`)
  }
  return {
    cases: count,
    asItIs,
    outcomes: variants.map((variant, at) => ({ ...variant, counts: sums[at]! })),
  }
}

/** Recorded cases as they are, once each is judged as it was live. */
function* checked(cases: Iterable<RecordedCase>): Generator<RecordedCase> {
  for (const one of cases) {
    const others = one.judgements.filter(({ observation, standing, judgement }) => {
      const again = plain(judge(observation, new Set(standing)), observation)
      return JSON.stringify(again) !== JSON.stringify(judgement)
    })
    const of = `of ${one.judgements.length} judgements`
    if (others.length > 0) {
      process.stderr.write(`${one.name}: ${others.length} ${of} are not as they were live\n`)
      process.exitCode = 1
    } else process.stderr.write(`${one.name}: as live, all ${of}\n`)
    yield one
  }
}

const variants = variantsOf(values.factors.split(',').map(Number)).filter(({ name }) =>
  name.includes(values.only),
)
const parts: string[] = []
function judgeAndTell(what: string, cases: Iterable<Case>): void {
  const { cases: count, asItIs, outcomes } = judgeAll(cases, variants)
  parts.push(renderOutcomes(`${count} ${what}`, asItIs, outcomes))
}
judgeAndTell('drawn apps', drawnCases())
const [directory] = positionals
if (directory !== undefined) {
  judgeAndTell('recorded apps of the corpus', checked(recordedCases(directory)))
}
const text = parts.join('\n\n')
console.log(text)
if (values.write) writeBlock('docs/method.md', 'sensitivity', `\`\`\`text\n${text}\n\`\`\``)
