import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ConfigProblem, formatProblem, readConfig } from '../../lib/config/read'
import { type Config, SETTINGS, type StartOptions } from '../../lib/config/settings'
import type { ErrorCode } from '../../lib/errors'

const VALUE = 'ERR_MEMPROF_CONFIG_VALUE'
const RANGE = 'ERR_MEMPROF_CONFIG_RANGE'
const UNKNOWN = 'ERR_MEMPROF_CONFIG_UNKNOWN'
const ARGUMENT = 'ERR_MEMPROF_ARGUMENT'

const DEFAULTS: Config = {
  enabled: true,
  wake: 'listen',
  level: 'info',
  intervalMs: 10_000,
  destination: 'stdout',
  format: 'json',
  ringSize: 16_384,
  maxRoutes: 512,
  gc: 'off',
  leaks: true,
  leakIntervalMs: 30_000,
  samplingBytes: null,
  pauseBudgetRatio: 0.01,
  maxPauseMs: 1000,
  holders: true,
  trace: true,
  profileDir: null,
  signal: null,
  service: null,
  version: null,
}
const NAMES = Object.keys(DEFAULTS) as (keyof Config)[]

interface Cases {
  /** Text of the environment and the value it gives; the limits are among them. */
  good: [string, unknown][]
  /** Text of the environment that is refused; the first values past the limits are among them. */
  bad: [string, ErrorCode][]
  goodOptions: [unknown, unknown][]
  badOptions: [unknown, ErrorCode][]
}

const WORDS_OF_TOGGLES: Cases = {
  good: [
    ['on', true],
    ['true', true],
    ['1', true],
    ['off', false],
    ['false', false],
    ['0', false],
    ['FALSE', false],
    [' Off ', false],
  ],
  bad: [
    ['no', VALUE],
    ['2', VALUE],
    ['truee', VALUE],
    ['null', VALUE],
    ['undefined', VALUE],
  ],
  goodOptions: [
    [true, true],
    [false, false],
    ['off', false],
    ['ON', true],
  ],
  badOptions: [
    [1, ARGUMENT],
    [0, ARGUMENT],
    ['no', VALUE],
  ],
}

const TEXTS: Cases = {
  good: [
    ['shop', 'shop'],
    ['  größe 大 ', 'größe 大'],
    ['x'.repeat(256), 'x'.repeat(256)],
  ],
  bad: [
    ['x'.repeat(257), VALUE],
    ['a\nb', VALUE],
    ['a\u0000b', VALUE],
    ['a\u001b[31m', VALUE],
  ],
  goodOptions: [
    ['shop', 'shop'],
    [null, null],
  ],
  badOptions: [
    [7, ARGUMENT],
    ['a\nb', VALUE],
  ],
}

