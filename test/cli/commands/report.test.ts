import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { gzipSync } from 'node:zlib'
import type { LogSummary } from '../../../lib/cli/summary/summary'
import { ofEvent, parseLines } from '../../support/app'
import { runMemprof } from '../../support/command'
import { temporaryFolder } from '../../support/files'
import { fixtureLog, leakLine, LOGS, processLine, routeLine } from '../../support/log-lines'
import { NO_TERMINAL, openTerminal, shellWord } from '../../support/terminal'
import { MEMPROF } from '../../support/command'

const SHOP = join(LOGS, 'shop.ndjson')
const RESTARTED = join(LOGS, 'restarted.ndjson')

async function report(t: TestContext, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runMemprof(t, ['report', ...args])
  assert.equal(stderr, '')
  assert.equal(code, 0)
  return stdout
}

function sectionsOf(text: string): string[] {
  return text.trimEnd().split('\n\n')
}

describe('memprof report', () => {
  it('begins with a sentence that names the route, the bytes, the place and the holder', async (t) => {
    const [, verdicts] = sectionsOf(await report(t, SHOP))
    assert.match(
      verdicts!,
      /^GET \/search keeps \S+ kB per request \(\S+ to \S+ kB\): allocated in \S+ \(benchmarks\/demo\/shop\.cjs:\d+\), kept by searchTrail \(Array, [\d,]+; benchmarks\/demo\/shop\.cjs:\d+\)\. \d+ h \d+ min to the memory limit\.\n/,
    )
  })

  it('tells the figures of the log', async (t) => {
    const [, , table] = sectionsOf(await report(t, SHOP))
    const rows = table!.split('\n').map((row) => row.split('\t'))
    const [stop] = ofEvent(parseLines(readFileSync(SHOP, 'utf8')), 'stop')
    assert.deepEqual(rows[0], [
      'route',
      'requests',
      'errors',
      'aborted',
      'p50',
      'p99',
      'clean heap delta',
      'keeps per request',
      'verdict',
    ])
    assert.deepEqual(
      rows
        .slice(1)
        .map((row) => `${row[0]} ${row[1]!.replace(',', '')} ${row[8]}`)
        .sort(),
      stop!.verdicts
        .map((of) => `${of.method} ${of.route} ${of.requestsTotal} ${of.verdict}`)
        .sort(),
    )
  })

  it('reads gzip, standard input and several files alike', async (t) => {
    const folder = temporaryFolder(t)
    const packed = join(folder, 'shop.log.gz')
    writeFileSync(packed, gzipSync(readFileSync(SHOP)))
    const whole = await report(t, SHOP)
    assert.equal(await report(t, packed), whole)
    const text = readFileSync(SHOP, 'utf8')
    for (const args of [['report'], ['report', '-']]) {
      assert.equal((await runMemprof(t, args, { input: text })).stdout, whole)
    }
    const half = text.indexOf('\n', text.length / 2) + 1
    writeFileSync(join(folder, '1'), text.slice(0, half))
    writeFileSync(join(folder, '2'), text.slice(half))
    assert.equal(await report(t, join(folder, '2'), join(folder, '1')), whole)
  })

  it('says of a damaged gzip file that it is, and reads up to there', async (t) => {
    const file = join(temporaryFolder(t), 'shop.gz')
    const packed = gzipSync(readFileSync(SHOP))
    writeFileSync(file, packed.subarray(0, packed.length - 2000))
    const text = await report(t, file)
    assert.match(text, /shop\.gz is damaged: read up to there\./)
    assert.match(text, /GET \/products/)
  })

  it('puts processes together, tells versions and restarts', async (t) => {
    const summary = JSON.parse(await report(t, '--json', RESTARTED)) as LogSummary
    assert.deepEqual(
      summary.instances.map(({ version, stop, replaces }) => [
        version,
        stop?.reason ?? null,
        replaces !== null,
      ]),
      [
        ['1.0.0', null, false],
        ['1.1.0', 'SIGTERM', true],
      ],
    )
    assert.equal(summary.leaks[0]!.perInstance.length, 2)
    assert.equal(summary.leaks[0]!.agreement?.count, 2)
    assert.match(await report(t, RESTARTED), /^shop 1\.0\.0, 1\.1\.0: 2 processes, /)
  })

  it('--json gives exact numbers, and says what was read', async (t) => {
    const found = JSON.parse(await report(t, '--json', SHOP)) as LogSummary & {
      read: { lines: number; other: number }
    }
    const lines = parseLines(readFileSync(SHOP, 'utf8'))
    const leak = ofEvent(lines, 'leak').at(-1)!
    assert.deepEqual(found.leaks[0]!.holders, leak.holders)
    assert.deepEqual(found.leaks[0]!.sites, leak.sites)
    assert.equal(found.to, lines.at(-1)!.time)
    assert.equal(found.read.lines, readFileSync(SHOP, 'utf8').trimEnd().split('\n').length)
    assert.equal(found.read.other, 1)
  })

  it('--route leaves one route, by its pattern or with its method', async (t) => {
    for (const name of ['/search', 'GET /search']) {
      const { routes, leaks } = JSON.parse(
        await report(t, '--json', '--route', name, SHOP),
      ) as LogSummary
      assert.deepEqual([routes.length, leaks.length, routes[0]!.route], [1, 1, '/search'])
    }
    const missing = await runMemprof(t, ['report', '--route', 'GET /serch', SHOP])
    assert.equal(missing.code, 2)
    assert.match(missing.stderr, /Did you mean GET \/search\?/)
  })

  it('--since takes a date or a time before now', async (t) => {
    const lines = parseLines(readFileSync(RESTARTED, 'utf8'))
    const second = lines.filter(({ event }) => event === 'start')[1]!.time
    const { instances } = JSON.parse(
      await report(t, '--json', '--since', new Date(second).toISOString(), RESTARTED),
    ) as LogSummary
    assert.deepEqual(
      instances.map(({ version }) => version),
      ['1.1.0'],
    )
    const late = await runMemprof(t, ['report', '--since', '1s', RESTARTED])
    assert.deepEqual([late.code, late.stdout], [2, ''])
    assert.match(late.stderr, /lines are from before --since, the newest from \d{4}-/)
    const wrong = await runMemprof(t, ['report', '--since', 'yesterday', RESTARTED])
    assert.match(wrong.stderr, /--since takes a time, got yesterday\. Write 30m, 2h or 1d/)
  })

  it('prints one report to a pipe that closes early', async (t) => {
    const folder = temporaryFolder(t)
    const lines = Array.from({ length: 4000 }, (_, at) => routeLine({ route: `/r${at}` }))
    writeFileSync(join(folder, 'log'), `${lines.join('\n')}\n`)
    const { execFileSync } = await import('node:child_process')
    const command = `${shellWord(process.execPath)} ${shellWord(MEMPROF)} report log | head -1`
    assert.match(execFileSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' }), /^shop/)
  })
})

describe('memprof report says what to do', () => {
  const cases: ReadonlyArray<readonly [string, string, RegExp]> = [
    ['of an empty log', '', /the log is empty\. Start the app with node -r memprof\/register/],
    [
      'of a log without a line of memprof’s',
      'listening\nGET / 200\n',
      /none of the 2 lines read is memprof's\. Start the app with/,
    ],
    [
      'of a log from a newer version',
      routeLine({ v: 9 }),
      /are of a newer version than this one\. Update memprof/,
    ],
    [
      'of a log in which nothing is as it should be',
      `${routeLine({ requests: 'x' })}\n${routeLine().slice(0, 200)}`,
      /none of the 2 lines read is memprof's \(1 torn, 1 with a field missing or of the wrong type\)/,
    ],
  ]
  for (const [what, input, said] of cases) {
    it(`${what}, and exits 2`, async (t) => {
      const { code, stdout, stderr } = await runMemprof(t, ['report'], { input })
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, said)
      assert.equal(stderr.trimEnd().split('\n').length, 1)
    })
  }

  it('of a log too short for a verdict', async (t) => {
    const short = fixtureLog('short.ndjson').toString()
    const seldom = short.replace('"leakIntervalMs":2000', '"leakIntervalMs":30000')
    for (const [input, said] of [
      [short, /takes 8 readings.* At one reading in 2 s, that is 16 s\.\n *Let it run longer\.\n/],
      [seldom, / in 30 s, that is 4 min\.\n.* or read more often: MEMPROF_LEAK_INTERVAL=2s\.\n/],
    ] as const) {
      const { stdout } = await runMemprof(t, ['report'], { input })
      assert.match(stdout, said)
    }
  })

  it('of a log written with the leaks off', async (t) => {
    assert.match(
      await report(t, join(LOGS, 'leaks-off.ndjson')),
      /ran with MEMPROF_LEAKS=off\. Unset it/,
    )
  })

  it('of a log without requests', async (t) => {
    const { code, stdout } = await runMemprof(t, ['report'], { input: processLine() })
    assert.equal(code, 0)
    assert.match(stdout, /No request was recorded yet: send traffic/)
  })

  it('of files that cannot be read, before it reads any', async (t) => {
    const folder = temporaryFolder(t)
    mkdirSync(join(folder, 'logs'))
    for (const [file, reason] of [
      ['missing.log', 'there is no such file'],
      ['logs', 'it is a folder'],
    ] as const) {
      const { code, stdout, stderr } = await runMemprof(t, ['report', SHOP, file], { cwd: folder })
      assert.deepEqual([code, stdout], [2, ''])
      assert.ok(
        stderr.startsWith(
          `memprof: ERR_MEMPROF_INPUT: "${file}" must be a log that can be read, got: ${reason}.`,
        ),
        stderr,
      )
    }
  })
})

