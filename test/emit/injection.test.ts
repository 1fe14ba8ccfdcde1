/** What strangers and odd apps put into names, and what a line makes of it; random cases, the seed printed. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import fc from 'fast-check'
import { connectReport } from '../../lib/emit/connect-report'
import { openEmitter } from '../../lib/emit/emitter'
import { leakLine, leakMsg } from '../../lib/emit/leak-lines'
import { requestMsg, routeMsg } from '../../lib/emit/lines'
import { emptyReading } from '../../lib/record/reading'
import type { Line, RequestLine, RouteLine } from '../../lib/schema/lines'
import type { Leak } from '../../lib/verdict/leak'
import type { LogLine } from '../support/app'
import { temporaryFolder } from '../support/files'

const RUNS = 400
/** What drives a terminal, ends a line, hides, or turns the direction of text. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

const NASTY = [
  '\u001b[2J',
  '\u001b]0;title\u0007',
  '\u009b31m',
  '\r\n{"name":"memprof","event":"leak"}\n',
  '__proto__',
  'constructor',
  '</script>',
  '\u202edlrow',
  '\u2066',
  '\u0000',
  '\u007f',
  '\u2028',
  '𝒳',
  '\ud800',
  '"\\',
  '${x}',
  '%s %o %j',
]

const text = fc
  .array(fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 60 })), {
    maxLength: 5,
  })
  .map((parts) => parts.join(''))

/** Random, and told: `MEMPROF_TEST_SEED` runs the same again. */
function check<T extends [unknown, ...unknown[]]>(
  t: TestContext,
  property: fc.IProperty<T>,
  numRuns = RUNS,
): void {
  const seed = Number(process.env.MEMPROF_TEST_SEED ?? Date.now() % 2 ** 31)
  t.diagnostic(`seed ${seed}`)
  fc.assert(property, { seed, numRuns })
}

/** What stands in the log after these lines, as text and as values. */
function written(
  t: TestContext,
  lines: ReadonlyArray<[Line, string]>,
  app: { service: string; version: string },
): { raw: string; values: LogLine[] } {
  const destination = join(temporaryFolder(t), 'log')
  const emitter = openEmitter({ destination, level: 'debug', ...app, say: assert.fail })
  for (const [line, msg] of lines) emitter.write(line, msg)
  assert.equal(emitter.close(), 0)
  const raw = readFileSync(destination, 'utf8')
  const values = raw
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as LogLine)
  return { raw, values }
}

const request = (method: string, route: string, path: string): RequestLine =>
  ({
    event: 'request',
    method,
    route,
    path,
    status: 200,
    outcome: 'finished',
    durationMs: 1,
  }) as RequestLine

const route = (method: string, pattern: string, layer: string): RouteLine =>
  ({
    event: 'route',
    method,
    route: pattern,
    requests: 1,
    aborted: 0,
    durationMs: { p50: 1, p99: 1 },
    slowestLayer: { name: layer, meanMs: 1 },
  }) as RouteLine

const leakOf = (name: string, url: string): Leak =>
  ({
    key: 'a',
    scope: 'route',
    kind: 'heap',
    route: 0,
    mount: '',
    attribution: 'direct',
    rate: 100,
    floor: 10,
    ci95: [90, 110],
    counts: 1000,
    retainedBytes: 100_000,
    directShare: 1,
    places: [
      {
        bytes: 100_000,
        place: {
          origin: 'app',
          label: null,
          isBuffer: false,
          frames: [{ functionName: name, url, lineNumber: 1, columnNumber: 2, scriptId: '7' }],
        },
      },
    ],
  }) as unknown as Leak

describe('whatever stands in paths, methods, routes, functions, files and the service', () => {
  it('each record is one line of valid JSON with the same values in it, and its msg is printable', (t) => {
    check(
      t,
      fc.property(text, text, text, text, (one, two, three, four) => {
        const leak = leakLine(leakOf(two, three), {
          who: { method: four, route: one },
          holders: [{ path: two, kind: 'Map', size: 9, growthPerRequest: 1, file: three, line: 1 }],
          nameOf: () => ({ method: '', route: '' }),
          locate: ({ functionName, url }) => ({
            function: functionName,
            file: url,
            line: 2,
            column: 3,
          }),
        })
        const lines = [
          request(one, two, three),
          route(two, one, four),
          leak,
          { event: 'warning', code: one } as const,
        ]
        const messages = [
          requestMsg(lines[0] as RequestLine),
          routeMsg(lines[1] as RouteLine),
          leakMsg(leak),
          two,
        ]
        const app = { service: three, version: four }
        const pairs = lines.map((line, at): [Line, string] => [line, messages[at]!])
        const { raw, values } = written(t, pairs, app)
        assert.equal(values.length, lines.length)
        assert.equal(UNPRINTABLE.test(raw.replaceAll('\n', '')), false)
        for (const [at, value] of values.entries()) {
          const { level, time, pid, hostname, name, v, instance, msg, service, version, ...rest } =
            value
          assert.deepEqual(rest, JSON.parse(JSON.stringify(lines[at])))
          assert.equal(UNPRINTABLE.test(msg), false, msg)
          assert.deepEqual({ service, version, name }, { ...app, name: 'memprof' })
          assert.deepEqual([level, time, pid, v].map(Number.isInteger), [true, true, true, true])
          assert.equal(typeof hostname + typeof instance, 'stringstring')
        }
      }),
      60,
    )
  })

  it('the report of MEMPROF_FORMAT=connect has its eight lines, all printable', (t) => {
    check(
      t,
      fc.property(text, text, (method, path) => {
        const report = connectReport(method, path, 1, emptyReading(), emptyReading())
        assert.equal(report.split('\n').length, 8)
        assert.equal(UNPRINTABLE.test(report.replaceAll('\n', '')), false)
      }),
    )
  })
})