const CASES: { readonly [K in keyof Config]: Cases } = {
  enabled: WORDS_OF_TOGGLES,
  leaks: WORDS_OF_TOGGLES,
  holders: WORDS_OF_TOGGLES,
  trace: WORDS_OF_TOGGLES,
  wake: {
    good: [
      ['listen', 'listen'],
      ['Always', 'always'],
    ],
    bad: [
      ['never', VALUE],
      ['true', VALUE],
    ],
    goodOptions: [['always', 'always']],
    badOptions: [
      [true, ARGUMENT],
      ['never', VALUE],
    ],
  },
  level: {
    good: [
      ...['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'].map(
        (word): [string, string] => [word, word],
      ),
      [' Debug ', 'debug'],
    ],
    bad: [
      ['verbose', VALUE],
      ['20', VALUE],
      ['debug,info', VALUE],
      ['constructor', VALUE],
    ],
    goodOptions: [['debug', 'debug']],
    badOptions: [
      ['loud', VALUE],
      [20, ARGUMENT],
    ],
  },
  intervalMs: {
    good: [
      ['100ms', 100],
      ['500ms', 500],
      ['0.1s', 100],
      ['.5s', 500],
      ['1.1s', 1100],
      ['100.4ms', 100],
      ['10S', 10_000],
      ['10 s', 10_000],
      ['5m', 300_000],
      ['1h', 3_600_000],
      ['60m', 3_600_000],
    ],
    bad: [
      ['99ms', RANGE],
      ['99.9ms', RANGE],
      ['0s', RANGE],
      ['-10s', RANGE],
      ['3600001ms', RANGE],
      ['61m', RANGE],
      ['9'.repeat(400) + 's', RANGE],
      ['10', VALUE],
      ['500', VALUE],
      ['10d', VALUE],
      ['10sec', VALUE],
      ['s', VALUE],
      ['ms', VALUE],
      ['1m30s', VALUE],
      ['1,5s', VALUE],
      ['1e3ms', VALUE],
      ['NaNs', VALUE],
      ['Infinity', VALUE],
      ['ten seconds', VALUE],
      ['10constructor', VALUE],
    ],
    goodOptions: [
      ['10s', 10_000],
      [100, 100],
      [250.6, 251],
      [3_600_000, 3_600_000],
    ],
    badOptions: [
      [99, RANGE],
      [99.9, RANGE],
      [0, RANGE],
      [-1, RANGE],
      [3_600_001, RANGE],
      [Number.POSITIVE_INFINITY, RANGE],
      [Number.NaN, VALUE],
      ['500', VALUE],
      [10n, ARGUMENT],
    ],
  },
  leakIntervalMs: {
    good: [
      ['500ms', 500],
      ['1h', 3_600_000],
    ],
    bad: [
      ['499ms', RANGE],
      ['499.9ms', RANGE],
      ['3600001ms', RANGE],
      ['30', VALUE],
      ['off', VALUE],
    ],
    goodOptions: [
      [500, 500],
      ['1m', 60_000],
    ],
    badOptions: [
      [499, RANGE],
      [3_600_001, RANGE],
      [Number.NaN, VALUE],
    ],
  },
  maxPauseMs: {
    good: [
      ['1ms', 1],
      ['1m', 60_000],
    ],
    bad: [
      ['0.9ms', RANGE],
      ['0ms', RANGE],
      ['60001ms', RANGE],
      ['1h', RANGE],
      ['1', VALUE],
    ],
    goodOptions: [
      [1, 1],
      [60_000, 60_000],
    ],
    badOptions: [
      [0.9, RANGE],
      [60_001, RANGE],
      [Number.NaN, VALUE],
    ],
  },
  destination: {
    good: [
      ['stdout', 'stdout'],
      ['STDERR', 'stderr'],
      ['./stdout', './stdout'],
      ['/var/log/shop-%p-%t.ndjson', '/var/log/shop-%p-%t.ndjson'],
      ['C:\\logs\\shop.ndjson', 'C:\\logs\\shop.ndjson'],
      ['log files/größe.ndjson', 'log files/größe.ndjson'],
    ],
    bad: [
      ['a\u0000b', VALUE],
      ['a\nb', VALUE],
      ['a\u001b[2Jb', VALUE],
      ['a\u007fb', VALUE],
      ['a\u0085b', VALUE],
    ],
    goodOptions: [['a.ndjson', 'a.ndjson']],
    badOptions: [
      ['a\u0000b', VALUE],
      [1, ARGUMENT],
    ],
  },
  format: {
    good: [
      ['json', 'json'],
      ['Connect', 'connect'],
    ],
    bad: [
      ['text', VALUE],
      ['ndjson', VALUE],
    ],
    goodOptions: [['connect', 'connect']],
    badOptions: [['text', VALUE]],
  },
  ringSize: {
    good: [
      ['64', 64],
      ['1000', 1000],
      ['0064', 64],
      ['1048576', 1_048_576],
    ],
    bad: [
      ['63', RANGE],
      ['0', RANGE],
      ['-64', RANGE],
      ['1048577', RANGE],
      ['9'.repeat(400), RANGE],
      ['64.5', VALUE],
      ['1e3', VALUE],
      ['0x40', VALUE],
      ['64kb', VALUE],
      ['16_384', VALUE],
      ['16,384', VALUE],
      ['NaN', VALUE],
      ['many', VALUE],
    ],
    goodOptions: [
      [64, 64],
      [1_048_576, 1_048_576],
      ['64', 64],
    ],
    badOptions: [
      [63, RANGE],
      [1_048_577, RANGE],
      [Number.POSITIVE_INFINITY, RANGE],
      [64.5, VALUE],
      [Number.NaN, VALUE],
      [64n, ARGUMENT],
    ],
  },
  maxRoutes: {
    good: [
      ['1', 1],
      ['4096', 4096],
    ],
    bad: [
      ['0', RANGE],
      ['4097', RANGE],
      ['1.5', VALUE],
      ['all', VALUE],
    ],
    goodOptions: [
      [1, 1],
      [4096, 4096],
    ],
    badOptions: [
      [0, RANGE],
      [4097, RANGE],
      [1.5, VALUE],
    ],
  },
  gc: {
    good: [
      ['off', 'off'],
      ['Request', 'request'],
    ],
    bad: [
      ['on', VALUE],
      ['true', VALUE],
      ['1', VALUE],
    ],
    goodOptions: [['request', 'request']],
    badOptions: [
      ['on', VALUE],
      [true, ARGUMENT],
    ],
  },
  samplingBytes: {
    good: [
      ['1024', 1024],
      ['1kb', 1024],
      ['1024b', 1024],
      ['64 KB', 65_536],
      ['0.5mb', 524_288],
      ['1.3kb', 1331],
      ['16777216', 16_777_216],
      ['16mb', 16_777_216],
    ],
    bad: [
      ['1023', RANGE],
      ['0.9kb', RANGE],
      ['0', RANGE],
      ['-1mb', RANGE],
      ['16777217', RANGE],
      ['16.1mb', RANGE],
      ['1024.5', VALUE],
      ['1gb', VALUE],
      ['1m', VALUE],
      ['kb', VALUE],
      ['1e6', VALUE],
      ['auto', VALUE],
    ],
    goodOptions: [
      [1024, 1024],
      [16_777_216, 16_777_216],
      ['64kb', 65_536],
      [null, null],
    ],
    badOptions: [
      [1023, RANGE],
      [16_777_217, RANGE],
      [1024.5, VALUE],
      [Number.NaN, VALUE],
      ['auto', VALUE],
    ],
  },
  pauseBudgetRatio: {
    good: [
      ['0.0001', 0.0001],
      ['1e-4', 0.0001],
      ['.05', 0.05],
      ['0.5', 0.5],
    ],
    bad: [
      ['0.00009', RANGE],
      ['0', RANGE],
      ['-0.1', RANGE],
      ['0.51', RANGE],
      ['1', RANGE],
      ['1%', VALUE],
      ['0,01', VALUE],
      ['NaN', VALUE],
      ['.', VALUE],
      ['half', VALUE],
    ],
    goodOptions: [
      [0.0001, 0.0001],
      [0.5, 0.5],
    ],
    badOptions: [
      [0.00009, RANGE],
      [0.500001, RANGE],
      [Number.NaN, VALUE],
    ],
  },
  profileDir: {
    good: [['./profiles', './profiles']],
    bad: [
      ['a\u0000b', VALUE],
      ['a\rb', VALUE],
    ],
    goodOptions: [
      ['profiles', 'profiles'],
      [null, null],
    ],
    badOptions: [
      [true, ARGUMENT],
      ['a\u0000b', VALUE],
    ],
  },
  signal: {
    good:
      process.platform === 'win32'
        ? [['SIGHUP', 'SIGHUP']]
        : [
            ['SIGUSR2', 'SIGUSR2'],
            ['sigusr2', 'SIGUSR2'],
            ['USR2', 'SIGUSR2'],
            ['SIGHUP', 'SIGHUP'],
            ['SIGWINCH', 'SIGWINCH'],
            ['SIGCONT', 'SIGCONT'],
            ['SIGALRM', 'SIGALRM'],
          ],
    bad: [
      ['SIGUSR1', VALUE],
      ['SIGKILL', VALUE],
      ['SIGSTOP', VALUE],
      ['SIGTERM', VALUE],
      ['SIGINT', VALUE],
      ['SIGPIPE', VALUE],
      ['SIGPROF', VALUE],
      ['SIGSEGV', VALUE],
      ['SIGUSR3', VALUE],
      ['12', VALUE],
      ['SIG', VALUE],
    ],
    goodOptions: [
      ['SIGHUP', 'SIGHUP'],
      [null, null],
    ],
    badOptions: [
      ['SIGTERM', VALUE],
      [12, ARGUMENT],
    ],
  },
  service: TEXTS,
  version: TEXTS,
}

