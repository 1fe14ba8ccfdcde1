/**
 * The kinds of values that settings have: how each is read from the text of a variable or from what an
 * option was given, and what it accepts, in words.
 */

/** A value that can be used, or why it cannot: its form, its size, its type. */
export type Parsed<T> =
  | { readonly value: T }
  | { readonly reject: 'value'; readonly why?: string }
  | { readonly reject: 'range'; readonly nearest: string }
  | { readonly reject: 'type' }

/** A kind of value: how it is read, and what it accepts in words. */
export interface Kind<T> {
  readonly accepted: string
  /** What an option accepts beside `accepted`, in words. */
  readonly acceptedAsOption?: string
  /** How the config's name ends: `interval` becomes `intervalMs`. */
  readonly unit: '' | 'Ms' | 'Bytes' | 'Ratio'
  /** Strings come trimmed and not empty; from the environment nothing but strings comes. */
  readonly parse: (given: unknown) => Parsed<T>
}

/**
 * The signals that may ask for lines and a profile: those Node leaves to a program and that mean
 * neither its end nor something to the runtime.
 */
const SIGNALS = ['SIGUSR2', 'SIGHUP', 'SIGWINCH', 'SIGCONT', 'SIGALRM'] as const
const REFUSED_SIGNALS = new Map([
  ['SIGUSR1', 'Node starts its debugger on it'],
  ['SIGKILL', 'no program can catch it'],
  ['SIGSTOP', 'no program can catch it'],
  ['SIGTERM', 'it asks the process to end'],
  ['SIGINT', 'it asks the process to end'],
  ['SIGPIPE', 'writing to a closed connection raises it'],
  ['SIGPROF', 'the CPU profiler of V8 uses it'],
])

/** Characters of a name that stands in every line. */
const MAX_TEXT_CHARS = 256

const MS_PER: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const BYTES_PER: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2 }

export function toggle(accepted: string): Kind<boolean> {
  return {
    accepted,
    unit: '',
    parse(given) {
      if (typeof given === 'boolean') return { value: given }
      if (typeof given !== 'string') return { reject: 'type' }
      const word = given.toLowerCase()
      if (word === 'on' || word === 'true' || word === '1') return { value: true }
      if (word === 'off' || word === 'false' || word === '0') return { value: false }
      return { reject: 'value' }
    },
  }
}

export function oneOf<W extends string>(words: readonly W[]): Kind<W> {
  return {
    accepted: `one of ${words.join(', ')}`,
    unit: '',
    parse(given) {
      if (typeof given !== 'string') return { reject: 'type' }
      const word = given.toLowerCase()
      const value = words.find((known) => known === word)
      return value === undefined ? { reject: 'value' } : { value }
    },
  }
}

export function count(min: number, max: number): Kind<number> {
  return {
    accepted: `a whole number from ${min} to ${max}`,
    unit: '',
    parse(given) {
      if (typeof given === 'number') return wholeWithin(given, given, [min, max])
      if (typeof given !== 'string') return { reject: 'type' }
      if (!/^-?\d+$/.test(given)) return { reject: 'value' }
      return wholeWithin(Number(given), Number(given), [min, max])
    },
  }
}

export function ratio(min: number, max: number): Kind<number> {
  return {
    accepted: `a share from ${min} to ${max}`,
    unit: 'Ratio',
    parse(given) {
      if (typeof given === 'number') return within(given, [min, max])
      if (typeof given !== 'string') return { reject: 'type' }
      if (/^[\d.]+\s*%$/.test(given)) return { reject: 'value', why: 'write 1 % as 0.01' }
      if (!/^-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(given)) return { reject: 'value' }
      return within(Number(given), [min, max])
    },
  }
}

export function duration(min: string, max: string): Kind<number> {
  const limits = [measured(min, MS_PER) ?? 0, measured(max, MS_PER) ?? 0] as const
  return {
    accepted: `a time from ${min} to ${max} with its unit (ms, s, m or h)`,
    acceptedAsOption: 'a number of milliseconds',
    unit: 'Ms',
    parse(given) {
      if (typeof given !== 'number' && typeof given !== 'string') return { reject: 'type' }
      const ms = typeof given === 'number' ? given : measured(given, MS_PER)
      if (ms === null) {
        return isPlainNumber(given)
          ? { reject: 'value', why: 'the unit is missing' }
          : { reject: 'value' }
      }
      const parsed = within(ms, limits, [min, max])
      // No timer keeps parts of a millisecond.
      return 'value' in parsed ? { value: Math.round(parsed.value) } : parsed
    },
  }
}