describe('a log with leaks in versions', () => {
  it('says in which they are not', async (t) => {
    const input = [
      leakLine({ instance: 'old', version: '1.4.1' }),
      routeLine({ instance: 'new', version: '1.4.2', verdict: 'steady' }),
    ].join('\n')
    const { stdout } = await runMemprof(t, ['report'], { input })
    assert.match(stdout, /\(in version 1\.4\.1, not in 1\.4\.2\)/)
  })

  it('says in how many processes of one version', async (t) => {
    const input = [
      leakLine({ instance: 'a' }),
      routeLine({ instance: 'b', verdict: 'steady' }),
      routeLine({ instance: 'c', verdict: 'insufficient-data' }),
    ].join('\n')
    const { stdout } = await runMemprof(t, ['report'], { input })
    assert.match(stdout, /\(in 1 of 2 processes\)/)
  })

  it('says that one was taken back', async (t) => {
    const input = [leakLine(), routeLine({ time: 1_700_000_100_000, verdict: 'plateaued' })]
    const { stdout } = await runMemprof(t, ['report'], { input: input.join('\n') })
    assert.match(
      stdout,
      /GET \/a was seen to keep 1\.4 kB per request .* No more: the route is now plateaued\./,
    )
    assert.match(stdout, /No leak was found\./)
  })
})

