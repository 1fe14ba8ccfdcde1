import { preload } from '../support/places'

/** One way to run an app. */
export interface Variant {
  readonly name: string
  readonly nodeArguments: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

export const NONE = 'none'

/** @param folder - where debug lines go */
export function variants(folder: string): readonly Variant[] {
  const under = (name: string, env: Record<string, string>): Variant => ({
    name,
    nodeArguments: ['-r', preload],
    env,
  })
  return [
    { name: NONE, nodeArguments: [], env: {} },
    // The same once more: what differs here is noise.
    { name: 'none again', nodeArguments: [], env: {} },
    under('disabled', { MEMPROF_ENABLED: 'false' }),
    under('leaks off', { MEMPROF_LEAKS: 'off' }),
    under('defaults', {}),
    under('debug lines', {
      MEMPROF_LEVEL: 'debug',
      MEMPROF_DESTINATION: `${folder}/debug-%p.ndjson`,
    }),
  ]
}

export interface BenchmarkApp {
  readonly name: string
  readonly file: string
  readonly path: string
  /** Counted per run; chosen for a few seconds each. */
  readonly requests: number
}

const APPS = 'benchmarks/request-cost/apps'

export const apps: readonly BenchmarkApp[] = [
  { name: 'bare http', file: `${APPS}/bare-http.cjs`, path: '/items/7', requests: 60_000 },
  {
    name: 'Express 5, five middlewares',
    file: `${APPS}/express5.cjs`,
    path: '/items/7',
    requests: 25_000,
  },
  { name: 'Connect, five layers', file: `${APPS}/connect.cjs`, path: '/items/7', requests: 40_000 },
]
