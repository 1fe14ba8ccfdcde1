/**
 * Every error of memprof: its code, what its message needs to know, and the message. docs/errors.md
 * quotes each message and says what to do; a test keeps the two equal.
 */

/** What each message needs to know. `given` is raw: the message shortens and escapes it. */
export interface ErrorFacts {
  /** A setting's value is none of what it accepts, or cannot be read as such. */
  ERR_MEMPROF_CONFIG_VALUE: {
    name: string
    accepted: string
    given: unknown
    why?: string | undefined
    used: string
  }
  /** A setting's value reads well and lies outside its range. `nearest` is the limit it passed. */
  ERR_MEMPROF_CONFIG_RANGE: {
    name: string
    accepted: string
    given: unknown
    nearest: string
    used: string
  }
  /** A `MEMPROF_*` variable, or a key of the options, that memprof does not have. */
  ERR_MEMPROF_CONFIG_UNKNOWN: { name: string; nearest: string | null }
  /** The log or a profile cannot be written. `reason` is the system's, `instead` a clause. */
  ERR_MEMPROF_DESTINATION: { destination: string; reason: string; instead: string }
  /** An argument of the API has the wrong type. `used` where the call goes on with a default. */
  ERR_MEMPROF_ARGUMENT: {
    name: string
    accepted: string
    given: unknown
    used?: string | undefined
  }
  /** A command was called in a way it does not know. Both are clauses; `advice` says what to do. */
  ERR_MEMPROF_USAGE: { problem: string; advice: string }
  /** An app that memprof started for a check did not do what it was started for. `got` is a clause. */
  ERR_MEMPROF_APP: { got: string }
  /** A log cannot be read. `reason` is the system's. */
  ERR_MEMPROF_INPUT: { file: string; reason: string }
}

export type ErrorCode = keyof ErrorFacts

/** Every code of memprof and its message: what was expected, what came, what to do. One line. */
export const ERRORS: { readonly [C in ErrorCode]: (facts: ErrorFacts[C]) => string } = {
  ERR_MEMPROF_CONFIG_VALUE: ({ name, accepted, given, why, used }) =>
    `${name} must be ${accepted}, got ${showValue(given)}${why === undefined ? '' : ` (${why})`}. ` +
    `Correct or unset it; until then memprof uses ${used}.`,
  ERR_MEMPROF_CONFIG_RANGE: ({ name, accepted, given, nearest, used }) =>
    `${name} must be ${accepted}, got ${showValue(given)}. ` +
    `Try ${nearest}; until then memprof uses ${used}.`,
  ERR_MEMPROF_CONFIG_UNKNOWN: ({ name, nearest }) =>
    `${escapeText(name)} is no setting of memprof and is ignored. ` +
    (nearest === null ? 'docs/settings.md lists all settings.' : `Did you mean ${nearest}?`),
  ERR_MEMPROF_DESTINATION: ({ destination, reason, instead }) =>
    `memprof must be able to write to ${showValue(destination)}, got ${escapeText(reason, 200)}. ` +
    `Create its folder, allow writing there or name another; until then ${instead}.`,
  ERR_MEMPROF_ARGUMENT: ({ name, accepted, given, used }) =>
    `${escapeText(name)} must be ${accepted}, got ${showTyped(given)}. ` +
    (used === undefined ? 'Pass one.' : `Pass one; until then memprof uses ${used}.`),
  ERR_MEMPROF_USAGE: ({ problem, advice }) =>
    `${escapeText(problem, 300)}. ${escapeText(advice, 300)}`,
  ERR_MEMPROF_APP: ({ got }) =>
    `the app must listen as an HTTP server and answer until it is told to end, but ` +
    `${escapeText(got, 300)}. What it wrote to stderr may say why; or start it without memprof.`,
  ERR_MEMPROF_INPUT: ({ file, reason }) =>
    `${showValue(file)} must be a log that can be read, got: ${escapeText(reason, 200)}. ` +
    "Name a file with memprof's lines, or - for standard input.",
}

/** An error with a code of {@link ERRORS}; thrown to callers of the API, never into the app. */
export class MemprofError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C

  constructor(code: C, facts: ErrorFacts[C], options?: { cause?: unknown }) {
    super(errorMessage(code, facts), options)
    this.name = 'MemprofError'
    this.code = code
  }
}

/** The message of one code, for those who report instead of throwing. */
export function errorMessage<C extends ErrorCode>(code: C, facts: ErrorFacts[C]): string {
  return ERRORS[code](facts)
}

/**
 * A value as it may stand in a message: strings quoted, at most 64 characters of them, nothing in
 * it that could break the line or drive a terminal; objects by their type alone, since their
 * contents may be secret and their `toString` is someone else's code.
 */
export function showValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `"${escapeText(value)}"`
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value)
    case 'bigint':
      return escapeText(`${value}n`)
    default:
      return value === null ? 'null' : typeName(value)
  }
}

/** `text` cut to `maxLength` characters, control and invisible ones written as escapes. */
export function escapeText(text: string, maxLength = 64): string {
  // Cut by code units first: spreading a value of megabytes into characters would take long.
  const characters = Array.from(text.slice(0, 2 * maxLength + 2))
  const escaped = characters
    .slice(0, maxLength)
    .join('')
    .replace(
      /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
      (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
    )
  return characters.length > maxLength ? `${escaped}…` : escaped
}

/** A value whose type is what is wrong with it: `a string, "10"`, `a boolean, true`, `an object`. */
function showTyped(value: unknown): string {
  const shown = showValue(value)
  const type = typeName(value)
  return value === undefined || shown === type ? shown : `${type}, ${shown}`
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/**
 * Checks an argument of the API by `typeof`.
 *
 * @throws MemprofError ERR_MEMPROF_ARGUMENT
 */
export function expectType(
  name: string,
  type: 'boolean' | 'function' | 'string',
  given: unknown,
): void {
  if (typeof given === type) return
  throw new MemprofError('ERR_MEMPROF_ARGUMENT', { name, accepted: `a ${type}`, given })
}
