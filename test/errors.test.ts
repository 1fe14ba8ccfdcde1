import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, it } from 'node:test'
import {
  ERRORS,
  type ErrorCode,
  type ErrorFacts,
  errorMessage,
  escapeText,
  MemprofError,
  showValue,
} from '../lib/errors'

// From dist/test, where this file is compiled to, and from test alike.
const root = join(__dirname, basename(join(__dirname, '..')) === 'dist' ? '../..' : '..')
const docs = readFileSync(join(root, 'docs/errors.md'), 'utf8')

/** One case per code; docs/errors.md quotes each message. */
const EXAMPLES: { readonly [C in ErrorCode]: ErrorFacts[C] } = {
  ERR_MEMPROF_CONFIG_VALUE: {
    name: 'MEMPROF_INTERVAL',
    accepted: 'a time from 100ms to 1h with its unit (ms, s, m or h)',
    given: '10',
    why: 'the unit is missing',
    used: 'the default (10s)',
  },
  ERR_MEMPROF_CONFIG_RANGE: {
    name: 'MEMPROF_RING_SIZE',
    accepted: 'a whole number from 64 to 1048576',
    given: '12',
    nearest: '64',
    used: 'the default (16384)',
  },
  ERR_MEMPROF_CONFIG_UNKNOWN: { name: 'MEMPROF_INTERVALL', nearest: 'MEMPROF_INTERVAL' },
  ERR_MEMPROF_DESTINATION: {
    destination: '/var/log/shop.ndjson',
    reason: 'EACCES: permission denied',
    instead: 'the lines go to stdout',
  },
  ERR_MEMPROF_ARGUMENT: { name: 'measure(label)', accepted: 'a string', given: 7 },
  ERR_MEMPROF_APP: { got: 'it ended with exit code 1 before the check was done' },
  ERR_MEMPROF_USAGE: {
    problem: '--jsn is no option of memprof report',
    advice: 'Did you mean --json?',
  },
  ERR_MEMPROF_INPUT: { file: 'app.ndjson', reason: 'there is no such file' },
}
const CODES = Object.keys(ERRORS) as ErrorCode[]

describe('docs/errors.md', () => {
  const sections = docs.split(/^## /m).slice(1)

  it('has one section per code, in the order of the registry', () => {
    assert.deepEqual(
      sections.map((section) => section.split('\n', 1)[0]),
      CODES,
    )
  })

  for (const [index, code] of CODES.entries()) {
    it(`quotes the message of ${code}, says what it means and what to do`, () => {
      const section = sections[index] ?? ''
      assert.ok(section.includes(`\n> ${exampleMessage(code)}\n`), exampleMessage(code))
      assert.match(section, /^\*\*Meaning\.\*\* \S/m)
      assert.match(section, /^\*\*What to do\.\*\* \S/m)
    })
  }

  it('names no code that the registry lacks', () => {
    for (const code of docs.match(/ERR_MEMPROF_\w+/g) ?? []) assert.ok(code in ERRORS, code)
  })
})

describe('MemprofError', () => {
  it('is an Error with its code, its cause and the message of the registry', () => {
    const cause = new Error('why')
    const facts = EXAMPLES.ERR_MEMPROF_INPUT
    const error = new MemprofError('ERR_MEMPROF_INPUT', facts, { cause })
    assert.ok(error instanceof Error)
    assert.equal(error.name, 'MemprofError')
    assert.equal(error.code, 'ERR_MEMPROF_INPUT')
    assert.equal(error.message, errorMessage('ERR_MEMPROF_INPUT', facts))
    assert.equal(error.cause, cause)
  })
})

describe('messages', () => {
  for (const code of CODES) {
    it(`${code} stays on one line`, () => {
      assert.doesNotMatch(exampleMessage(code), /\n/)
    })
  }

  it('stay on one line whatever the environment holds', () => {
    const nasty = 'a\nb\r\u001b[31m\u0000\u2028\u202e'
    const said = [
      errorMessage('ERR_MEMPROF_CONFIG_UNKNOWN', { name: nasty, nearest: null }),
      errorMessage('ERR_MEMPROF_DESTINATION', { destination: nasty, reason: nasty, instead: 'x' }),
      errorMessage('ERR_MEMPROF_ARGUMENT', { name: nasty, accepted: 'a string', given: nasty }),
    ]
    for (const message of said) assert.doesNotMatch(message, /[\p{Cc}\p{Cf}\p{Zl}]/u)
  })

  it('suggest nothing where no name is near', () => {
    const message = errorMessage('ERR_MEMPROF_CONFIG_UNKNOWN', { name: 'MEMPROF_X', nearest: null })
    assert.doesNotMatch(message, /Did you mean/)
  })

  it('name the type of an argument once', () => {
    const say = (given: unknown): string =>
      errorMessage('ERR_MEMPROF_ARGUMENT', { name: 'x', accepted: 'a string', given })
    assert.match(say({}), /got an object\. /)
    assert.match(say([]), /got an array\. /)
    assert.match(say(null), /got null\. /)
    assert.match(say(undefined), /got undefined\. /)
    assert.match(say(Symbol('s')), /got a symbol\. /)
    assert.match(
      say(() => 1),
      /got a function\. /,
    )
    assert.match(say(true), /got a boolean, true\. /)
    assert.match(say(5n), /got a bigint, 5n\. /)
  })
})

describe('escapeText', () => {
  it('keeps 64 characters whole and cuts the 65th', () => {
    assert.equal(escapeText('x'.repeat(64)), 'x'.repeat(64))
    assert.equal(escapeText('x'.repeat(65)), `${'x'.repeat(64)}…`)
  })

  it('counts a character outside the basic plane as one and never halves it', () => {
    assert.equal(escapeText('😀'.repeat(64)), '😀'.repeat(64))
    assert.equal(escapeText('😀'.repeat(65)), `${'😀'.repeat(64)}…`)
    assert.equal(escapeText(`x${'😀'.repeat(70)}`), `x${'😀'.repeat(63)}…`)
  })

  it('escapes control, invisible and broken characters', () => {
    assert.equal(escapeText('\u0000\n\u007f\u0085'), '\\u{0}\\u{a}\\u{7f}\\u{85}')
    assert.equal(escapeText('\u200b\u202e\u2028\ud800'), '\\u{200b}\\u{202e}\\u{2028}\\u{d800}')
    assert.equal(escapeText('größe 大 😀'), 'größe 大 😀')
  })
})

describe('showValue', () => {
  it('quotes strings and leaves numbers bare', () => {
    assert.equal(showValue('10'), '"10"')
    assert.equal(showValue(10), '10')
    assert.equal(showValue(Number.NaN), 'NaN')
  })

  it('runs no code of an object and shows none of its contents', () => {
    const trap = {
      secret: 'token',
      toString(): string {
        throw new Error('called')
      },
    }
    assert.equal(showValue(trap), 'an object')
  })
})

function exampleMessage<C extends ErrorCode>(code: C): string {
  return errorMessage(code, EXAMPLES[code])
}
