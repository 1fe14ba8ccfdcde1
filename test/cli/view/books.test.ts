import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LogSummary } from '../../../lib/cli/summary/summary'
import { booksSentences, openSentence } from '../../../lib/cli/view/books'
import { pageData } from '../../../lib/cli/view/html-data'
import { liveScreen, liveText, type LiveView } from '../../../lib/cli/view/live-view'
import { markdownReport } from '../../../lib/cli/view/markdown-report'
import { otherVerdicts } from '../../../lib/cli/view/overview'
import { textReport } from '../../../lib/cli/view/text-report'
import { openLive } from '../../../lib/cli/summary/live'
import type { GrowthFields } from '../../../lib/schema/lines'
import { leakLine, openBooks, processLine, routeLine, summaryOf } from '../../support/log-lines'
import { MadeLog } from '../../support/made-log'

const CLOSED = openBooks({
  seconds: 1440,
  bytes: 12.3e6,
  toldBytes: 10.1e6,
  ownBytes: 1.7e6,
  stoppedBytes: 4e5,
  openBytes: 1e5,
  ci95: [-9e5, 1e6],
})
const START = 1_700_000_000_000

/** A process on a host of its own, or one that took over. */
function books(instance: string, growth: GrowthFields, more: object = {}): string {
  return processLine({ instance, hostname: instance, growth, ...more })
}

function openOf(growth: Partial<GrowthFields>): string | null {
  return openSentence(summaryOf([processLine({ growth: openBooks(growth) })]))
}

describe('the books', () => {
  it('are a sentence on what the live heap grew by, and what that was', () => {
    assert.deepEqual(booksSentences(summaryOf([processLine({ growth: CLOSED }), processLine()])), [
      "The live heap grew by 12 MB in 24 min: 10 MB are leaks that were told, 1.7 MB memprof's own, " +
        '400 kB has stopped, 100 kB (-900 kB to 1.0 MB) is open.',
    ])
    assert.deepEqual(booksSentences(summaryOf([processLine()])), [])
  })

  it('of a heap that shrank say what was freed', () => {
    const growth = openBooks({ ownBytes: 1e6, stoppedBytes: -3e6 })
    assert.deepEqual(booksSentences(summaryOf([processLine({ growth })])), [
      "The live heap shrank by 2.0 MB in 10 min: 1.0 MB are memprof's own, 3.0 MB was freed, 0 B (-100 to 100 kB) is open.",
    ])
  })

  it('of several processes are those with the most open', () => {
    const [said, ...more] = booksSentences(
      summaryOf([books('a', CLOSED), books('b', openBooks({ openBytes: 5e6 }))]),
    )
    assert.match(
      said!,
      /^The live heap of b 7, the one of 2 processes with the most of it open, grew by 5\.0 MB/,
    )
    assert.deepEqual(more, [])
  })

  it('of a process that ended count until one that took over has some', () => {
    const before = books('a', openBooks({ openBytes: 5e6 }), { hostname: 'x', time: START })
    const after = { instance: 'b', hostname: 'x', time: START + 1000 }
    assert.match(String(openSentence(summaryOf([before, processLine(after)]))), /grows/)
    const closed = summaryOf([before, processLine({ ...after, growth: CLOSED })])
    assert.equal(openSentence(closed), null)
    assert.equal(booksSentences(closed).length, 1)
  })
})

describe('books that are open', () => {
  it('are so from 256 KiB and 1 % of the live heap on, above zero beyond doubt', () => {
    const ci95 = [1, 1e6] as const
    const [share, mebibytes] = [{ liveHeapBytes: 100e6 }, { liveHeapBytes: 1e6 }]
    const isOpen = (openBytes: number, low: number, heap: object): boolean => {
      const growth = openBooks({ openBytes, ci95: [low, ci95[1]] })
      return openSentence(summaryOf([processLine({ growth, ...heap })])) !== null
    }
    assert.deepEqual([isOpen(262_144, 1, mebibytes), isOpen(262_143, 1, mebibytes)], [true, false])
    assert.deepEqual([isOpen(1e6, 1, share), isOpen(999_999, 1, share)], [true, false])
    assert.equal(isOpen(1e6, 0, mebibytes), false)
  })

  it('are told with what is known of them', () => {
    assert.equal(
      openOf({ openBytes: 840_000 }),
      'No leak was found, but the live heap grows by 84 kB per minute, and nobody is known to pay for it ' +
        'yet. Let it run longer: more requests and readings may tell whose it is.',
    )
    const growth = openBooks({ openBytes: 840_000 })
    const said = (lines: string[]): string | undefined =>
      openSentence(summaryOf(lines))?.split(', and')[0]
    assert.equal(
      said([books('a', growth), books('b', growth)]),
      'No leak was found, but the live heaps of 2 processes grow by 168 kB per minute together',
    )
    assert.equal(
      said([books('a', growth), books('b', CLOSED), leakLine({ instance: 'b' })]),
      'The live heap of one process grows by another 84 kB per minute',
    )
    assert.equal(said([processLine({ growth }), leakLine({ scope: 'open' })]), undefined)
  })

  it('ask for no traffic where what leaks is told without any', () => {
    const leak = leakLine({ scope: 'process', bytesPerSecond: 1400 })
    assert.deepEqual(otherVerdicts(summaryOf([processLine(), leak])), ['No request was recorded.'])
    const [said] = otherVerdicts(summaryOf([processLine()]))
    assert.match(said!, /send traffic/)
  })

  it('leave routes open of which too little is known', () => {
    const growth = openBooks({ openBytes: 840_000 })
    const summary = summaryOf([
      processLine({ growth }),
      routeLine({ verdict: 'insufficient-data' }),
    ])
    assert.deepEqual(otherVerdicts(summary).slice(1), [
      '1 route: too few requests or readings to tell, or what nobody is known to pay for may be theirs.',
    ])
  })
})

describe('every view', () => {
  const log = new MadeLog()
    .route({}, 9_999, { verdict: 'steady' })
    .process({}, 10_000, { growth: openBooks({ openBytes: 840_000 }) })
  const { summary, counts } = log.read()

  function live(of: LogSummary): LiveView {
    const about = { sort: 'm', others: [], source: 'a', note: '' } as const
    return {
      summary: of,
      state: openLive().state(),
      ...about,
      columns: 200,
      rows: 24,
      color: false,
    }
  }
  const pipe = { columns: 80, color: false, isTerminal: false }
  const terminal = { columns: 200, color: false, isTerminal: true }

  for (const [view, text] of Object.entries({
    'a pipe': textReport(summary, counts, pipe),
    'a terminal': textReport(summary, counts, terminal),
    Markdown: markdownReport(summary, counts),
    'the page': JSON.stringify(pageData(summary, counts)),
    'the screen of top': liveScreen(live(summary)).join('\n'),
    'the text of top': liveText(live(summary)),
  })) {
    it(`has the books, and says that they are open: ${view}`, () => {
      assert.match(text, /No leak was found, but the live heap grows by 84 kB per minute/)
      assert.match(text, /live heap grew by 840 kB in 10 min: |^grew {2}840 kB in 10 min: /m)
      assert.doesNotMatch(text, /No leak was found\./)
    })
  }
})
