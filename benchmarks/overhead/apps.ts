/** What is measured: the servers, and how many requests make a run of a few seconds. */
export interface BenchmarkApp {
  readonly name: string
  readonly file: string
  readonly path: string
  readonly env: Readonly<Record<string, string>>
  /** Counted per run. */
  readonly requests: number
}

function app(name: string, file: string, requests: number, env = {}): BenchmarkApp {
  return { name, file: `benchmarks/overhead/apps/${file}`, path: '/items/7', env, requests }
}

export const BARE: BenchmarkApp = app('bare http', 'bare-http.cjs', 60_000)
export const EXPRESS: BenchmarkApp = app('Express 5, five middlewares', 'express.cjs', 16_000)

/** Beside all peers. */
export const mainApps: readonly BenchmarkApp[] = [BARE, EXPRESS]

export const LARGE_HEAP: BenchmarkApp = app(
  'Express 5, a live heap of 500 MB',
  'express.cjs',
  10_000,
  {
    LIVE_HEAP_MB: '500',
  },
)

/** Beside nothing but memprof. */
export const otherApps: readonly BenchmarkApp[] = [
  app('Connect, five layers', 'connect.cjs', 40_000),
  app('Express 4, five middlewares', 'express.cjs', 16_000, { EXPRESS: 'express4' }),
  app('Fastify, four hooks', 'fastify.cjs', 40_000),
  app('Koa, four middlewares', 'koa.cjs', 30_000),
  app('Express 5, 20 middlewares', 'express.cjs', 12_000, { MIDDLEWARES: '20' }),
  app('Express 5, 1,000 routes', 'express.cjs', 8000, { ROUTES: '1000' }),
  app('Express 5, a handler that allocates 1 MB', 'express.cjs', 1500, { HANDLER: 'heavy' }),
  LARGE_HEAP,
]
