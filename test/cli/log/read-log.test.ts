import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { MAX_LINE_BYTES } from '../../../lib/cli/log/read-log'
import {
  fixtureLog,
  leakLine,
  lineOf,
  processLine,
  readAll,
  routeLine,
} from '../../support/log-lines'

const REQUEST = lineOf({
  level: 20,
  event: 'request',
  method: 'GET',
  route: '/a',
  status: 200,
  outcome: 'finished',
  durationMs: 3,
  concurrency: 1,
  gcs: 0,
  clean: true,
  ...Object.fromEntries(
    ['rss', 'heapUsed', 'heapTotal', 'external'].flatMap((name) =>
      ['BeforeBytes', 'AfterBytes', 'DeltaBytes'].map((end) => [name + end, 1]),
    ),
  ),
})

/** As pino orders a line at level debug: the level first. */
const DEBUG = JSON.stringify({ ...(JSON.parse(REQUEST) as object) })

describe('a log in pieces', () => {
  const log = Buffer.concat([
    Buffer.from('the app starts\n\nwith an ü and a 😀\n'),
    fixtureLog('short.ndjson'),
    Buffer.from(`${leakLine({ route: '/über' })}\r\n${routeLine()}`),
  ])
  const whole = readAll([log])

  it('is read the same wherever it was cut', () => {
    assert.ok(whole.lines.length > 10)
    fc.assert(
      fc.property(fc.array(fc.nat(log.length), { maxLength: 20 }), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), log.length]
        const pieces = places.slice(1).map((to, at) => log.subarray(places[at], to))
        assert.deepEqual(readAll(pieces), whole)
      }),
      { numRuns: 200 },
    )
  })

  it('is read the same byte by byte', () => {
    assert.deepEqual(readAll(Array.from(log, (byte) => Buffer.from([byte]))), whole)
  })

  it('hands on the lines of other programs as they are', () => {
    assert.deepEqual(whole.others.slice(0, 3), ['the app starts', '', 'with an ü and a 😀'])
  })
})

describe('a line of memprof’s', () => {
  it('is found behind a prefix', () => {
    for (const prefix of ['web-1  | ', '2026-11-22T14:00:00Z stdout F ', '\ufeff', '[{"a":1}] ']) {
      const { lines, counts } = readAll([`${prefix}${routeLine()}\n${prefix}${processLine()}\n`])
      assert.deepEqual(
        lines.map(({ event }) => event),
        ['route', 'process'],
        prefix,
      )
      assert.equal(counts.torn, 0)
    }
  })

  it('is found in the JSON that a collector put around it', () => {
    const inner = leakLine({ route: '/über' })
    for (const wrapped of [
      { log: `${inner}\n`, stream: 'stdout', time: '2026-11-22T14:00:00Z' },
      { MESSAGE: inner, _PID: '7' },
      { timestamp: 1, message: `web-1 | ${inner}` },
    ]) {
      assert.deepEqual(readAll([JSON.stringify(wrapped)]).lines, readAll([inner]).lines)
    }
    const other = JSON.stringify({ log: 'of "name":"memprof" we speak', message: 7 })
    assert.deepEqual(readAll([other]).others, [other])
  })

  it('is found in a log that wrote its JSON again, with blanks and its keys sorted', () => {
    const value = JSON.parse(leakLine()) as Record<string, unknown>
    const sorted = Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    const spaced = JSON.stringify(sorted, null, 1).replaceAll(/\n\s*/g, ' ')
    assert.deepEqual(readAll([spaced]).lines, readAll([leakLine()]).lines)
  })

  it('is found behind one that was torn', () => {
    for (const torn of [routeLine(), processLine(), leakLine()]) {
      for (const length of [1, 20, 130, torn.length - 1]) {
        const { lines } = readAll([`${torn.slice(0, length)}${routeLine({ route: '/whole' })}\n`])
        assert.deepEqual(
          lines.map((line) => line.event === 'route' && line.route),
          ['/whole'],
          torn.slice(0, length),
        )
      }
    }
  })

  it('that is torn is counted, and is nobody else’s', () => {
    const { counts, others } = readAll([`${routeLine()}\n${routeLine().slice(0, 300)}`])
    assert.deepEqual([counts.memprof, counts.torn, counts.other], [1, 1, 0])
    assert.deepEqual(others, [])
  })

  it('that other programs write about memprof is theirs', () => {
    const lines = ['memprof is loaded', '{"name":"memprofiler"}', '{"name":"x","msg":"memprof"}']
    const { others, counts } = readAll([lines.join('\n')])
    assert.deepEqual(others, lines)
    assert.deepEqual([counts.other, counts.memprof, counts.torn], [3, 0, 0])
  })

  it('of one request is only counted, unless it is asked for', () => {
    assert.ok(DEBUG.startsWith('{"level":20,"time":'))
    const log = `${DEBUG}\n${routeLine()}\n`
    const { lines, counts } = readAll([log])
    assert.deepEqual([lines.length, counts.memprof, counts.requestLines], [1, 2, 1])
    const asked = readAll([log], true)
    assert.deepEqual(
      asked.lines.map(({ event }) => event),
      ['request', 'route'],
    )
    assert.equal(asked.counts.requestLines, 1)
  })

  it('of one request that was torn hides no line behind it', () => {
    const { lines } = readAll([`${DEBUG.slice(0, 250)}${routeLine()}\n`])
    assert.deepEqual(
      lines.map(({ event }) => event),
      ['route'],
    )
  })

  it('of a later schema, or with an event that is not known yet, is counted', () => {
    const { counts, lines } = readAll([
      `${lineOf({ v: 2, event: 'route' })}\n${lineOf({ event: 'forecast' })}\n`,
    ])
    assert.deepEqual([counts.newerVersion, counts.wrongType, lines.length], [2, 0, 0])
  })

  it('of the greatest length is read, and one byte longer is skipped with the next line whole', () => {
    const padded = (length: number): string => {
      const line = leakLine({ padding: '' })
      return line.replace('"padding":""', `"padding":"${'x'.repeat(length - line.length)}"`)
    }
    const longest = padded(MAX_LINE_BYTES)
    const longer = padded(MAX_LINE_BYTES + 1)
    for (const size of [MAX_LINE_BYTES * 3, 1_000_003]) {
      const log = Buffer.from(`${longest}\n${longer}\n${routeLine()}\n`)
      const pieces: Buffer[] = []
      for (let at = 0; at < log.length; at += size) pieces.push(log.subarray(at, at + size))
      const { counts, lines } = readAll(pieces)
      assert.deepEqual(
        lines.map(({ event }) => event),
        ['leak', 'route'],
      )
      assert.equal(counts.tooLong, 1)
    }
  })
})

