import path from 'node:path'
import { REGISTER, ROOT } from '../../test/support/files'
import { PEER_MODULES } from './peers'

/** One way to run an app. */
export interface Variant {
  readonly name: string
  /** What is loaded before the app. */
  readonly preload: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

export const NONE = 'none'
export const NONE_AGAIN = 'none again'
export const DEFAULTS = 'defaults'
export const LEAKS_OFF = 'leaks off'
export const DISABLED = 'disabled'

const PEERS = path.join(ROOT, 'benchmarks', 'overhead', 'peers')

function plain(name: string): Variant {
  return { name, preload: [], env: { NODE_PATH: PEER_MODULES } }
}

function memprof(name: string, env: Record<string, string>): Variant {
  return { name, preload: ['-r', REGISTER], env: { NODE_PATH: PEER_MODULES, ...env } }
}

function agent(name: string, file: string, env: Record<string, string> = {}): Variant {
  const preload = ['-r', path.join(PEERS, file)]
  return { name, preload, env: { NODE_PATH: PEER_MODULES, ...env } }
}

function middleware(name: string, file: string): Variant {
  const env = { NODE_PATH: PEER_MODULES, OUTERMOST: path.join(PEERS, file) }
  return { name, preload: [], env }
}

/** memprof and nothing, in the order of the tables. */
export const ownVariants: readonly Variant[] = [
  plain(NONE),
  // The same once more: what differs here is noise.
  plain(NONE_AGAIN),
  memprof(DISABLED, { MEMPROF_ENABLED: 'false' }),
  memprof(LEAKS_OFF, { MEMPROF_LEAKS: 'off' }),
  memprof(DEFAULTS, {}),
]

/** @param folder - where debug lines go */
export function allVariants(folder: string): readonly Variant[] {
  return [
    ...ownVariants,
    memprof('debug lines', {
      MEMPROF_LEVEL: 'debug',
      MEMPROF_DESTINATION: `${folder}/debug-%p.ndjson`,
    }),
    middleware("Connect's profiler", 'connect-profiler.cjs'),
    middleware('pino-http', 'pino-http.cjs'),
    middleware('express-prom-bundle', 'prom-bundle.cjs'),
    agent('OpenTelemetry', 'opentelemetry.cjs', { OTEL_LOG_LEVEL: 'NONE' }),
    agent('Elastic APM', 'elastic-apm.cjs'),
    agent('dd-trace', 'dd-trace.cjs', { DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false' }),
  ]
}