describe('memprof report in a terminal', { skip: NO_TERMINAL }, () => {
  const command = (args: string): string =>
    `${shellWord(process.execPath)} ${shellWord(MEMPROF)} report ${args}`

  it('keeps to its width, with colours only where they are wanted', async (t) => {
    for (const columns of [60, 100, 160]) {
      const terminal = await openTerminal(t, command(shellWord(RESTARTED)), { columns })
      const { stdout } = await terminal.ended
      const lines = stdout.replaceAll('\r', '').split('\n').slice(1)
      const plain = lines.map((line) => stripVTControlCharacters(line))
      assert.notDeepEqual(lines, plain)
      const chart = plain.filter((line) => line.includes('┤'))
      assert.equal(chart.length, 6)
      assert.ok(chart.some((line) => line.length > 0.6 * columns))
      for (const line of [
        ...chart,
        ...plain.filter((of) => /^GET|^POST/.test(of) && !of.includes('keeps')),
      ]) {
        assert.ok(Array.from(line).length <= columns, line)
      }
      assert.match(plain.join('\n'), /no last line\n.*SIGTERM\n/)
      assert.match(plain.join('\n'), /└─+R─+\n/)
      assert.match(plain.join('\n'), /R: 1 restart, \d\d:\d\d:\d\d/)
    }
    const bare = await openTerminal(t, command(shellWord(SHOP)), { env: { NO_COLOR: '1' } })
    assert.ok(!(await bare.ended).stdout.includes('\u001b'))
  })

  it('says without a log that it waits for none', async (t) => {
    const terminal = await openTerminal(t, `${command('')}; echo "exit $?"`)
    assert.match(
      (await terminal.ended).stdout,
      /memprof report was given no log\. Name a file.*\r\nexit 2/,
    )
  })
})

