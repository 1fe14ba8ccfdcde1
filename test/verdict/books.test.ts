import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Books, booksOf, withOpen } from '../../lib/verdict/books'
import { judge } from '../../lib/verdict/judge'
import type { MeasuredLeak } from '../../lib/verdict/leak'
import type { Payer } from '../../lib/verdict/payers'
import { type Evidence, grownBy, spanOf } from '../../lib/verdict/span'
import { THRESHOLDS } from '../../lib/verdict/thresholds'
import { madeLeak } from '../support/leaks'
import { bornPlace, cumulative, handmade } from '../support/observations'
import { drawInnocent, drawPlanted, drawSteady } from '../support/synthetic-apps'

const READINGS = 22
const MB = 1 << 20

/** One route with 100 requests from reading to reading, and the heap so large at each. */
function evidenceOf(heapAt: (reading: number) => number, ownBytes = 0): Evidence {
  const each = (value: number): number[] => new Array<number>(READINGS).fill(value)
  const own = bornPlace(each(1), { sampleBytes: ownBytes })
  const observation = handmade(
    [{ route: '/a', ended: cumulative(each(100)) }],
    [{ ...own, origin: 'memprof' }],
    { liveHeapBytes: each(0).map((_, at) => heapAt(at)) },
  )
  return { observation, span: spanOf(observation, THRESHOLDS)!, thresholds: THRESHOLDS }
}

/** A leak of so many bytes per request. */
function leakAt(rate: number, { observation, span }: Evidence): MeasuredLeak {
  const exposure = observation.routes[0]!.ended
  const requests = grownBy(exposure, span)
  const leak = madeLeak({ rate, exposure: requests, retainedBytes: rate * requests })
  return { payer: { exposure } as unknown as Payer, leak }
}

function balance({ bytes, told, own, stopped, open }: Books): void {
  const sum = told.bytes + own.bytes + stopped.bytes + open.bytes
  assert.ok(Math.abs(bytes - sum) <= 1e-6 * Math.max(1, Math.abs(bytes)), `${bytes} is not ${sum}`)
  for (const part of [told, own, stopped, open]) {
    const [low, high] = part.ci95
    assert.ok(low <= part.bytes && part.bytes <= high)
  }
}

describe('the books', () => {
  it('have as memprof’s own what the heap grows by between readings with the debugger on, less what it grows by else', () => {
    const growing = evidenceOf((at) => 20 * MB + at * 0.1 * MB + (at >= 16 ? 3 * MB : 0))
    const debugged = growing.observation.timeMs.map((_, at) => (at >= 16 ? 1 : 0))
    const evidence = { ...growing, observation: { ...growing.observation, debugged } }
    const leak = leakAt((0.1 * MB) / 100, evidence)
    const books = booksOf([leak], evidence)
    balance(books)
    assert.ok(Math.abs(books.own.bytes - 3 * MB) < 0.01 * MB, `${books.own.bytes}`)
    assert.ok(Math.abs(books.open.bytes) < 0.2 * MB, `${books.open.bytes}`)
    assert.ok(booksOf([leak], growing).open.bytes > MB)
    // What nobody was found for grows then as it does else, and is open.
    assert.ok(Math.abs(booksOf([], evidence).own.bytes - 3 * MB) < 0.01 * MB)
  })

  it('are balanced to the byte, whatever grows', () => {
    for (let seed = 1; seed <= 12; seed++) {
      for (const draw of [drawPlanted, drawInnocent, (of: number) => drawSteady(of, 'nothing')]) {
        const observation = draw(seed).app.observe()
        const { books } = judge(observation)
        const span = spanOf(observation, THRESHOLDS)!
        assert.equal(books!.bytes, grownBy(observation.liveHeapBytes, span))
        balance(books!)
      }
    }
  })

  it('say of each part what it is', () => {
    // 50 kB with each of 100 requests are told, 100 kB are memprof's own, and 200 kB are nobody's.
    const evidence = evidenceOf((at) => 20 * MB + at * (5e6 + 9e4 + 2e5), 1e5)
    const intervals = grownBy(evidence.observation.timeMs, evidence.span) / 3000
    const books = booksOf([leakAt(50_000, evidence)], evidence)
    const partsEach = [books.told, books.own, books.open, books.stopped].map(
      ({ bytes }) => Math.round(bytes / intervals) + 0,
    )
    assert.deepEqual(partsEach, [5e6, 9e4, 2e5, 0])
    assert.equal(books.isGrowing, true)
    balance(books)
  })

  it('take for stopped what came before the second half', () => {
    const evidence = evidenceOf((at) => 20 * MB + Math.min(at, 9) * MB)
    const books = booksOf([], evidence)
    assert.equal(Math.round(books.stopped.bytes / MB), 9 - evidence.span.first)
    assert.deepEqual([Math.round(books.open.bytes), books.isGrowing], [0, false])
    balance(books)
  })

  it('show no growth below 256 kB, nor below a hundredth of the heap, nor by one step', () => {
    const isGrowing = (heapAt: (at: number) => number): boolean =>
      booksOf([], evidenceOf(heapAt)).isGrowing
    const { first, last } = evidenceOf(() => 0).span
    const rising = (bytes: number, from: number) => (at: number) =>
      from + (bytes * (at - first)) / (last - first)
    assert.equal(isGrowing(rising(300_000, 20 * MB)), true)
    assert.equal(isGrowing(rising(250_000, 20 * MB)), false)
    assert.equal(isGrowing(rising(2.1 * MB, 200 * MB)), true)
    assert.equal(isGrowing(rising(1.9 * MB, 200 * MB)), false)
    assert.equal(
      isGrowing((at) => 20 * MB + (at < 16 ? 0 : 4 * MB)),
      false,
    )
  })

  it('put a leak that is not told yet under what is open', () => {
    const evidence = evidenceOf((at) => 20 * MB + at * 5e6)
    const leak = leakAt(50_000, evidence)
    const books = withOpen(booksOf([leak], evidence), leak.leak)
    assert.ok(Math.abs(books.told.bytes) < 1)
    assert.ok(Math.abs(books.open.bytes - leak.leak.retainedBytes) < 1)
    balance(books)
  })
})
