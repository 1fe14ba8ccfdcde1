/** Reads the settings from the environment and the options of `start()`. */
import { type ErrorCode, type ErrorFacts, errorMessage } from '../errors'
import { trimOrUnset } from './kinds'
import { nearestName } from './nearest-name'
import { type AnySetting, type Config, SETTING_ENTRIES, type StartOptions } from './settings'

const ENV_NAMES: readonly string[] = SETTING_ENTRIES.map(([, row]) => row.env)
const OPTION_NAMES: readonly string[] = SETTING_ENTRIES.map(([, row]) => row.option)

/** Something in the settings that was not used. `message` is one line, without the code. */
export interface ConfigProblem {
  readonly code: ErrorCode
  readonly message: string
}

/**
 * The settings of this process: an option wins over its variable, a variable over the default.
 * Never throws for what it is given: what cannot be used is a problem, and the default stands in.
 * Reads no file; walks the environment once.
 */
export function readConfig(
  env: NodeJS.ProcessEnv,
  options: StartOptions = {},
): { config: Config; problems: ConfigProblem[] } {
  const problems: ConfigProblem[] = []
  const given = readOptions(options, problems)
  const config: Record<string, unknown> = {}
  for (const [name, setting] of SETTING_ENTRIES) {
    const option = trimOrUnset(given[setting.option])
    const variable = trimOrUnset(env[setting.env])
    if (option !== undefined) {
      config[name] = readOption(setting, option, problems)
    } else if (variable !== undefined) {
      config[name] = readValue(setting, setting.env, setting.kind.accepted, variable, problems)
    } else {
      config[name] = defaultOf(setting)
    }
  }
  for (const name of Object.keys(env)) {
    const problem = checkVariableName(name, env)
    if (problem !== null) problems.push(problem)
  }
  // Every key of the table, and the type of the table makes those the keys of Config.
  return { config: Object.freeze(config) as unknown as Config, problems }
}

/** A problem as memprof prints it. */
export function formatProblem(problem: ConfigProblem): string {
  return `memprof: ${problem.code}: ${problem.message}`
}

function readOptions(
  options: unknown,
  problems: ConfigProblem[],
): Readonly<Record<string, unknown>> {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    problems.push(
      problemOf('ERR_MEMPROF_ARGUMENT', {
        name: 'start(options)',
        accepted: 'an object',
        given: options,
        used: 'the environment and its defaults',
      }),
    )
    return {}
  }
  for (const name of Object.keys(options)) {
    if (OPTION_NAMES.includes(name)) continue
    const nearest = nearestName(name, OPTION_NAMES)
    problems.push(
      problemOf('ERR_MEMPROF_CONFIG_UNKNOWN', {
        name: `options.${name}`,
        nearest: nearest === null ? null : `options.${nearest}`,
      }),
    )
  }
  return options as Record<string, unknown>
}

function readOption(setting: AnySetting, given: unknown, problems: ConfigProblem[]): unknown {
  if (given === null && setting.fallback === null) return null
  const { accepted, acceptedAsOption } = setting.kind
  const wanted = acceptedAsOption === undefined ? accepted : `${accepted}, or ${acceptedAsOption}`
  return readValue(setting, `options.${setting.option}`, wanted, given, problems)
}

function readValue(
  setting: AnySetting,
  name: string,
  accepted: string,
  given: unknown,
  problems: ConfigProblem[],
): unknown {
  const parsed = setting.kind.parse(given)
  if ('value' in parsed) return parsed.value
  const used = `the default (${setting.fallback ?? setting.fallbackText ?? 'unset'})`
  const facts = { name, accepted, given, used }
  if (parsed.reject === 'type') {
    problems.push(problemOf('ERR_MEMPROF_ARGUMENT', facts))
  } else if (parsed.reject === 'range') {
    problems.push(problemOf('ERR_MEMPROF_CONFIG_RANGE', { ...facts, nearest: parsed.nearest }))
  } else {
    problems.push(problemOf('ERR_MEMPROF_CONFIG_VALUE', { ...facts, why: parsed.why }))
  }
  return defaultOf(setting)
}

function defaultOf(setting: AnySetting): unknown {
  if (setting.fallback === null) return null
  const parsed = setting.kind.parse(setting.fallback)
  return 'value' in parsed ? parsed.value : null
}

function problemOf<C extends ErrorCode>(code: C, facts: ErrorFacts[C]): ConfigProblem {
  return { code, message: errorMessage(code, facts) }
}

function checkVariableName(name: string, env: NodeJS.ProcessEnv): ConfigProblem | null {
  if (!/^MEMPROF_/i.test(name) || trimOrUnset(env[name]) === undefined) return null
  // Windows finds a variable under any case; elsewhere another case is another variable.
  const known = process.platform === 'win32' ? name.toUpperCase() : name
  if (ENV_NAMES.includes(known)) return null
  return problemOf('ERR_MEMPROF_CONFIG_UNKNOWN', { name, nearest: nearestName(name, ENV_NAMES) })
}
