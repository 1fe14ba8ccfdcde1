/**
 * The table of settings: the variable, the option, the default, what is accepted and what it means.
 * Whoever adds a setting adds a row here, and its type to {@link Config} and {@link StartOptions}.
 */
import {
  bytes,
  count,
  destination,
  duration,
  folder,
  type Kind,
  oneOf,
  ratio,
  signal,
  text,
  toggle,
} from './kinds'

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
const FORMATS = ['json', 'connect'] as const
const WAKES = ['listen', 'always'] as const
const GC_MODES = ['off', 'request'] as const

export type Level = (typeof LEVELS)[number]
export type Format = (typeof FORMATS)[number]
export type Wake = (typeof WAKES)[number]
export type GcMode = (typeof GC_MODES)[number]

/** What memprof runs with: the environment, the options of `start()`, and defaults for the rest. */
export interface Config {
  readonly enabled: boolean
  readonly wake: Wake
  readonly level: Level
  readonly intervalMs: number
  /** `stdout`, `stderr` or a path, `%p` and `%t` still in it: lib/emit/destination.ts puts the ids there. */
  readonly destination: string
  readonly format: Format
  /** Finished requests that the ring keeps. */
  readonly ringSize: number
  readonly maxRoutes: number
  readonly gc: GcMode
  readonly leaks: boolean
  readonly leakIntervalMs: number
  /** Mean bytes between two samples; `null`: memprof chooses. */
  readonly samplingBytes: number | null
  /** Share of wall time that memprof's own pauses may take. */
  readonly pauseBudgetRatio: number
  readonly maxPauseMs: number
  readonly holders: boolean
  readonly trace: boolean
  readonly profileDir: string | null
  readonly signal: NodeJS.Signals | null
  /** The name the app was given; `null`: app-identity.ts finds one. */
  readonly service: string | null
  /** The version the app was given; `null`: app-identity.ts finds one. */
  readonly version: string | null
}

/** Options of `start()`: the variables of the environment in camelCase; each wins over its own. */
export interface StartOptions {
  enabled?: boolean | 'on' | 'off' | undefined
  wake?: Wake | undefined
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
  trace?: boolean | 'on' | 'off' | undefined
  profileDir?: string | null | undefined
  signal?: NodeJS.Signals | null | undefined
  service?: string | null | undefined
  version?: string | null | undefined
}

/** One row of the table of settings. */
export interface Setting<T> {
  readonly env: string
  readonly option: keyof StartOptions
  /** The default as a user would write it, read like any value. `null`: unset has a meaning of its own. */
  readonly fallback: null extends T ? null : string
  /** What memprof uses where nothing is set, in words; left out where that is the `fallback` itself. */
  readonly fallbackText?: string
  /** What the setting does, for the README's table. */
  readonly meaning: string
  readonly kind: Kind<NonNullable<T>>
}

/** A setting of whatever type. */
export interface AnySetting extends Omit<Setting<unknown>, 'fallback' | 'kind'> {
  readonly fallback: string | null
  readonly kind: Kind<unknown>
}

/** Every setting, by its name in the config. All else is read off this table. */
export const SETTINGS: { readonly [K in keyof Config]: Setting<Config[K]> } = {
  enabled: {
    env: 'MEMPROF_ENABLED',
    option: 'enabled',
    fallback: 'true',
    meaning: '`false`: load and do nothing',
    kind: toggle('true or false (also on, off, 1, 0)'),
  },
  wake: {
    env: 'MEMPROF_WAKE',
    option: 'wake',
    fallback: 'listen',
    meaning:
      'when memprof wakes: `listen` at the first server or other unit of work, `always` in any process that is 10 s old',
    kind: oneOf(WAKES),
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
  trace: {
    env: 'MEMPROF_TRACE',
    option: 'trace',
    fallback: 'on',
    meaning:
      'breakpoints that never pause, for some seconds, where the payer or the lines of a leak are not known',
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
    fallbackText: "OTEL_SERVICE_NAME, else the app's package.json name, else its script's",
    meaning: '`service` in every line',
    kind: text(),
  },
  version: {
    env: 'MEMPROF_VERSION',
    option: 'version',
    fallback: null,
    fallbackText: "npm_package_version, else the app's package.json version",
    meaning: '`version` in every line',
    kind: text(),
  },
}

/** The rows of the table with their names, for code that treats all of them alike. */
export const SETTING_ENTRIES: ReadonlyArray<[string, AnySetting]> =
  Object.entries<AnySetting>(SETTINGS)

/** The table of settings in Markdown, for README and docs. */
export function settingsTable(): string {
  const lines = ['| variable | default | accepted | meaning |', '| --- | --- | --- | --- |']
  for (const [, { env, fallback, fallbackText, kind, meaning }] of SETTING_ENTRIES) {
    const unset = fallback === null ? (fallbackText ?? 'unset') : `\`${fallback}\``
    lines.push(`| \`${env}\` | ${unset} | ${kind.accepted} | ${meaning} |`)
  }
  return lines.join('\n')
}
