/**
 * What the app calls itself in every line: as it was told to, as OpenTelemetry or npm know it, as its
 * package.json says, or as its script is called.
 */
import { readFileSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { text, trimOrUnset } from './kinds'
import type { Config } from './settings'

export interface AppDescription {
  readonly service: string
  readonly version: string
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
  const service = given.service ?? asSettingText(env.OTEL_SERVICE_NAME)
  const version = given.version ?? asSettingText(env.npm_package_version)
  if (service !== null && version !== null) return { service, version }
  const found = main === null ? null : findPackage(main)
  return {
    service: service ?? found?.name ?? scriptName(main) ?? UNKNOWN_SERVICE,
    version: version ?? found?.version ?? 'unknown',
  }
}

/** The name OpenTelemetry prescribes for a service without one. */
const UNKNOWN_SERVICE = 'unknown_service:node'

/** `server` of `/srv/server.js`; of the working directory its own name. */
function scriptName(main: string | null): string | null {
  return main === null ? null : asSettingText(path.parse(main).name)
}

/** Someone else's name for the app, where it would be accepted as a setting. */
function asSettingText(given: unknown): string | null {
  const name = trimOrUnset(given)
  if (name === undefined) return null
  const parsed = text().parse(name)
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
  let folder = from
  for (let level = 0; level < MAX_LEVELS; level += 1) {
    // The first is the script itself where there is one: no package.json is below that.
    const identity = readPackage(path.join(folder, 'package.json'))
    if (identity !== null) return identity
    const parent = path.dirname(folder)
    if (parent === folder) return null
    folder = parent
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
    const identity = { name: asSettingText(name), version: asSettingText(version) }
    return identity.name === null && identity.version === null ? null : identity
  } catch {
    return null
  }
}
