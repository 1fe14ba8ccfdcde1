/**
 * What a command is, and how its arguments are read.
 */
import { parseArgs } from 'node:util'
import { escapeText, MemprofError } from '../../errors'
import { nearestName } from '../../config/nearest-name'

/** Exit codes of every command. */
export const EXIT = {
  done: 0,
  /** A leak or a limit was found, where the command checks for one. */
  found: 1,
  /** Wrong use, or unreadable input. */
  wrong: 2,
} as const

export interface OptionSpec {
  readonly type: 'string' | 'boolean'
  /** One letter. */
  readonly short?: string
  /** May be given several times: its value is then a list. */
  readonly multiple?: boolean
  /** The word for the option's value in the help: `F` in `--html F`. */
  readonly placeholder?: string
  readonly meaning: string
}

/** Values by option: text, `true`, or a list where the option may be given several times. */
export type OptionValues = Readonly<Record<string, string | true | readonly string[] | undefined>>

export interface CommandArguments {
  readonly values: OptionValues
  readonly positionals: readonly string[]
}

/** A command: one module, loaded when it is called. */
export interface Command {
  /** After `memprof`: `report [file… or -] [options]`. */
  readonly usage: string
  /** What the command does, in a paragraph for its help. */
  readonly description: string
  readonly options: Readonly<Record<string, OptionSpec>>
  /** A command line, and what it is for. */
  readonly examples: ReadonlyArray<readonly [line: string, meaning: string]>
  /**
   * What follows the first word that is no option, or `--`, belongs to another program: it is handed
   * over as positionals, untouched.
   */
  readonly passesThrough?: boolean
  /** @returns the exit code */
  run(args: CommandArguments): Promise<number>
}

/**
 * Reads what follows the command's name.
 *
 * @throws MemprofError ERR_MEMPROF_USAGE for an unknown option, a missing value, one too many
 */
export function readArguments(
  name: string,
  { options, passesThrough }: Pick<Command, 'options' | 'passesThrough'>,
  given: readonly string[],
): CommandArguments {
  // What an option takes must be known to find the first word that is none.
  const config = Object.fromEntries(
    Object.entries(options).map(([option, { type, short }]) => [
      option,
      { type, multiple: true, ...(short === undefined ? {} : { short }) },
    ]),
  )
  const { tokens } = parseArgs({
    args: [...given],
    options: config,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const values: Record<string, string | true | string[]> = Object.create(null)
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'option-terminator') {
      if (!passesThrough) continue
      return { values, positionals: given.slice(token.index + 1) }
    }
    if (token.kind === 'positional') {
      if (passesThrough) return { values, positionals: given.slice(token.index) }
      positionals.push(token.value)
      continue
    }
    const spec = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (!spec) throw unknownOption(name, token.rawName, Object.keys(options))
    // `--html -x` would take the next option for a file's name.
    const missing = token.value === undefined || (!token.inlineValue && /^-./.test(token.value))
    if (spec.type === 'string' && missing) {
      throw new MemprofError('ERR_MEMPROF_USAGE', {
        problem: `${token.rawName} needs a value`,
        advice: `Write ${token.rawName} ${spec.placeholder ?? 'VALUE'}${missing && token.value !== undefined ? `, or ${token.rawName}=${token.value} if that is the value` : ''}.`,
      })
    }
    if (spec.type === 'boolean' && token.value !== undefined) {
      throw new MemprofError('ERR_MEMPROF_USAGE', {
        problem: `${token.rawName} takes no value`,
        advice: `Write ${token.rawName} alone.`,
      })
    }
    if (spec.multiple) {
      const known = values[token.name]
      values[token.name] = [...(Array.isArray(known) ? known : []), token.value ?? '']
    } else values[token.name] = token.value ?? true
  }
  return { values, positionals }
}

function unknownOption(command: string, given: string, known: readonly string[]): MemprofError {
  const nearest = nearestName(given.replace(/^-+/, ''), [...known, 'help'])
  return new MemprofError('ERR_MEMPROF_USAGE', {
    problem: `${escapeText(given)} is no option of memprof ${command}`,
    advice:
      nearest === null ? `memprof ${command} --help lists them.` : `Did you mean --${nearest}?`,
  })
}

/** An option's text; undefined where it was not given. */
export function textOf(values: OptionValues, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}

/** Whether an option without a value was given. */
export function isSet(values: OptionValues, name: string): boolean {
  return values[name] === true
}

/** All texts of an option that may be given several times. */
export function textsOf(values: OptionValues, name: string): readonly string[] {
  const value = values[name]
  return Array.isArray(value) ? (value as readonly string[]) : []
}