describe('readConfig', () => {
  it('returns exactly the settings of the table', () => {
    assert.deepEqual(Object.keys(readConfig({}).config), NAMES)
  })

  it('returns the defaults, frozen and without problems, where nothing is set', () => {
    const { config, problems } = readConfig({ PATH: '/bin', NODE_ENV: 'test' })
    assert.deepEqual(config, DEFAULTS)
    assert.ok(Object.isFrozen(config))
    assert.deepEqual(problems, [])
  })

  for (const name of NAMES) {
    const { env, option } = SETTINGS[name]
    const { good, bad, goodOptions, badOptions } = CASES[name]

    for (const [text, value] of good) {
      it(`reads ${env}=${show(text)}`, () => {
        assert.deepEqual(readConfig({ [env]: text }), {
          config: { ...DEFAULTS, [name]: value },
          problems: [],
        })
      })
    }

    for (const [text, code] of bad) {
      it(`refuses ${env}=${show(text)} with ${code} and uses the default`, () => {
        const { config, problems } = readConfig({ [env]: text })
        assert.deepEqual(config, DEFAULTS)
        const { message } = only(problems, code)
        assert.ok(message.startsWith(`${env} must be ${SETTINGS[name].kind.accepted}, got "`))
        assert.match(message, /; until then memprof uses the default \(.+\)\.$/)
        assert.doesNotMatch(message, /\p{Cc}/u)
      })
    }

    for (const [given, value] of goodOptions) {
      it(`reads options.${option} = ${show(given)}`, () => {
        assert.deepEqual(readConfig({}, { [option]: given }), {
          config: { ...DEFAULTS, [name]: value },
          problems: [],
        })
      })
    }

    for (const [given, code] of [...badOptions, ...wrongTypes(name)]) {
      it(`refuses options.${option} = ${show(given)} with ${code} and uses the default`, () => {
        const { config, problems } = readConfig({}, { [option]: given })
        assert.deepEqual(config, DEFAULTS)
        const { message } = only(problems, code)
        assert.ok(message.startsWith(`options.${option} must be ${SETTINGS[name].kind.accepted}`))
      })
    }

    it(`takes an empty or blank ${env}, and an undefined or empty option, for unset`, () => {
      for (const blank of ['', ' ', '\t\n']) {
        const expected = { config: DEFAULTS, problems: [] }
        assert.deepEqual(readConfig({ [env]: blank }), expected)
        assert.deepEqual(readConfig({}, { [option]: blank }), expected)
        assert.deepEqual(readConfig({}, { [option]: undefined }), expected)
      }
    })
  }

  it('lets an option win over its variable, and says nothing of the variable then', () => {
    const { config, problems } = readConfig(
      { MEMPROF_INTERVAL: 'often', MEMPROF_RING_SIZE: '128' },
      { interval: '1s', maxRoutes: 2 },
    )
    assert.deepEqual(config, { ...DEFAULTS, intervalMs: 1000, ringSize: 128, maxRoutes: 2 })
    assert.deepEqual(problems, [])
  })

  it('unsets by null what a variable set, where unset has a meaning', () => {
    const env = { MEMPROF_PROFILE_DIR: 'profiles', MEMPROF_SAMPLING_BYTES: '64kb' }
    const { config } = readConfig(env, { profileDir: null, samplingBytes: null })
    assert.deepEqual(config, DEFAULTS)
  })

  it('reports every wrong value and keeps every right one', () => {
    const { config, problems } = readConfig({
      MEMPROF_LEVEL: 'loud',
      MEMPROF_RING_SIZE: '1',
      MEMPROF_MAX_ROUTES: '7',
      MEMPROF_TYPO: 'x',
    })
    assert.deepEqual(config, { ...DEFAULTS, maxRoutes: 7 })
    assert.deepEqual(
      problems.map(({ code }) => code),
      [VALUE, RANGE, UNKNOWN],
    )
  })

  it('says that a plain number lacks its unit', () => {
    const { problems } = readConfig({ MEMPROF_INTERVAL: '500' })
    assert.match(only(problems, VALUE).message, /got "500" \(the unit is missing\)/)
  })

  it('names the limit that was passed', () => {
    const say = (text: string): string =>
      only(readConfig({ MEMPROF_INTERVAL: text }).problems, RANGE).message
    assert.match(say('1ms'), /Try 100ms;/)
    assert.match(say('2h'), /Try 1h;/)
  })

  it('says why a signal is not for the taking', () => {
    const { problems } = readConfig({ MEMPROF_SIGNAL: 'SIGUSR1' })
    assert.match(only(problems, VALUE).message, /SIGUSR1: Node starts its debugger on it/)
  })

  it('shows 64 characters of a value and none that drive a terminal', () => {
    const { problems } = readConfig({ MEMPROF_LEVEL: `\u001b[2J${'x'.repeat(100_000)}` })
    const { message } = only(problems, VALUE)
    assert.ok(message.includes(`got "\\u{1b}[2J${'x'.repeat(60)}…"`), message)
  })

  it('reads a value of a megabyte in linear time', () => {
    // Quadratic matching would take minutes here, not milliseconds.
    const digits = `${'1'.repeat(1_000_000)}x`
    for (const name of NAMES) {
      const { problems } = readConfig({ [SETTINGS[name].env]: digits })
      assert.ok(problems.length <= 1)
    }
  })

  it('takes options that are no object for none', () => {
    for (const options of [null, 'info', 7, true, ['level'], () => 1]) {
      const { config, problems } = readConfig({}, options as StartOptions)
      assert.deepEqual(config, DEFAULTS)
      assert.match(only(problems, ARGUMENT).message, /^start\(options\) must be an object, got /)
    }
  })

  it('reports an unknown option with the nearest known one', () => {
    const { config, problems } = readConfig({}, { intervall: '1s' } as StartOptions)
    assert.deepEqual(config, DEFAULTS)
    assert.match(only(problems, UNKNOWN).message, /^options\.intervall .* options\.interval\?$/)
  })

  it('does not mistake what every object inherits for an option', () => {
    const { problems } = readConfig({}, { toString: 'x', ['__proto__x']: 1 } as StartOptions)
    assert.equal(problems.length, 2)
    for (const { code } of problems) assert.equal(code, UNKNOWN)
  })
})