describe('fields', () => {
  const wrong: ReadonlyArray<readonly [string, string]> = [
    ['a count as text', routeLine({ requests: '10' })],
    ['a count below zero', routeLine({ requests: -1 })],
    ['no instance', routeLine({ instance: undefined })],
    ['a time that no Date holds', routeLine({ time: 8.64e15 + 1e4 })],
    ['a route that is an object', routeLine({ route: {} })],
    ['durations as a list', routeLine({ durationMs: [1, 2, 3] })],
    ['an unknown verdict', routeLine({ verdict: 'innocent' })],
    ['an unknown scope', leakLine({ scope: 'world' })],
    ['sites that are none', leakLine({ sites: [null] })],
    ['holders as an object', leakLine({ holders: { length: 1 } })],
    ['no version of the schema', lineOf({ v: undefined, event: 'warning', code: 'x' })],
    ['an event that is no text', lineOf({ event: 7 })],
  ]
  for (const [what, line] of wrong) {
    it(`of the wrong type make the line a counted skip: ${what}`, () => {
      const { counts, lines } = readAll([`${line}\n${routeLine()}\n`])
      assert.deepEqual([counts.wrongType, lines.length], [1, 1])
    })
  }

  it('that are not in the schema are left behind', () => {
    const text = routeLine().replace('"event"', '"__proto__":{"polluted":1},"more":[1],"event"')
    const [line] = readAll([text]).lines
    assert.ok(line)
    assert.equal('polluted' in line, false)
    assert.equal('more' in line, false)
    assert.equal(Object.getPrototypeOf(line), Object.prototype)
    assert.equal('polluted' in {}, false)
  })

  it('of a start line’s settings stay data, whatever they are called', () => {
    const start = lineOf({
      event: 'start',
      versions: { memprof: '1', node: '20' },
      hooked: [],
      notHooked: [],
    }).replace('"hooked"', '"config":{"__proto__":"x","leaks":false,"deep":{"a":1}},"hooked"')
    const [line] = readAll([start]).lines
    assert.ok(line?.event === 'start')
    assert.deepEqual(Object.keys(line.config), ['__proto__', 'leaks'])
    assert.equal(Object.getPrototypeOf(line.config), null)
  })

  it('with names of megabytes are cut', () => {
    const [line] = readAll([routeLine({ route: `/${'x'.repeat(4e6)}` })]).lines
    assert.ok(line?.event === 'route')
    assert.equal(line.route.length, 512)
  })

  it('nested a hundred thousand deep are skipped', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const { counts, lines } = readAll([
      `${routeLine().replace('"requests":10', `"requests":${deep}`)}\n${routeLine()}\n`,
    ])
    assert.deepEqual([counts.wrongType, lines.length], [1, 1])
  })
})

describe('bytes that are no log', () => {
  it('are read without a throw, each line counted once', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 })), fc.boolean(), (pieces, withName) => {
        const log = Buffer.concat(
          pieces.flatMap((piece) => [piece, Buffer.from(withName ? '"name":"memprof"' : '')]),
        )
        const { counts } = readAll([log])
        const { memprof, other, torn, wrongType, newerVersion, tooLong } = counts
        assert.equal(memprof + other + torn + wrongType + newerVersion + tooLong, counts.lines)
        const newlines = log.filter((byte) => byte === 0x0a).length
        assert.equal(counts.lines, newlines + (log.length > 0 && log.at(-1) !== 0x0a ? 1 : 0))
      }),
      { numRuns: 500 },
    )
  })
})
