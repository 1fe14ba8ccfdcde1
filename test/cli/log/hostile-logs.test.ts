/** Logs that strangers had a hand in: whatever is in them, the report stays text. Seeds are printed. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import MarkdownIt from 'markdown-it'
import { openLogReader, type ReadCounts } from '../../../lib/cli/log/read-log'
import { openSummary } from '../../../lib/cli/summary/builder'
import type { LogSummary } from '../../../lib/cli/summary/summary'
import { markdownReport } from '../../../lib/cli/view/markdown-report'
import { textReport } from '../../../lib/cli/view/text-report'
import { writeLongLog } from '../../support/long-log'
import type { Used } from '../../support/peak-memory'
import { cleanEnv } from '../../support/app'
import { MEMPROF, runMemprof } from '../../support/command'
import { ROOT, temporaryFolder } from '../../support/files'
import { fixtureLog, leakLine, lineOf, processLine, routeLine } from '../../support/log-lines'

/** What drives a terminal, hides, or turns the direction of text. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '\u001b[2J\u001b]0;title\u0007',
    '\u009b31m',
    '\r\nmemprof: all is well',
    '\u202edlrow',
    '\u2066x',
    '\u2028',
    '\ud800',
    '__proto__',
    'constructor',
    '</script><script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '[x](javascript:alert(1))',
    '![x](http://example.com/x.png)',
    '` | ` \\` `',
    '| a | b |',
    '<!-- -->',
    '```',
    '@someone #1 http://example.com',
    '\t\t',
    'e\u0301'.repeat(100),
    'x'.repeat(2000),
    '',
  ),
)
const amount = fc.oneof(fc.nat(1e9), fc.constantFrom(0, 1e300, 5e-324, Number.MAX_SAFE_INTEGER))
const time = fc.oneof(
  fc.integer({ min: 1_700_000_000_000, max: 1_700_100_000_000 }),
  fc.constantFrom(0, 1, 8.64e15),
)
const envelope = {
  time,
  service: nasty,
  version: nasty,
  instance: nasty,
  hostname: nasty,
  msg: nasty,
}

function lines<T>(
  own: { [K in keyof T]: fc.Arbitrary<T[K]> },
  write: (fields: Readonly<Record<string, unknown>>) => string,
): fc.Arbitrary<string> {
  return fc.record({ ...envelope, ...own } as Record<string, fc.Arbitrary<unknown>>).map(write)
}

const verdict = fc.constantFrom('leaking', 'plateaued', 'steady', 'insufficient-data')
const site = fc.record({
  function: nasty,
  file: nasty,
  line: amount,
  column: amount,
  bytes: amount,
  share: amount,
  stack: fc.array(nasty, { maxLength: 3 }),
})
const holder = fc.record({
  path: nasty,
  kind: fc.constantFrom('Map', 'Array'),
  size: amount,
  growthPerRequest: amount,
  file: nasty,
  line: amount,
  addedAt: fc.record({ function: nasty, file: nasty, line: amount, column: amount }),
  added: amount,
  removed: amount,
  addedBy: fc.array(fc.record({ method: nasty, route: nasty, share: amount }), { maxLength: 2 }),
})
const signed = fc.oneof(amount, fc.constantFrom(-1e300, -1, -300_000))
const ci95 = fc.tuple(signed, signed).map(([a, b]) => [Math.min(a, b), Math.max(a, b)])
const growth = fc.option(
  fc.record({
    seconds: amount,
    bytes: signed,
    toldBytes: amount,
    toldCi95: ci95,
    ownBytes: signed,
    ownCi95: ci95,
    stoppedBytes: signed,
    stoppedCi95: ci95,
    openBytes: signed,
    ci95,
  }),
  { nil: undefined },
)
const trace = fc.record({
  hits: amount,
  units: fc.array(fc.record({ method: nasty, route: nasty, share: amount }), { maxLength: 4 }),
  idleShare: amount,
  lostShare: amount,
})
const line = fc.oneof(
  lines(
    {
      method: nasty,
      route: nasty,
      requests: amount,
      verdict,
      retainedBytesPerRequest: amount,
      ci95: fc.tuple(amount, amount),
      floorBytesPerRequest: amount,
    },
    routeLine,
  ),
  lines(
    {
      scope: fc.constantFrom('route', 'shared', 'process', 'open'),
      kind: fc.constantFrom('heap', 'buffers', 'native'),
      method: nasty,
      route: nasty,
      bytesPerRequest: amount,
      ci95: fc.tuple(amount, amount),
      attribution: fc.constantFrom('direct', 'traced', 'estimated'),
      trace,
      sites: fc.array(site, { maxLength: 4 }),
      holders: fc.array(holder, { maxLength: 3 }),
      holdersNote: nasty,
      secondsToLimit: amount,
      keptRequestsShare: amount,
    },
    leakLine,
  ),
  lines({ rssBytes: amount, liveHeapBytes: amount, growth }, processLine),
  lines({ event: fc.constant('warning'), code: nasty }, (fields) => lineOf({ ...fields })),
  lines(
    {
      event: fc.constant('stop'),
      reason: nasty,
      uptimeSeconds: amount,
      requests: amount,
      inFlight: amount,
      dropped: amount,
      self: fc.record({ cpuMs: amount, pauseMs: amount, heapBytes: amount }),
      verdicts: fc.array(
        fc.record({
          method: nasty,
          route: nasty,
          requestsTotal: amount,
          errorsTotal: amount,
          abortedTotal: amount,
          verdict,
        }),
        { maxLength: 3 },
      ),
    },
    (fields) => lineOf({ ...fields }),
  ),
  // Anything at all under memprof's name.
  fc
    .json()
    .map((json) => `{"level":30,"name":"memprof","v":1,"instance":"i","time":1,"event":${json}}`),
  fc
    .dictionary(
      fc.oneof(fc.constantFrom('event', 'time', 'route', '__proto__'), nasty),
      fc.jsonValue(),
    )
    .map((value) => JSON.stringify({ name: 'memprof', v: 1, ...value })),
)

function read(log: string): [LogSummary, ReadCounts] {
  const builder = openSummary()
  const reader = openLogReader(builder)
  reader.write(Buffer.from(log))
  reader.end()
  return [builder.summary(), reader.counts]
}

const output = fc.record({
  columns: fc.integer({ min: 40, max: 200 }),
  color: fc.constant(false),
  isTerminal: fc.boolean(),
})
const logs = fc.array(line, { minLength: 1, maxLength: 12 }).map((all) => all.join('\n'))

describe('a report of whatever names and numbers', () => {
  it('is text for a terminal or a pipe: nothing drives, hides or turns', () => {
    fc.assert(
      fc.property(logs, output, (log, to) => {
        const [summary, counts] = read(log)
        const said = textReport(summary, counts, to)
        for (const row of said.split('\n')) {
          const cells = to.isTerminal ? [row] : row.split('\t')
          for (const cell of cells) assert.doesNotMatch(cell, UNPRINTABLE)
          if (cells.length > 1) assert.ok(cells.length === 9 || cells.length === 7, row)
        }
        assert.doesNotMatch(said, /NaN|undefined|\[object/)
      }),
      { numRuns: 500 },
    )
  })

  it('is Markdown in which no name becomes markup, a link or a picture', () => {
    const markdown = new MarkdownIt({ html: true, linkify: true })
    const own = new Set(
      'p strong ul li code sub table thead tbody tr th td pre blockquote'.split(' '),
    )
    fc.assert(
      fc.property(logs, (log) => {
        const said = markdownReport(...read(log))
        for (const row of said.split('\n')) assert.doesNotMatch(row, UNPRINTABLE)
        const html = markdown.render(said)
        for (const [, name] of html.matchAll(/<\/?([a-z][^\s>/]*)/gi)) {
          assert.ok(own.has(name!), `<${name}> of\n${said}`)
        }
        const outside = html.replaceAll(/<code[^>]*>[\s\S]*?<\/code>/g, '')
        assert.doesNotMatch(outside, /@someone|#1|example\.com|script|onerror/)
      }),
      { numRuns: 500 },
    )
  })

  it('has as many cells in each row of Markdown’s table as the table has columns', () => {
    const markdown = new MarkdownIt({ html: true })
    fc.assert(
      fc.property(nasty, nasty, (method, route) => {
        const html = markdown.render(markdownReport(...read(routeLine({ method, route }))))
        assert.equal(html.match(/<tr>/g)?.length, 2)
        assert.equal(html.match(/<td/g)?.length, 9)
      }),
      { numRuns: 300 },
    )
  })

  it('leaves Object.prototype as it was', () => {
    const before = Object.getOwnPropertyNames(Object.prototype)
    fc.assert(
      fc.property(logs, (log) => {
        read(log)
        assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), before)
      }),
    )
  })
})

describe('memprof report given', () => {
  it('--json and names that drive terminals, escapes them', async (t) => {
    const { stdout } = await runMemprof(t, ['report', '--json'], {
      input: routeLine({ route: '/\u009b31m\u202e\u001b[2J\ud800' }),
    })
    for (const row of stdout.split('\n')) assert.doesNotMatch(row, UNPRINTABLE)
    const { routes } = JSON.parse(stdout) as LogSummary
    assert.equal(routes[0]!.route, '/\u009b31m\u202e\u001b[2J\ud800')
  })

  it('bytes cut out of a log, reads what is left', () => {
    const whole = fixtureLog('restarted.ndjson').toString()
    const [full] = read(whole)
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(5000), (at, length) => {
        const [summary, counts] = read(whole.slice(0, at) + whole.slice(at + length))
        assert.ok(counts.memprof + counts.torn + counts.wrongType > 100)
        // Two halves of two lines may name a third process; none that was there is lost.
        const found = new Set(summary.instances.map(({ instance }) => instance))
        for (const { instance } of full.instances) assert.ok(found.has(instance))
      }),
      { numRuns: 60 },
    )
  })

  it('a line of 100 MB, in memory that does not grow with it', async (t) => {
    const { used, stdout } = await measured(t, ['--json'], async (write) => {
      await write('{"level":30,"name":"memprof","v":1,"msg":"')
      const piece = 'x'.repeat(1_000_000)
      for (let megabytes = 0; megabytes < 100; megabytes++) await write(piece)
      await write(`"}\n${routeLine()}\n`)
    })
    const { routes, read: counts } = JSON.parse(stdout) as LogSummary & { read: ReadCounts }
    assert.deepEqual([routes.length, counts.tooLong], [1, 1])
    assert.ok(used.maxRssBytes < MAX_RSS_BYTES, `${used.maxRssBytes} bytes`)
  })

  it('300,000 lines of a fleet, in less memory than they have', async (t) => {
    let bytes = 0
    const { used, stdout } = await measured(t, ['--json'], async (write) => {
      await writeLongLog(300_000, 7, (piece) => {
        bytes += piece.length
        return write(piece)
      })
    })
    const { read: counts } = JSON.parse(stdout) as { read: ReadCounts }
    assert.equal(counts.lines, 300_000)
    assert.ok(bytes > 120e6)
    assert.ok(used.maxRssBytes < MAX_RSS_BYTES, `${used.maxRssBytes} of ${bytes} bytes`)
  })

  it('the program itself, a folder’s bytes or zeros, says that there is no line of memprof’s', async (t) => {
    for (const input of [readFileSync(process.execPath).subarray(0, 20e6), Buffer.alloc(20e6)]) {
      const { code, stderr } = await runMemprof(t, ['report'], { input: input.toString('latin1') })
      assert.equal(code, 2)
      assert.match(stderr, /memprof's/)
    }
  })

  it('gzip of gzip, and gzip that goes on with other bytes, ends in order', async (t) => {
    const folder = temporaryFolder(t)
    const packed = gzipSync(fixtureLog('short.ndjson'))
    for (const [name, bytes, code] of [
      ['twice.gz', gzipSync(packed), 2],
      ['two-members.gz', Buffer.concat([packed, packed]), 0],
      ['trailing.gz', Buffer.concat([packed, Buffer.from('no gzip')]), 0],
      ['two-bytes.gz', packed.subarray(0, 2), 2],
      ['head.gz', packed.subarray(0, 12), 2],
    ] as const) {
      writeFileSync(join(folder, name), bytes)
      const ended = await runMemprof(t, ['report', join(folder, name)])
      assert.equal(ended.code, code, `${name}: ${ended.stderr}`)
      assert.doesNotMatch(ended.stderr, /\n\s+at /)
    }
  })
})

/** The bar for any log; the runtime alone takes some 50 MB of it. */
const MAX_RSS_BYTES = 200e6

/** The report of what is written to its standard input, and what it took. */
async function measured(
  t: TestContext,
  args: readonly string[],
  feed: (write: (text: string) => Promise<void>) => Promise<void>,
): Promise<{ used: Used; stdout: string }> {
  const probe = join(ROOT, 'dist/test/support/peak-memory.js')
  const child = spawn(process.execPath, ['-r', probe, MEMPROF, 'report', ...args], {
    env: cleanEnv(),
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const stdin = child.stdin!
  const printed = Promise.all([text(child.stdout!), text(child.stdio[3] as NodeJS.ReadableStream)])
  await feed(async (piece) => {
    if (!stdin.write(piece)) await once(stdin, 'drain')
  })
  stdin.end()
  const [stdout, used] = await printed
  return { used: JSON.parse(used) as Used, stdout }
}
