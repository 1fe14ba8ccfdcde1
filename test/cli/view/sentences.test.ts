import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LeakSummary } from '../../../lib/cli/summary/summary'
import { leakDetails, leakSentence } from '../../../lib/cli/view/sentences'
import { textReport } from '../../../lib/cli/view/text-report'
import { leakLine, readAll, summaryOf } from '../../support/log-lines'

const OPEN = { scope: 'open', bytesPerRequest: 8, ci95: [7, 9], attribution: 'estimated' }
const TRACE = {
  hits: 1412,
  units: [
    { method: 'GET', route: '/a', share: 0.5 },
    { method: 'GET', route: '/b', share: 0.2 },
    { method: 'GET', route: '/c', share: 0.1 },
    { method: 'GET', route: '/d', share: 0.05 },
  ],
  idleShare: 0.1,
  lostShare: 0.05,
}

function leakOf(fields: Readonly<Record<string, unknown>>): LeakSummary {
  const { leaks } = summaryOf([leakLine({ secondsToLimit: undefined, ...fields })])
  assert.equal(leaks.length, 1)
  return leaks[0]!
}

describe('a leak of nobody known', () => {
  it('has a sentence with its site and holder', () => {
    assert.equal(
      leakSentence(leakOf(OPEN)),
      'Some route or background work, not known yet which, keeps 8 B per request of any route ' +
        '(7 to 9 B): allocated in search (services/search.js:3), kept by search.cache.__data__ (Map, 41,302).',
    )
    assert.equal(
      leakSentence({ ...leakOf(OPEN), since: 'plateaued', sites: [], holders: [] }),
      'Some route or background work was seen to keep 8 B per request of any route (7 to 9 B). ' +
        'No more: it has stopped.',
    )
  })

  it('is not said to be told by anything', () => {
    assert.deepEqual(leakDetails(leakOf(OPEN)), ['called by handle (routes.js:9)'])
  })
})

describe('a trace', () => {
  it('is told with the routes that were seen most, and what was for no known request', () => {
    assert.deepEqual(leakDetails(leakOf({ attribution: 'traced', trace: TRACE })).slice(1), [
      'traced: allocated after the handler had returned, and seen to run for its requests',
      'a trace saw it 1,412 times: 50 % for GET /a, 20 % for GET /b, 10 % for GET /c, 5 % for other ' +
        'routes, 10 % for no request, 5 % not known for which',
    ])
  })

  it('tells of a unit of work in which requests it began', () => {
    const within = [{ method: 'POST', route: '/order', share: 1 }]
    const units = [{ unit: { kind: 'job', name: 'mail' } as const, share: 1, within }]
    const trace = { hits: 40, units, idleShare: 0, lostShare: 0 }
    assert.equal(
      leakDetails(leakOf({ ...OPEN, trace })).at(-1),
      'a trace saw it 40 times: 100 % for job mail, begun in POST /order',
    )
  })

  it('that saw nothing is not told', () => {
    const trace = { hits: 0, units: [], idleShare: 0, lostShare: 0 }
    assert.deepEqual(leakDetails(leakOf({ ...OPEN, trace })), ['called by handle (routes.js:9)'])
  })
})

describe('what keeps a leak', () => {
  const HOLDER = { path: 'sessions', kind: 'Map', size: 2088, growthPerRequest: 1 }
  const unit = (method: string): object => ({ method, route: '/mcp', share: 1 })
  const seen = {
    addedAt: { function: 'open', file: 'sessions.js', line: 12, column: 12 },
    added: 2091,
    removed: 3,
    addedBy: [unit('POST')],
    removedBy: [unit('DELETE')],
  }

  it('is told with the place that adds to it, and with who adds and who removes', () => {
    const leak = leakOf({ holders: [{ ...HOLDER, ...seen }] })
    assert.match(
      leakSentence(leak),
      /, kept by sessions \(Map, 2,088\), filled in open \(sessions\.js:12\)\.$/,
    )
    assert.equal(
      leakDetails(leak)[1],
      'of its entries a trace saw 2,091 added by POST /mcp, and 3 removed by DELETE /mcp',
    )
  })

  it('is not said to be never removed from: none was seen to be', () => {
    const none = { ...HOLDER, ...seen, removed: 0, addedBy: [], removedBy: [] }
    assert.equal(
      leakDetails(leakOf({ holders: [none] }))[1],
      'of its entries a trace saw 2,091 added, and none removed',
    )
    assert.equal(leakDetails(leakOf({ holders: [HOLDER] })).length, 1)
  })
})

describe('a leak of which nothing was found that keeps it', () => {
  const pipe = { columns: 80, color: false, isTerminal: false }
  const said = (fields: object): string => {
    const line = leakLine({ holdersNote: 'nothing that grows was found', ...fields })
    return textReport(summaryOf([line]), readAll([line]).counts, pipe)
  }

  it('says so in a pipe too, which has a line for each leak', () => {
    assert.match(said({ holders: [] }), /^GET \/a keeps .* \(nothing that grows was found\)$/m)
    assert.doesNotMatch(said({}), /nothing that grows/)
  })
})
