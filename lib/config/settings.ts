import { readFileSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { type ErrorCode, type ErrorFacts, errorMessage } from '../errors'
import { nearestName } from './nearest-name'

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
const FORMATS = ['json', 'connect'] as const
const GC_MODES = ['off', 'request'] as const

export type Level = (typeof LEVELS)[number]
export type Format = (typeof FORMATS)[number]
export type GcMode = (typeof GC_MODES)[number]

/** What memprof runs with: the environment, the options of `start()`, and defaults for the rest. */
export interface Config {
  readonly enabled: boolean
  readonly level: Level
  readonly intervalMs: number
  /** `stdout`, `stderr` or a path, `%p` and `%t` still in it: see {@link expandDestination}. */
  readonly destination: string
  readonly format: Format
  /** Finished requests. */
  readonly ringSize: number
  readonly maxRoutes: number
  readonly gc: GcMode
  readonly leaks: boolean
  readonly leakIntervalMs: number
  /** Mean bytes between two samples; `null`: memprof chooses. */
  readonly samplingBytes: number | null
  /** Share of wall time. */
  readonly pauseBudgetRatio: number
  readonly maxPauseMs: number
  readonly holders: boolean
  readonly profileDir: string | null
  readonly signal: NodeJS.Signals | null
  /** As given; `null`: see {@link describeApp}. */
  readonly service: string | null
  /** As given; `null`: see {@link describeApp}. */
  readonly version: string | null
}

/** Options of `start()`: the variables of the environment in camelCase; each wins over its own. */
export interface StartOptions {
  enabled?: boolean | 'on' | 'off' | undefined
  level?: Level | undefined
  /** `'10s'`, or a number of milliseconds. */
  interval?: string | number | undefined
  destination?: string | undefined
  format?: Format | undefined
  ringSize?: number | undefined
  maxRoutes?: number | undefined
  gc?: GcMode | undefined
  leaks?: boolean | 'on' | 'off' | undefined
  /** `'30s'`, or a number of milliseconds. */
  leakInterval?: string | number | undefined
  /** `'64kb'`, or a number of bytes. */
  samplingBytes?: string | number | null | undefined
  pauseBudget?: number | undefined
  /** `'1s'`, or a number of milliseconds. */
  maxPause?: string | number | undefined
  holders?: boolean | 'on' | 'off' | undefined
  profileDir?: string | null | undefined
  signal?: NodeJS.Signals | null | undefined
  service?: string | null | undefined
  version?: string | null | undefined
}

/** Something in the settings that was not used. `message` is one line, without the code. */
export interface ConfigProblem {
  readonly code: ErrorCode
  readonly message: string
}

export interface AppDescription {
  readonly service: string
  readonly version: string
}

type Parsed<T> =
  | { readonly value: T }
  | { readonly reject: 'value'; readonly why?: string }
  | { readonly reject: 'range'; readonly nearest: string }
  | { readonly reject: 'type' }

/** A kind of value: how it is read, and what it accepts in words. */
interface Kind<T> {
  readonly accepted: string
  /** What an option accepts beside that, in words. */
  readonly acceptedAsOption?: string
  /** How the config's name ends: `interval` becomes `intervalMs`. */
  readonly unit: '' | 'Ms' | 'Bytes' | 'Ratio'
  /** Strings come trimmed and not empty; from the environment nothing but strings comes. */
  readonly parse: (given: unknown) => Parsed<T>
}

/** One row of the table of settings. */
export interface Setting<T> {
  readonly env: string
  readonly option: keyof StartOptions
  /** As one would write it; read like any other value. `null`: unset has a meaning of its own. */
  readonly fallback: null extends T ? null : string
  /** What memprof uses then, in words; the `fallback` itself where this is left out. */
  readonly fallbackText?: string
  /** For the docs. */
  readonly meaning: string
  readonly kind: Kind<NonNullable<T>>
}

/** A setting of whatever type. */
interface Row extends Omit<Setting<unknown>, 'fallback' | 'kind'> {
  readonly fallback: string | null
  readonly kind: Kind<unknown>
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
const MAX_TEXT_LENGTH = 256

const MS_PER: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const BYTES_PER: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2 }

/** Every setting, by its name in the config. All else is read off this table. */
export const SETTINGS: { readonly [K in keyof Config]: Setting<Config[K]> } = {
  enabled: {
    env: 'MEMPROF_ENABLED',
    option: 'enabled',
    fallback: 'true',
    meaning: '`false`: load and do nothing',
    kind: toggle('true or false (also on, off, 1, 0)'),
  },
  level: {
    env: 'MEMPROF_LEVEL',
    option: 'level',
    fallback: 'info',
    meaning: 'pino level; `debug` adds one line per request',
    kind: oneOf(LEVELS),
  },
  intervalMs: {
    env: 'MEMPROF_INTERVAL',
    option: 'interval',
    fallback: '10s',
    meaning: 'how often the ring is drained and lines are written',
    kind: duration('100ms', '1h'),
  },
  destination: {
    env: 'MEMPROF_DESTINATION',
    option: 'destination',
    fallback: 'stdout',
    meaning: 'where the lines go',
    kind: destination(),
  },
  format: {
    env: 'MEMPROF_FORMAT',
    option: 'format',
    fallback: 'json',
    meaning:
      "`json` (pino NDJSON) or `connect` (the Connect profiler's text report, one per request)",
    kind: oneOf(FORMATS),
  },
  ringSize: {
    env: 'MEMPROF_RING_SIZE',
    option: 'ringSize',
    fallback: '16384',
    meaning: 'finished requests kept',
    kind: count(64, 1_048_576),
  },
  maxRoutes: {
    env: 'MEMPROF_MAX_ROUTES',
    option: 'maxRoutes',
    fallback: '512',
    meaning: 'routes told apart; the rest share `(other)`',
    kind: count(1, 4096),
  },
  gc: {
    env: 'MEMPROF_GC',
    option: 'gc',
    fallback: 'off',
    meaning:
      "`request`: force a full GC before each of a request's two readings (never in production)",
    kind: oneOf(GC_MODES),
  },
  leaks: {
    env: 'MEMPROF_LEAKS',
    option: 'leaks',
    fallback: 'on',
    meaning: '`off`: records and timing only',
    kind: toggle('on or off (also true, false, 1, 0)'),
  },
  leakIntervalMs: {
    env: 'MEMPROF_LEAK_INTERVAL',
    option: 'leakInterval',
    fallback: '30s',
    meaning: 'how often the live heap is read',
    kind: duration('500ms', '1h'),
  },
  samplingBytes: {
    env: 'MEMPROF_SAMPLING_BYTES',
    option: 'samplingBytes',
    fallback: null,
    fallbackText: 'chosen by memprof',
    meaning: 'mean bytes between two sampled allocations',
    kind: bytes('1kb', '16mb'),
  },
  pauseBudgetRatio: {
    env: 'MEMPROF_PAUSE_BUDGET',
    option: 'pauseBudget',
    fallback: '0.01',
    meaning:
      "at most this share of wall time in memprof's own pauses; readings are spaced out to keep it",
    kind: ratio(0.0001, 0.5),
  },
  maxPauseMs: {
    env: 'MEMPROF_MAX_PAUSE',
    option: 'maxPause',
    fallback: '1s',
    meaning:
      'a live-heap reading that took longer is the last one: a warning says so, and verdicts go on ' +
      "from the process's own full GCs",
    kind: duration('1ms', '1m'),
  },
  holders: {
    env: 'MEMPROF_HOLDERS',
    option: 'holders',
    fallback: 'on',
    meaning: 'look for the variable that keeps a leak alive, once per leak',
    kind: toggle('on or off (also true, false, 1, 0)'),
  },
  profileDir: {
    env: 'MEMPROF_PROFILE_DIR',
    option: 'profileDir',
    fallback: null,
    fallbackText: 'unset',
    meaning:
      'where `.heapprofile` files go (on a leak verdict, near the heap limit, on the signal)',
    kind: folder(),
  },
  signal: {
    env: 'MEMPROF_SIGNAL',
    option: 'signal',
    fallback: null,
    fallbackText: 'unset',
    meaning: 'a signal that writes all lines and a profile at once',
    kind: signal(),
  },
  service: {
    env: 'MEMPROF_SERVICE',
    option: 'service',
    fallback: null,
    fallbackText: "OTEL_SERVICE_NAME, else the app's package.json name",
    meaning: '`service` in every line',
    kind: label(),
  },
  version: {
    env: 'MEMPROF_VERSION',
    option: 'version',
    fallback: null,
    fallbackText: "npm_package_version, else the app's package.json version",
    meaning: '`version` in every line',
    kind: label(),
  },
}

const ROWS: readonly [string, Row][] = Object.entries<Row>(SETTINGS)
const ENV_NAMES: readonly string[] = ROWS.map(([, row]) => row.env)
const OPTION_NAMES: readonly string[] = ROWS.map(([, row]) => row.option)

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
  for (const [name, setting] of ROWS) {
    const option = clean(given[setting.option])
    const variable = clean(env[setting.env])
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

/** The path, with this process's and thread's ids in it; the same text for `stdout` and `stderr`. */
export function expandDestination(destination: string, pid: number, threadId: number): string {
  return destination.replace(/%[pt]/g, (field) => String(field === '%p' ? pid : threadId))
}

/** The table of settings in Markdown, for README and docs. */
export function settingsTable(): string {
  const lines = ['| variable | default | accepted | meaning |', '| --- | --- | --- | --- |']
  for (const [, { env, fallback, fallbackText, kind, meaning }] of ROWS) {
    const unset = fallback === null ? (fallbackText ?? 'unset') : `\`${fallback}\``
    lines.push(`| \`${env}\` | ${unset} | ${kind.accepted} | ${meaning} |`)
  }
  return lines.join('\n')
}

/**
 * Where the app starts: its main script, or the working directory where it has none (`node -e`,
 * standard input). `null` where the working directory is gone.
 */
export function mainPath(argv: readonly string[] = process.argv): string | null {
  try {
    return argv[1] === undefined ? process.cwd() : path.resolve(argv[1])
  } catch {
    return null
  }
}

/**
 * What the app calls itself, for those of `given` that are `null`. May read files, so it waits
 * until a server listens: most processes that load memprof never get there.
 *
 * @param main - the main script or the folder it is in: {@link mainPath}
 */
export function describeApp(
  env: NodeJS.ProcessEnv,
  main: string | null,
  given: Pick<Config, 'service' | 'version'> = { service: null, version: null },
): AppDescription {
  const service = given.service ?? asLabel(env.OTEL_SERVICE_NAME)
  const version = given.version ?? asLabel(env.npm_package_version)
  if (service !== null && version !== null) return { service, version }
  const found = main === null ? null : findPackage(main)
  return {
    // The name OpenTelemetry prescribes for a service without one.
    service: service ?? found?.name ?? 'unknown_service:node',
    version: version ?? found?.version ?? 'unknown',
  }
}

function readOptions(
  options: unknown,
  problems: ConfigProblem[],
): Readonly<Record<string, unknown>> {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    problems.push(
      problem('ERR_MEMPROF_ARGUMENT', {
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
      problem('ERR_MEMPROF_CONFIG_UNKNOWN', {
        name: `options.${name}`,
        nearest: nearest === null ? null : `options.${nearest}`,
      }),
    )
  }
  return options as Record<string, unknown>
}

function readOption(setting: Row, given: unknown, problems: ConfigProblem[]): unknown {
  if (given === null && setting.fallback === null) return null
  const { accepted, acceptedAsOption } = setting.kind
  const wanted = acceptedAsOption === undefined ? accepted : `${accepted}, or ${acceptedAsOption}`
  return readValue(setting, `options.${setting.option}`, wanted, given, problems)
}

function readValue(
  setting: Row,
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
    problems.push(problem('ERR_MEMPROF_ARGUMENT', facts))
  } else if (parsed.reject === 'range') {
    problems.push(problem('ERR_MEMPROF_CONFIG_RANGE', { ...facts, nearest: parsed.nearest }))
  } else {
    problems.push(problem('ERR_MEMPROF_CONFIG_VALUE', { ...facts, why: parsed.why }))
  }
  return defaultOf(setting)
}

function defaultOf(setting: Row): unknown {
  if (setting.fallback === null) return null
  const parsed = setting.kind.parse(setting.fallback)
  return 'value' in parsed ? parsed.value : null
}

function problem<C extends ErrorCode>(code: C, facts: ErrorFacts[C]): ConfigProblem {
  return { code, message: errorMessage(code, facts) }
}

function checkVariableName(name: string, env: NodeJS.ProcessEnv): ConfigProblem | null {
  if (!/^MEMPROF_/i.test(name) || clean(env[name]) === undefined) return null
  // Windows finds a variable under any case; elsewhere another case is another variable.
  const known = process.platform === 'win32' ? name.toUpperCase() : name
  if (ENV_NAMES.includes(known)) return null
  return problem('ERR_MEMPROF_CONFIG_UNKNOWN', { name, nearest: nearestName(name, ENV_NAMES) })
}

/** Strings trimmed; an empty one is an unset one. */
function clean(given: unknown): unknown {
  return typeof given === 'string' ? given.trim() || undefined : given
}

function toggle(accepted: string): Kind<boolean> {
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

function oneOf<W extends string>(words: readonly W[]): Kind<W> {
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

function count(min: number, max: number): Kind<number> {
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

function ratio(min: number, max: number): Kind<number> {
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

function duration(min: string, max: string): Kind<number> {
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

function bytes(min: string, max: string): Kind<number> {
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

function destination(): Kind<string> {
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

function folder(): Kind<string> {
  return {
    accepted: "a folder's path",
    unit: '',
    parse: (given) => (typeof given === 'string' ? printable(given) : { reject: 'type' }),
  }
}

function label(): Kind<string> {
  return {
    accepted: `text of at most ${MAX_TEXT_LENGTH} characters`,
    unit: '',
    parse(given) {
      if (typeof given !== 'string') return { reject: 'type' }
      if (given.length <= MAX_TEXT_LENGTH) return printable(given)
      return { reject: 'value', why: `${given.length} characters` }
    },
  }
}

function signal(): Kind<NodeJS.Signals> {
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

/** Text that opens as a file and stays on its line: no NUL, no other control character. */
function printable(text: string): Parsed<string> {
  const broken = /\p{Cc}/u.test(text)
  return broken ? { reject: 'value', why: 'it holds a control character' } : { value: text }
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

/** Someone else's name for the app, where it would be accepted as a setting. */
function asLabel(given: unknown): string | null {
  const text = clean(given)
  if (text === undefined) return null
  const parsed = label().parse(text)
  return 'value' in parsed ? parsed.value : null
}

interface PackageIdentity {
  readonly name: string | null
  readonly version: string | null
}

/** Folders looked through on the way up, and bytes read of one package.json. */
const MAX_LEVELS = 32
const MAX_PACKAGE_BYTES = 1024 ** 2

/**
 * The app's package.json: the nearest with a name or a version, at or above `main`. A main
 * script inside node_modules is a runner (`next start`), and the app is the project around it,
 * where there is one. A link, as a global command has, counts by its own place before its target's.
 */
function findPackage(main: string): PackageIdentity | null {
  const runner = main.indexOf(`${path.sep}node_modules${path.sep}`)
  const around = runner === -1 ? null : searchUpwards(main.slice(0, runner) || path.sep)
  if (around !== null) return around
  const here = searchUpwards(main)
  if (here !== null) return here
  try {
    const target = realpathSync(main)
    return target === main ? null : searchUpwards(target)
  } catch {
    return null
  }
}

function searchUpwards(from: string): PackageIdentity | null {
  let place = from
  for (let level = 0; level < MAX_LEVELS; level += 1) {
    // Where `place` is the script itself, there is nothing below it to find.
    const identity = readPackage(path.join(place, 'package.json'))
    if (identity !== null) return identity
    const parent = path.dirname(place)
    if (parent === place) return null
    place = parent
  }
  return null
}

/** `null` for what is missing, unreadable, too large, not JSON, or names neither. */
function readPackage(file: string): PackageIdentity | null {
  try {
    const stat = statSync(file, { throwIfNoEntry: false })
    // A pipe or a device of that name would never end.
    if (stat === undefined || !stat.isFile() || stat.size > MAX_PACKAGE_BYTES) return null
    const content: unknown = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''))
    if (typeof content !== 'object' || content === null) return null
    const { name, version } = content as { name?: unknown; version?: unknown }
    const identity = { name: asLabel(name), version: asLabel(version) }
    return identity.name === null && identity.version === null ? null : identity
  } catch {
    return null
  }
}
