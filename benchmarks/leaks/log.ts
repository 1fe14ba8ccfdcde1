import { readFileSync } from 'node:fs'

/** A `leak` line, as far as it is judged. Read defensively: what is judged here may be half-built. */
export interface LeakLine {
  readonly time: number
  readonly scope: string
  readonly kind: string
  readonly method: string | undefined
  readonly route: string | undefined
  readonly bytesPerRequest: number | undefined
  readonly bytesPerSecond: number | undefined
  readonly outcome: string | undefined
  readonly ci95: readonly [number, number] | undefined
  readonly sites: readonly LoggedSite[]
  readonly holders: readonly LoggedHolder[]
}

export interface LoggedSite {
  readonly function?: string
  readonly file?: string
  readonly package?: string
  readonly line?: number
  readonly lineExact?: boolean
  readonly bytes?: number
  readonly stack?: readonly unknown[]
}

export interface LoggedHolder {
  readonly path?: string
  readonly kind?: string
  readonly addedAt?: { readonly file?: string; readonly line?: number }
}

/** An entry of the `stop` line's `verdicts`. */
export interface FinalVerdict {
  readonly method: string | undefined
  readonly route: string
  readonly verdict: string
  /** What would have been seen, bytes per request. */
  readonly floor: number | undefined
}

/** A `route` line; the verdict is '' before there is one. */
export interface RouteVerdict extends FinalVerdict {
  readonly time: number
  /** Ended in its interval: answered, of those with 5xx, and given up. */
  readonly requests: number
  readonly failed: number
  readonly aborted: number
}

/** The books of a `process` line. */
export interface LoggedGrowth {
  readonly time: number
  /** Of the observation. */
  readonly seconds: number
  readonly toldBytes: number
  readonly openBytes: number
  /** Of `openBytes`. */
  readonly ci95: readonly [number, number]
}

export interface MemprofLog {
  readonly leaks: readonly LeakLine[]
  readonly routes: readonly RouteVerdict[]
  /** The last. */
  readonly growth: LoggedGrowth | undefined
  /** undefined: no `stop` line. */
  readonly verdicts: readonly FinalVerdict[] | undefined
  readonly warnings: readonly string[]
  readonly hooked: boolean
}

type Fields = Record<string, unknown>

/** Lines of the profiled process's log; what is not memprof's is passed over. */
export function readLog(file: string): MemprofLog {
  const leaks: LeakLine[] = []
  const routes: RouteVerdict[] = []
  const warnings: string[] = []
  let growth: LoggedGrowth | undefined
  let verdicts: FinalVerdict[] | undefined
  let hooked = false
  for (const text of readText(file).split('\n')) {
    const line = parse(text)
    if (line?.['name'] !== 'memprof') continue
    if (line['event'] === 'leak') leaks.push(toLeakLine(line))
    else if (line['event'] === 'route') {
      const requests = number(line['requests']) ?? 0
      const [failed, aborted] = [number(line['errors']) ?? 0, number(line['aborted']) ?? 0]
      const time = number(line['time']) ?? Number.NaN
      routes.push({ time, requests, failed, aborted, ...toVerdict(line) })
    } else if (line['event'] === 'process' && line['threadId'] === undefined) {
      growth = toGrowth(line) ?? growth
    } else if (line['event'] === 'warning') {
      warnings.push(`${string(line['code']) ?? ''} ${string(line['msg']) ?? ''}`.trim())
    } else if (line['event'] === 'start') hooked = true
    else if (line['event'] === 'stop' && line['threadId'] === undefined) {
      // The threads of an app end with lines of their own, and serve none of its routes.
      verdicts = array<Fields>(line['verdicts']).map(toVerdict)
    }
  }
  return { leaks, routes, growth, verdicts, warnings, hooked }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

function parse(text: string): Fields | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    return JSON.parse(text) as Fields
  } catch {
    return undefined
  }
}

/** A route; or another unit of work, whose kind stands for the method. */
function toName({ method, route, unit }: Fields): Pick<LeakLine, 'method' | 'route'> {
  const { kind, name } = (unit ?? {}) as Fields
  return { method: string(kind ?? method), route: string(name ?? route) }
}

function toVerdict(fields: Fields): FinalVerdict {
  const { method, route = '' } = toName(fields)
  return {
    method,
    route,
    verdict: string(fields['verdict']) ?? '',
    floor: number(fields['floorBytesPerRequest']),
  }
}

function toGrowth({ time, growth }: Fields): LoggedGrowth | undefined {
  if (typeof growth !== 'object' || growth === null) return undefined
  return { ...(growth as Omit<LoggedGrowth, 'time'>), time: number(time) ?? Number.NaN }
}

function toLeakLine(line: Fields): LeakLine {
  const ci95 = array<number>(line['ci95'])
  return {
    time: number(line['time']) ?? Number.NaN,
    scope: string(line['scope']) ?? '',
    kind: string(line['kind']) ?? '',
    ...toName(line),
    bytesPerRequest: number(line['bytesPerRequest']),
    bytesPerSecond: number(line['bytesPerSecond']),
    outcome: string(line['outcome']),
    ci95: ci95.length === 2 ? [ci95[0]!, ci95[1]!] : undefined,
    sites: array<LoggedSite>(line['sites']),
    holders: array<LoggedHolder>(line['holders']),
  }
}

function string(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

function array<T>(value: unknown): T[] {
  return Array.isArray(value) ? (value as T[]) : []
}
