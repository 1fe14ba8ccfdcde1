import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judge } from '../../lib/verdict/judge'
import type { Leak } from '../../lib/verdict/leak'
import type { EntriesOf, Shares } from '../../lib/verdict/observation'
import { outcomeOf, perOutcome } from '../../lib/verdict/outcome'
import { THRESHOLDS } from '../../lib/verdict/thresholds'
import {
  type AppPlan,
  bornPlace,
  type Cause,
  handmade,
  SyntheticApp,
} from '../support/observations'

const ROUTES = [
  { route: '/stream/:id', perSecond: 180, abortedShare: 0.1 },
  { route: '/items/:id', perSecond: 300 },
]
const SEEDS = 60

/** In steady traffic, as it comes to a server: nothing but chance moves the share of those given up. */
function app(seed: number, objects: ReadonlyArray<{ by: Cause; bytes: number }>): SyntheticApp {
  const plan: AppPlan = {
    seed,
    routes: ROUTES,
    isSteady: true,
    readings: 40,
    objects: objects.map((one, at) => ({
      site: `keep${at}`,
      owner: { kind: 'route', index: 0 },
      ...one,
    })),
  }
  return new SyntheticApp(plan)
}

function leakOf(made: SyntheticApp): Leak | undefined {
  return judge(made.observe()).leaks.find(({ route }) => route === 0)
}

function countOf(objects: ReadonlyArray<{ by: Cause; bytes: number }>): number {
  const seeds = Array.from({ length: SEEDS }, (_, seed) => seed)
  return seeds.filter((seed) => leakOf(app(seed, objects))?.outcome).length
}

describe('the outcome that pays', () => {
  const aborted = { by: { kind: 'aborted', index: 0 }, bytes: 28_000 } as const

  it('is told of what aborted requests alone keep, per aborted request', () => {
    const made = app(1, [aborted])
    const { outcome, rate } = leakOf(made)!
    assert.equal(outcome?.kind, 'aborted')
    assert.ok(Math.abs(outcome.share - 0.1) < 0.01)
    const off = perOutcome(rate, outcome) / made.trueRate('keep0') - 1
    assert.ok(Math.abs(off) < 0.1, String(off))
  })

  it('is told in nearly every run where they keep much, and where all keep alike in next to none', () => {
    const told = countOf([aborted])
    const ofAll = countOf([{ by: { kind: 'route', index: 0 }, bytes: 2800 }])
    const ofBoth = countOf([
      { by: { kind: 'route', index: 0 }, bytes: 1400 },
      { ...aborted, bytes: 14_000 },
    ])
    assert.ok(told >= 0.75 * SEEDS, String(told))
    assert.ok(ofAll <= 0.02 * SEEDS, String(ofAll))
    assert.ok(ofBoth <= 0.06 * SEEDS, String(ofBoth))
  })
})

describe('the outcome that pays, by the entries that a trace saw stay', () => {
  const READINGS = 20
  const ended = Array.from({ length: READINGS }, (_, at) => 200 * (at + 1))

  /** Of all requests such a share is given up, evenly: by the births there is nothing to tell. */
  function outcomeBy(share: number, entries: Omit<EntriesOf, 'index'>): string | null {
    const growth: Shares = {
      seen: entries.aborted + entries.failed + entries.others,
      routes: [{ index: 0, share: 1 }],
      idle: 0,
      lost: 0,
      outcomes: [
        { index: 0, ...entries },
        { index: 1, aborted: 50, failed: 50, others: 50 },
      ],
    }
    const births = bornPlace(new Array<number>(READINGS).fill(4), { sampleBytes: 512 << 10 })
    const place = { ...births, traced: { runs: null, growth } }
    const made = handmade([{ route: '/a', ended }], [place])
    const [route] = made.routes
    const aborted = ended.map((of) => of * share)
    const observation = { ...made, routes: [{ ...route!, aborted, failed: aborted }] }
    const evidence = { observation, span: { first: 2, last: READINGS - 1 }, thresholds: THRESHOLDS }
    return outcomeOf(0, [place], evidence)?.kind ?? null
  }

  it('is told where they are hardly any others', () => {
    assert.equal(outcomeBy(0.1, { aborted: 20, failed: 0, others: 0 }), 'aborted')
    assert.equal(outcomeBy(0.1, { aborted: 0, failed: 40, others: 2 }), 'failed')
  })

  it('is not told of few, where others stay too, or where chance may have it so', () => {
    assert.equal(outcomeBy(0.1, { aborted: 7, failed: 0, others: 0 }), null)
    assert.equal(outcomeBy(0.1, { aborted: 20, failed: 0, others: 20 }), null)
    assert.equal(outcomeBy(0.1, { aborted: 0, failed: 0, others: 100 }), null)
    assert.equal(outcomeBy(0.85, { aborted: 20, failed: 0, others: 0 }), null)
  })
})
