import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Look } from '../../lib/holders/ranking'
import { Sought } from '../../lib/holders/sought'
import type { Container } from '../../lib/holders/container'
import type { Leak } from '../../lib/verdict/leak'
import { madeLeak } from '../support/leaks'

const MAP: Container = {
  id: 1,
  pathKey: 'cache',
  path: 'cache',
  kind: 'Map',
  size: 0,
  variable: { name: 'cache', scope: '', seenFrom: null, url: '' },
  steps: 0,
  within: 0,
  entryBytes: Number.POSITIVE_INFINITY,
  capacity: { entries: Number.POSITIVE_INFINITY, hasTables: false },
}

function look(ended: number, containers: readonly Container[] = [], timeMs = 0): Look {
  return { timeMs, ended: [ended], containers }
}

function seek(more: Partial<Leak> = {}, isTold = false, isPastCaches = false): Sought {
  return new Sought({ leak: madeLeak(more), isTold, isPastCaches, receivers: [] }, 0)
}

const ROUTE_0 = seek().suspect([0], new Map())
const NOBODY = seek().suspect(null, new Map())

describe('another look', () => {
  it('is due at first, and 15 requests of the leak after the last', () => {
    const sought = seek()
    assert.equal(sought.isDue(ROUTE_0, look(100)), true)
    sought.add(look(100))
    assert.equal(sought.isDue(ROUTE_0, look(114)), false)
    assert.equal(sought.isDue(ROUTE_0, look(115)), true)
  })

  it('is always due for what grows without requests', () => {
    const sought = seek()
    sought.add(look(100))
    assert.equal(sought.isDue(NOBODY, look(100)), true)
  })
})

describe('the looks are enough', () => {
  function isReady(looks: readonly Look[], suspect = ROUTE_0): boolean {
    const sought = seek()
    for (const one of looks) sought.add(one)
    return sought.isReady(suspect)
  }

  it('when there are three, 30 requests apart', () => {
    assert.equal(isReady([look(0), look(30)]), false)
    assert.equal(isReady([look(0), look(15), look(29)]), false)
    assert.equal(isReady([look(0), look(15), look(30)]), true)
  })

  it('when there are three, 6 s apart, of what grows without requests', () => {
    const at = (ms: number): Look => look(0, [], ms)
    assert.equal(isReady([at(0), at(2000), at(5999)], NOBODY), false)
    assert.equal(isReady([at(0), at(2000), at(6000)], NOBODY), true)
  })

  it('again, once it is searched for in another way', () => {
    const sought = seek({}, true)
    for (const one of [look(0), look(15), look(30)]) sought.add(one)
    sought.goOn('wide')
    assert.equal(sought.isReady(ROUTE_0), false)
    assert.equal(sought.isDue(ROUTE_0, look(30)), true)
  })
})

describe('a cache may keep it', () => {
  const full = { ...MAP, size: 500, capacity: { entries: 500, hasTables: false } }

  it('until two looks show none', () => {
    const sought = seek()
    assert.equal(sought.mayBeFilling(), true)
    sought.add(look(0, [{ ...full, size: 100 }]))
    assert.equal(sought.mayBeFilling(), true)
    sought.add(look(15, [{ ...full, size: 100 }]))
    assert.equal(sought.mayBeFilling(), false)
  })

  it('as long as it is sought near by', () => {
    const sought = seek({}, true)
    assert.equal(sought.mayBeFilling(), true)
    sought.goOn('wide')
    assert.equal(sought.mayBeFilling(), false)
  })

  it('when it is full: not what grows without requests, nor what has outlasted its caches', () => {
    const boundsOf = (sought: Sought): object[] => {
      sought.add(look(0, [full]))
      sought.add(look(15, [full]))
      return sought.bounds([])
    }
    assert.deepEqual(boundsOf(seek()), [{ size: 500, growth: 1, capacity: 500 }])
    assert.deepEqual(boundsOf(seek({ scope: 'process', route: null })), [])
    assert.deepEqual(boundsOf(seek({}, false, true)), [])
    assert.deepEqual(boundsOf(seek({}, true)), [])
  })
})

describe('containers of the census', () => {
  it('are told of in its stage alone', () => {
    const sought = seek({}, true)
    const growing = (id: number): Look[] =>
      [0, 15, 30].map((ended) => look(ended, [{ ...MAP, id, size: 100 + ended }]))
    const ranked = (id: number): number => {
      for (const one of growing(id)) sought.add(one)
      return sought.rank(ROUTE_0).length
    }
    assert.equal(ranked(-1), 0)
    sought.goOn('census')
    assert.equal(ranked(-1), 1)
  })
})

describe('a search', () => {
  it('is given up after 8 looks of its own, or a quarter of an hour', () => {
    const sought = seek()
    for (let looks = 1; looks < 8; looks++) sought.noteOwnLook()
    assert.equal(sought.isHopeless(899_999), false)
    assert.equal(sought.isHopeless(900_000), true)
    sought.noteOwnLook()
    assert.equal(sought.isHopeless(0), true)
    sought.goOn('wide')
    assert.equal(sought.isHopeless(0), false)
  })

  it('is over when it is done, and when it is put off until the leak is told', () => {
    const stages = [true, false].map((isThorough) => {
      const sought = seek()
      sought.end(isThorough)
      return [sought.stage, sought.isOver, sought.found]
    })
    assert.deepEqual(stages, [
      ['done', true, null],
      ['put off', true, null],
    ])
    assert.equal(seek().isOver, false)
  })

  it('looks at the five largest places of the leak, and six frames of each', () => {
    const frames = Array.from({ length: 10 }, (_, at) => ({
      functionName: 'f',
      url: '',
      scriptId: `${at}`,
      lineNumber: at,
      columnNumber: 0,
    }))
    const place = { place: { frames } as never, bytes: 1 }
    assert.equal(seek({ places: new Array(7).fill(place) }).frames.length, 30)
  })
})
