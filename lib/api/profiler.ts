/**
 * `connect.profiler()` as it was, with the faults it had mended: the end of an aborted request is
 * seen too, and the query is not printed.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { performance } from '../clock'
import { expectType } from '../errors'
import { connectReport } from '../emit/connect-report'
import { forceFullGc } from '../record/gc'
import { emptyReading, openMemoryReader } from '../record/reading'
import { pathOf } from '../record/paths'

export interface ProfilerOptions {
  /** Forces a major GC before each of the two readings; never in production. */
  gc?: boolean
  /** Where each report goes; stdout by default. */
  write?: (report: string) => void
}

type Middleware = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void

/**
 * Connect or Express middleware that prints memory and time of each request. Use it above all others.
 *
 * @throws MemprofError ERR_MEMPROF_ARGUMENT when an option has the wrong type
 */
export function profiler(options: ProfilerOptions = {}): Middleware {
  const { gc = false, write = (report: string) => process.stdout.write(report) } = options
  expectType('profiler({ gc })', 'boolean', gc)
  expectType('profiler({ write })', 'function', write)
  const reader = openMemoryReader()

  return function profile(req, res, next) {
    const before = emptyReading()
    const after = emptyReading()
    // As the client asked: a mount or a rewrite changes `url` on the way.
    const { originalUrl } = req as { originalUrl?: string }
    const path = pathOf(originalUrl ?? req.url ?? '')
    if (gc) forceFullGc()
    reader.read(before)
    const startedMs = performance.now()
    res.once('close', () => {
      const durationMs = performance.now() - startedMs
      if (gc) forceFullGc()
      reader.read(after)
      write(connectReport(req.method ?? '', path, durationMs, before, after))
    })
    next()
  }
}