describe('memprof', () => {
  const cases: ReadonlyArray<readonly [string[], RegExp]> = [
    [
      ['reprot'],
      /^memprof: ERR_MEMPROF_USAGE: reprot is no command of memprof\. Did you mean report\?\n$/,
    ],
    [['frobnicate'], /There are .*report/],
    [['report', '--jsn'], /--jsn is no option of memprof report\. Did you mean --json\?\n$/],
    [['report', '--markdwon=1'], /Did you mean --markdown\?\n$/],
    [['report', '-x'], /-x is no option of memprof report\. memprof report --help lists them\.\n$/],
    [['report', '--since'], /--since needs a value\. Write --since T\.\n$/],
    [['report', '--since', '--json'], /--since needs a value\. Write --since T/],
    [['report', '--json=yes'], /--json takes no value\. Write --json alone\.\n$/],
    [
      ['report', '--json', '--markdown', SHOP],
      /--json and --markdown are two reports\. Ask for one\.\n$/,
    ],
    [['report', '\u001b[31m\u202e'], /"\\u\{1b\}\[31m\\u\{202e\}" must be a log/],
    [['\u001b[31m'], /^memprof: ERR_MEMPROF_USAGE: \\u\{1b\}\[31m is no command/],
    [['__proto__'], /__proto__ is no command/],
    [['report', '--__proto__'], /--__proto__ is no option/],
  ]
  for (const [args, said] of cases) {
    it(`${JSON.stringify(args.map((arg) => arg.slice(0, 20)))} is a line on stderr and exit code 2`, async (t) => {
      const { code, stdout, stderr } = await runMemprof(t, args)
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, said)
    })
  }

  it('prints help and its version on stdout, and help on stderr where nothing was asked', async (t) => {
    for (const args of [
      ['--help'],
      ['-h'],
      ['help'],
      ['report', '--help'],
      ['help', 'report'],
      ['report', '-h'],
    ]) {
      const { code, stdout, stderr } = await runMemprof(t, args)
      assert.deepEqual([code, stderr], [0, ''])
      assert.match(stdout, /^Usage: memprof/m)
    }
    assert.match(
      (await runMemprof(t, ['report', '--help'])).stdout,
      /^Examples\n {2}memprof report/m,
    )
    assert.match((await runMemprof(t, ['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
    const bare = await runMemprof(t, [])
    assert.deepEqual([bare.code, bare.stdout], [2, ''])
    assert.match(bare.stderr, /^Usage: memprof <command>/m)
  })

  it('lists in its help every command that it has', async (t) => {
    const { stdout } = await runMemprof(t, ['--help'])
    const names = [...stdout.matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name]) => name!)
    assert.ok(names.includes('report'))
    for (const name of names) {
      const { code, stdout: help } = await runMemprof(t, [name, '--help'])
      assert.equal(code, 0)
      assert.match(help, new RegExp(`^Usage: memprof ${name} `))
    }
  })
})

describe('fixture logs', () => {
  it('are as today’s schema says', () => {
    for (const name of ['shop', 'restarted', 'short', 'leaks-off']) {
      assert.ok(parseLines(fixtureLog(`${name}.ndjson`).toString()).length > 10)
    }
  })
})
