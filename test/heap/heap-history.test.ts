import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { halve, HeapHistory, type History, mergePairs } from '../../lib/heap/heap-history'
import type { Label } from '../../lib/heap/labels'
import type { Sample, SampledNode, SampledProfile } from '../../lib/inspector/sampled-profile'
import { integer, seeded } from '../support/random'
import { node, samples } from '../support/profiles'

const S = 100
const LABEL: Label = { id: 0, kind: 'route', name: 'GET /a', trampoline: {} as Label['trampoline'] }
const OPTIONS = {
  labelOf: (url: string): Label | null => (url === 'label' ? LABEL : null),
  ownerOf: (url: string) => (url === '/memprof.js' ? ('memprof' as const) : ('others' as const)),
}

/** Two functions: node 2 under the label, node 3 outside it. */
function profile(text: string, more: SampledNode[] = []): SampledProfile {
  return {
    head: node(
      0,
      '(root)',
      0,
      node(1, 'route@label', 0, node(2, 'keep@/app.js:1', 1)),
      node(3, 'later@/app.js:2', 1),
      node(4, 'own@/memprof.js', 1),
      ...more,
    ),
    samples: ordered(text),
  }
}

/** `node x bytes # ordinal`. */
function ordered(text: string): Sample[] {
  return text
    .split(' ')
    .filter(Boolean)
    .map((one) => {
      const [sample = '', ordinal] = one.split('#')
      return samples(sample, Number(ordinal))[0]!
    })
}

function historyOf(...texts: string[]): HeapHistory {
  const history = new HeapHistory(S, OPTIONS)
  for (const text of texts) history.add(profile(text))
  return history
}

function find(history: HeapHistory, name: string, isLarge = false): History {
  const found = [...history.histories].find(
    (one) => one.place.frames[0]?.functionName === name && one.isLarge === isLarge,
  )
  assert.ok(found, name)
  return found
}

describe('HeapHistory', () => {
  it('tells live bytes, those that lived a reading before, and when what still lives was born', () => {
    // Sample 1 dies after the second reading, 4 at once.
    const history = historyOf(
      '2x100#1 2x50#2',
      '2x100#1 2x50#2 2x70#3 2x10#4',
      '2x50#2 2x70#3 2x30#5',
    )
    const keep = find(history, 'keep')
    assert.deepEqual(keep.liveBytes, [150, 230, 150])
    assert.deepEqual(keep.survivedBytes, [0, 150, 120])
    assert.deepEqual(keep.bornBytes, [50, 70, 30])
    assert.deepEqual(keep.bornBytesSquared, [2500, 4900, 900])
  })

  it('gives a place that comes later zeros for the readings before', () => {
    const later = find(historyOf('2x100#1', '2x100#1', '2x100#1 3x40#2'), 'later')
    assert.deepEqual(later.liveBytes, [0, 0, 40])
    assert.deepEqual(later.bornBytes, [0, 0, 40])
  })

  it('knows births by their order, whatever order the samples come in', () => {
    const keep = find(historyOf('2x1#9 2x2#4', '2x8#17 2x1#9 2x4#10 2x2#4'), 'keep')
    assert.deepEqual(keep.bornBytes, [3, 12])
  })

  it('keeps objects of three intervals and more apart', () => {
    const history = historyOf('2x299#1 2x300#2')
    assert.deepEqual(find(history, 'keep').liveBytes, [299])
    assert.deepEqual(find(history, 'keep', true).liveBytes, [300])
  })

  it('counts what memprof itself allocated, at the last reading', () => {
    assert.equal(historyOf('4x500#1 2x100#2', '4x300#1 2x100#2').memprofBytes, 300)
  })

  it('forgets its last reading as if it had not been', () => {
    const texts = ['2x100#1', '2x100#1 2x20#2', '2x100#1 2x20#2 2x3#3']
    const dropped = historyOf(...texts.slice(0, 2), '2x100#1 2x20#2 2x999#3')
    dropped.dropLast()
    dropped.add(profile(texts[2]!))
    assert.equal(dropped.readings, 3)
    assert.deepEqual(find(dropped, 'keep'), find(historyOf(...texts), 'keep'))
  })

  it('halves: every other reading is dropped, the last one kept, and no birth is lost', () => {
    const history = historyOf(
      '2x1#1',
      '2x1#1 2x2#2',
      '2x1#1 2x2#2 2x4#3',
      '2x1#1 2x2#2 2x4#3 2x8#4',
    )
    history.halve()
    const keep = find(history, 'keep')
    assert.equal(history.readings, 2)
    assert.deepEqual(keep.liveBytes, [3, 15])
    assert.deepEqual(keep.bornBytes, [3, 12])
    history.add(profile('2x1#1 2x2#2 2x4#3 2x8#4 2x16#5'))
    assert.deepEqual(keep.bornBytes, [3, 12, 16])
    assert.deepEqual(keep.liveBytes, [3, 15, 31])
  })

  it('remembers under which labels a function was seen', () => {
    const history = historyOf('2x100#1 3x100#2')
    assert.deepEqual([...history.seenUnder('/app.js:1:0')!], [LABEL])
    assert.equal(history.seenUnder('/app.js:2:0'), undefined)
  })

  it('tells 4,096 places apart at most, and makes room when what was there is gone', () => {
    const many = (first: number, count: number): SampledNode[] =>
      Array.from({ length: count }, (_, at) => node(10 + at, `f@/many.js:${first + at}`, 1))
    const text = Array.from({ length: 5000 }, (_, at) => `${10 + at}x10#${at + 1}`).join(' ')
    const history = new HeapHistory(S, OPTIONS)
    history.add(profile(text, many(0, 5000)))
    assert.equal([...history.histories].length, 4096)
    history.dropLast()
    history.add(profile(''))
    history.add(profile('3x10#6000'))
    assert.deepEqual(find(history, 'later').liveBytes, [0, 10])
    assert.equal([...history.histories].length, 1)
  })
})

describe('halve and mergePairs', () => {
  it('keep the last reading and every total, on 200 random series', () => {
    const random = seeded(41)
    for (let drawn = 0; drawn < 200; drawn++) {
      const amounts = Array.from({ length: integer(random, 1, 20) }, () => integer(random, 0, 9))
      let sum = 0
      const cumulative = amounts.map((amount) => (sum += amount))
      const halved = [...cumulative]
      halve(halved)
      const merged = mergePairs(amounts)
      assert.equal(halved.length, Math.ceil(amounts.length / 2))
      assert.equal(merged.length, halved.length)
      assert.equal(halved.at(-1), sum)
      let total = 0
      assert.deepEqual(
        merged.map((amount) => (total += amount)),
        halved,
      )
    }
  })

  it('leave an empty series empty', () => {
    const empty: number[] = []
    halve(empty)
    assert.deepEqual(empty, [])
    assert.deepEqual(mergePairs([]), [])
  })
})
