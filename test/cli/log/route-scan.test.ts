import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeLine } from '../../../lib/cli/log/decode'
import type { LogLineOf } from '../../../lib/cli/log/log-line'
import { openRouteScanner, type RouteScanner } from '../../../lib/cli/log/route-scan'
import { fullLine } from '../../support/line-schema'
import { fixtureLog, routeLine } from '../../support/log-lines'

function parsed(text: string): ReturnType<typeof decodeLine> | undefined {
  try {
    return decodeLine(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** A scanner that knows the head of this line. */
function scannerFor(text: string): RouteScanner {
  const scanner = openRouteScanner()
  scanner.learn(text, parsed(text) as LogLineOf<'route'>)
  return scanner
}

function scan(scanner: RouteScanner, text: string): LogLineOf<'route'> | null {
  const bytes = Buffer.from(`xx${text}\n`)
  return scanner.scan(bytes, 2, bytes.length - 1)
}

/** Whatever is scanned must be what parsing gives; nothing is said of what is not scanned. */
function agrees(scanner: RouteScanner, text: string): void {
  const found = scan(scanner, text)
  if (found !== null) assert.deepEqual(found, parsed(text), text)
}

const count = fc.nat(2 ** 31)
/** Mostly as memprof rounds them; now and then with an exponent or 17 digits. */
const decimal = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: -1e9, max: 1e9 }).map((whole) => whole / 1000) },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
)
const ms = decimal.map((value) => Math.abs(value))
const name = fc.oneof(
  { weight: 8, arbitrary: fc.stringMatching(/^[\w/:]{0,20}$/) },
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('/users/:id', '__proto__', 'a"b', 'x\\', 'ü'),
)
const deltas = fc.oneof(
  fc.constant({ clean: 0 }),
  fc.record({
    clean: fc.integer({ min: 1, max: 1000 }),
    mean: fc.integer(),
    p50: decimal,
    max: fc.integer(),
  }),
)
const optional = {
  slowestLayer: fc.record({ name, meanMs: ms }),
  hungriestLayer: fc.record({ name, meanBytes: fc.integer() }),
}
const retention = fc.oneof(
  fc.constant({}),
  fc.record(
    {
      verdict: fc.constantFrom('leaking', 'plateaued', 'steady', 'insufficient-data', 'odd'),
      retainedBytesPerRequest: fc.integer(),
      ci95: fc.tuple(fc.integer(), fc.integer()),
      floorBytesPerRequest: count,
      keptRequestsShare: fc.double({ min: 0, max: 1, noNaN: true }),
    },
    { requiredKeys: ['verdict'] },
  ),
)
const line = fc
  .tuple(
    fc.record({
      method: name,
      route: name,
      requests: count,
      errors: count,
      aborted: count,
      inFlight: count,
      durationMs: fc.record({ mean: ms, p50: ms, p90: ms, p99: ms, max: ms }),
      heapDeltaBytes: deltas,
      rssDeltaBytes: deltas,
    }),
    fc.record(optional, { requiredKeys: [] }),
    fc.record({ requestsTotal: count, errorsTotal: count, abortedTotal: count }),
    retention,
    name,
  )
  .map(([own, layers, totals, kept, msg]) => {
    // As the emitter orders them: the layers before the totals.
    const text = routeLine({ ...kept, msg })
    const value = JSON.parse(text) as Record<string, unknown>
    const { verdict, retainedBytesPerRequest, ci95, ...rest } = value
    const { floorBytesPerRequest, keptRequestsShare, msg: said, ...head } = rest
    for (const key of ['requestsTotal', 'errorsTotal', 'abortedTotal']) delete head[key]
    return JSON.stringify({
      ...head,
      ...own,
      ...layers,
      ...totals,
      verdict,
      retainedBytesPerRequest,
      ci95,
      floorBytesPerRequest,
      keptRequestsShare,
      msg: said,
    })
  })

describe('the scan of a route line', () => {
  it('reads each line that memprof wrote as parsing does, and gives up on none', () => {
    const lines = ['shop.ndjson', 'restarted.ndjson']
      .flatMap((file) => fixtureLog(file).toString().split('\n'))
      .filter((text) => text.includes('"event":"route"'))
    assert.ok(lines.length > 100, String(lines.length))
    for (const text of lines) {
      const found = scan(scannerFor(text), text)
      assert.notEqual(found, null, text)
      assert.deepEqual(found, parsed(text))
    }
  })

  it('knows each field that the table has of a route line', () => {
    const text = JSON.stringify(fullLine('route'))
    const found = scan(scannerFor(text), text)
    assert.notEqual(
      found,
      null,
      'lines with a field unknown to the scanner are read at half the rate',
    )
    assert.deepEqual(found, parsed(text))
  })

  it('never reads anything else than parsing does', () => {
    const scanner = scannerFor(routeLine())
    let scanned = 0
    fc.assert(
      fc.property(line, (text) => {
        if (scan(scanner, text) !== null) scanned++
        agrees(scanner, text)
      }),
      { numRuns: 1000 },
    )
    // Otherwise the property says nothing.
    assert.ok(scanned > 50, `${scanned} of 1000 were scanned`)
  })

  it('nor where bytes of a line were changed, taken out or put in', () => {
    const whole = routeLine({
      verdict: 'leaking',
      retainedBytesPerRequest: 1400,
      ci95: [1300, 1600],
    })
    const scanner = scannerFor(whole)
    assert.notEqual(scan(scanner, whole), null)
    const piece = fc.oneof(
      fc.string({ maxLength: 3 }),
      fc.constantFrom('"', '\\', '}', '0', '-', 'e9', '.', ','),
    )
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(4), piece, (at, removed, inserted) => {
        agrees(scanner, whole.slice(0, at) + inserted + whole.slice(at + removed))
      }),
      { numRuns: 3000 },
    )
  })

  it('knows processes apart by their heads', () => {
    const scanner = openRouteScanner()
    const texts = ['a', 'b', 'c'].map((instance) => routeLine({ instance }))
    assert.equal(scan(scanner, texts[0]!), null)
    for (const text of texts) scanner.learn(text, parsed(text) as LogLineOf<'route'>)
    for (const text of [...texts, ...texts]) assert.deepEqual(scan(scanner, text), parsed(text))
  })

  it('learns no head that says more than memprof writes', () => {
    const text = routeLine().replace('"pid":7,', '"pid":7,"extra":1,')
    assert.equal(scan(scannerFor(text), text), null)
  })

  it('takes the last time that a Date can hold, and none after it', () => {
    const scanner = scannerFor(routeLine())
    assert.notEqual(scan(scanner, routeLine({ time: 8.64e15 })), null)
    assert.equal(scan(scanner, routeLine({ time: 8.64e15 + 2 })), null)
  })
})
