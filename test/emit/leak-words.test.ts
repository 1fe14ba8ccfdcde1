import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  asItIs,
  keepsWords,
  leakRate,
  routeName,
  siteName,
  whereWords,
} from '../../lib/emit/leak-words'
import type { Holder, Site } from '../../lib/schema/lines'

const shout = (name: string): string => name.toUpperCase()
const site: Site = {
  function: 'search',
  file: 'search.js',
  line: 3,
  column: 7,
  bytes: 900,
  share: 1,
  stack: [],
}
const holder: Holder = { path: 'cache', kind: 'Map', size: 41_302, growthPerRequest: 1 }

describe('the words for a leak', () => {
  it('name a route by method and pattern, and one without a method by its pattern', () => {
    assert.equal(routeName({ method: 'GET', route: '/a' }, asItIs), 'GET /a')
    assert.equal(routeName({ method: '', route: '(other)' }, asItIs), '(other)')
    assert.equal(routeName({}, asItIs), '(no name)')
  })

  it('name a site by function, file and line', () => {
    assert.equal(siteName(site, asItIs), 'search (search.js:3)')
    assert.equal(siteName({ ...site, function: '' }, asItIs), '(anonymous) (search.js:3)')
    assert.equal(siteName({ ...site, column: 400 }, asItIs), 'search (search.js:3)')
    assert.equal(siteName({ ...site, column: 401 }, asItIs), 'search (search.js:3:401)')
  })

  it('say of which memory a rate is, unless it is of the heap', () => {
    assert.equal(leakRate(1400, 'heap', 'request'), '1.4 kB per request')
    assert.equal(leakRate(1400, 'buffers', 'request'), '1.4 kB of buffers per request')
    assert.equal(leakRate(1400, 'native', 'second'), '1.4 kB of native memory per second')
  })

  it('say of an open leak that nobody is known to keep it', () => {
    const open = { scope: 'open', kind: 'heap', bytesPerRequest: 8 } as const
    assert.equal(
      keepsWords(open, '(95 %: 7 B to 9 B)', asItIs),
      'some route or background work, not known yet which, keeps 8 B per request of any route (95 %: 7 B to 9 B)',
    )
  })

  it('say where it is allocated and what keeps it, as far as that is known', () => {
    const words = (sites: Site[], holders: Holder[]): string[] =>
      whereWords({ sites, holders }, ({ path }) => path, asItIs)
    assert.deepEqual(words([site, { ...site, line: 9 }], [holder]), [
      'allocated in search (search.js:3)',
      'kept by cache',
    ])
    assert.deepEqual(words([site], []), ['allocated in search (search.js:3)'])
    assert.deepEqual(words([], [holder]), ['kept by cache'])
    assert.deepEqual(words([], []), [])
  })

  it('pass every name that comes from the app through the view that shows it', () => {
    assert.equal(routeName({ method: 'GET', route: '/a' }, shout), 'GET /A')
    const [allocated] = whereWords({ sites: [site], holders: [] }, String, shout)
    assert.equal(allocated, 'allocated in SEARCH (SEARCH.JS:3)')
  })
})
