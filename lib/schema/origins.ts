/** Where the value of a field comes from: the last table of docs/schema.md. */
export const ORIGINS = {
  pino: 'written by pino for every line',
  memprof: 'memprof itself',
  settings: 'a setting of memprof, or what stands in for it',
  app: 'given by the app',
  http: 'the HTTP message, as Node parsed it; never a query string, a header or a body',
  router:
    'the pattern under which the framework’s router found the handler; else the normalised path',
  counted: 'counted by memprof',
  clock: '`performance.now()`',
  statm: '`/proc/self/statm`; without it `process.memoryUsage.rss()`, and no `vsize`',
  v8: '`v8.getHeapStatistics()`',
  memoryUsage: '`process.memoryUsage()`',
  gc: 'GCs as Node’s `PerformanceObserver` reports them',
  loop: '`performance.eventLoopUtilization()` and `monitorEventLoopDelay()`',
  units: 'the library that runs the work, or the app’s call of `unit()`',
  layers: 'the framework’s middleware and handlers, timed one by one',
  reading: 'the live heap right after a major GC',
  sampler: 'V8’s sampling heap profiler, through the inspector',
  verdict: 'the readings and the counts, as in [method.md](method.md)',
  trace: 'a trace of the live process, as in [method.md](method.md)',
  registry: '`FinalizationRegistry`: finished requests that are still alive',
  search: 'the search for what keeps a leak, as in [holders.md](holders.md)',
} as const
export type Origin = keyof typeof ORIGINS