export function bytes(min: string, max: string): Kind<number> {
  const limits = [measured(min, BYTES_PER) ?? 0, measured(max, BYTES_PER) ?? 0] as const
  return {
    accepted: `a size from ${min} to ${max} in bytes or with a unit (65536, 64kb, 0.5mb)`,
    acceptedAsOption: 'a number of bytes',
    unit: 'Bytes',
    parse(given) {
      if (typeof given === 'number') return wholeWithin(given, given, limits, [min, max])
      if (typeof given !== 'string') return { reject: 'type' }
      const plain = isPlainNumber(given) ? Number(given) : null
      const size = plain ?? measured(given, BYTES_PER)
      if (size === null) return { reject: 'value' }
      return wholeWithin(plain ?? Math.round(size), size, limits, [min, max])
    },
  }
}

export function destination(): Kind<string> {
  return {
    accepted: "stdout, stderr or a file's path (%p: process id, %t: thread id)",
    unit: '',
    parse(given) {
      if (typeof given !== 'string') return { reject: 'type' }
      const word = given.toLowerCase()
      return word === 'stdout' || word === 'stderr' ? { value: word } : printable(given)
    },
  }
}

export function folder(): Kind<string> {
  return {
    accepted: "a folder's path",
    unit: '',
    parse: (given) => (typeof given === 'string' ? printable(given) : { reject: 'type' }),
  }
}

export function text(): Kind<string> {
  return {
    accepted: `text of at most ${MAX_TEXT_CHARS} characters`,
    unit: '',
    parse(given) {
      if (typeof given !== 'string') return { reject: 'type' }
      if (given.length <= MAX_TEXT_CHARS) return printable(given)
      return { reject: 'value', why: `${given.length} characters` }
    },
  }
}

export function signal(): Kind<NodeJS.Signals> {
  return {
    accepted: `one of ${SIGNALS.join(', ')}`,
    unit: '',
    parse(given) {
      if (typeof given !== 'string') return { reject: 'type' }
      const word = given.toUpperCase()
      const name = word.startsWith('SIG') ? word : `SIG${word}`
      const why = REFUSED_SIGNALS.get(name)
      if (why !== undefined) return { reject: 'value', why: `${name}: ${why}` }
      const value = SIGNALS.find((known) => known === name)
      if (value === undefined) return { reject: 'value' }
      const { constants } = require('node:os') as typeof import('node:os')
      if (!(value in constants.signals)) return { reject: 'value', why: 'this system has none' }
      return { value }
    },
  }
}

/** Text without the blanks around it; empty text counts as not given. Anything else as it is. */
export function trimOrUnset(given: unknown): unknown {
  return typeof given === 'string' ? given.trim() || undefined : given
}

/** Text that opens as a file and stays on its line: no NUL, no other control character. */
function printable(given: string): Parsed<string> {
  const broken = /\p{Cc}/u.test(given)
  return broken ? { reject: 'value', why: 'it holds a control character' } : { value: given }
}

function isPlainNumber(given: unknown): boolean {
  return typeof given === 'string' && /^-?(?:\d+(?:\.\d*)?|\.\d+)$/.test(given)
}

/** `1.5m` in the smallest of `units`; `null` where it is no number with one of them. */
function measured(text: string, units: Readonly<Record<string, number>>): number | null {
  const match = /^(-?(?:\d+(?:\.\d*)?|\.\d+))\s*([a-z]{1,2})$/i.exec(text)
  const factor = units[match?.[2]?.toLowerCase() ?? '']
  return match === null || factor === undefined ? null : Number(match[1]) * factor
}

function within(
  value: number,
  [min, max]: readonly [number, number],
  [minText, maxText]: readonly [string, string] = [String(min), String(max)],
): Parsed<number> {
  if (Number.isNaN(value)) return { reject: 'value' }
  if (value < min) return { reject: 'range', nearest: minText }
  return value > max ? { reject: 'range', nearest: maxText } : { value }
}

/** `value` where it is whole and `measuredValue`, from which it was rounded, is within limits. */
function wholeWithin(
  value: number,
  measuredValue: number,
  limits: readonly [number, number],
  texts?: readonly [string, string],
): Parsed<number> {
  const parsed = within(measuredValue, limits, texts)
  if (!('value' in parsed)) return parsed
  return Number.isInteger(value) ? { value } : { reject: 'value', why: 'not a whole number' }
}