describe('an unknown variable', () => {
  const ask = (name: string): string => only(readConfig({ [name]: 'x' }).problems, UNKNOWN).message

  for (const [given, nearest] of [
    ['MEMPROF_INTERVALL', 'MEMPROF_INTERVAL'],
    ['MEMPROF_INTERVLA', 'MEMPROF_INTERVAL'],
    ['MEMPROF_LEAKS_INTERVAL', 'MEMPROF_LEAK_INTERVAL'],
    ['MEMPROF_RINGSIZE', 'MEMPROF_RING_SIZE'],
    ['MEMPROF_LEAK', 'MEMPROF_LEAKS'],
    ['MEMPROF_ENABLE', 'MEMPROF_ENABLED'],
    ['MEMPROF_CG', 'MEMPROF_GC'],
    ['MEMPROF_PROFILES_DIR', 'MEMPROF_PROFILE_DIR'],
    ['MEMPROF_SAMPLE_BYTES', 'MEMPROF_SAMPLING_BYTES'],
  ] as const) {
    it(`${given} is taken for ${nearest}`, () => {
      assert.ok(ask(given).endsWith(`Did you mean ${nearest}?`), ask(given))
    })
  }

  for (const given of [
    'MEMPROF_',
    'MEMPROF_XYZZY',
    'MEMPROF_COLOUR',
    `MEMPROF_${'X'.repeat(1e6)}`,
  ]) {
    it(`${show(given)} is near none`, () => {
      assert.doesNotMatch(ask(given), /Did you mean/)
      assert.ok(ask(given).length < 200)
    })
  }

  it('in lower case is another variable, except on Windows', () => {
    const { problems } = readConfig({ memprof_level: 'debug' })
    if (process.platform === 'win32') assert.deepEqual(problems, [])
    else assert.match(only(problems, UNKNOWN).message, /Did you mean MEMPROF_LEVEL\?$/)
  })

  it('is reported in one line even if its name holds several', () => {
    assert.doesNotMatch(ask('MEMPROF_A\nB\u001b'), /\p{Cc}/u)
  })

  it('is left alone when empty, or when it only resembles ours', () => {
    const env = { MEMPROF_X: '', MEMPROFILE: '1', XMEMPROF_Y: '1', MEMPROF: '1' }
    assert.deepEqual(readConfig(env).problems, [])
  })
})

describe('formatProblem', () => {
  it('puts our name and the code before the message', () => {
    assert.equal(formatProblem({ code: VALUE, message: 'm' }), `memprof: ${VALUE}: m`)
  })
})

/** The one problem there is, of this code. */
function only(problems: ConfigProblem[], code: ErrorCode): ConfigProblem {
  const [problem] = problems
  assert.ok(problem !== undefined && problems.length === 1, JSON.stringify(problems))
  assert.equal(problem.code, code)
  return problem
}

/** What no setting takes; null only for those for which unset has no meaning of its own. */
function wrongTypes(name: keyof Config): [unknown, ErrorCode][] {
  const wrong: unknown[] = [{}, [], () => 1, Symbol('s')]
  if (DEFAULTS[name] !== null) wrong.push(null)
  if (typeof DEFAULTS[name] !== 'boolean') wrong.push(true)
  return wrong.map((value) => [value, ARGUMENT])
}

function show(value: unknown): string {
  if (typeof value === 'symbol' || typeof value === 'function') return `a ${typeof value}`
  const text =
    typeof value === 'bigint' || typeof value === 'number' ? String(value) : JSON.stringify(value)
  return text.length > 40 ? `${text.slice(0, 40)}… (${text.length})` : text
}
