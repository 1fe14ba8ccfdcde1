/** Lines as a person watches them go by. Pure: everything here returns text. */
import type { Interval, LeakLine, Line, RouteVerdict } from '../../lib/schema/lines'
import { type Findings, routeName } from './findings'
import type { Truth } from './truth'

export type LoggedLine = Line & { readonly time: number; readonly msg: string }

const ORDER: ReadonlyArray<RouteVerdict['verdict']> = [
  'leaking',
  'plateaued',
  'steady',
  'insufficient-data',
]
const INDENT = ' '.repeat(11)

/** memprof's own line of NDJSON; null for what the shop prints. */
export function parseLine(text: string): LoggedLine | null {
  if (!text.startsWith('{')) return null
  try {
    const line = JSON.parse(text) as LoggedLine & { name?: unknown }
    return line.name === 'memprof' ? line : null
  } catch {
    return null
  }
}

/** `  4.2 s  route    GET /search: …`, cut to `width`; a leak in full, with what its line carries. */
export function showLine(line: LoggedLine, elapsedMs: number, width: number): string {
  const time = `${(elapsedMs / 1000).toFixed(1).padStart(5)} s`
  const text = `${time}  ${line.event.padEnd(8)} ${line.msg}`
  if (line.event === 'leak') return [text, ...leakDetails(line, INDENT)].join('\n')
  return text.length > width ? `${text.slice(0, width - 1)}…` : text
}

function leakDetails(leak: LeakLine, indent: string): string[] {
  const origin = leakOrigin(leak, indent)
  if (leak.bytesPerRequest === undefined) return origin
  const figure = `${formatCount(leak.bytesPerRequest)} bytes per request${interval(leak.ci95)}`
  return [indent + figure, ...origin]
}

/** How it was attributed, where it was allocated, what holds it. */
function leakOrigin(leak: LeakLine, indent: string): string[] {
  const details: string[] = []
  if (leak.attribution !== undefined) details.push(`attributed: ${leak.attribution}`)
  for (const site of leak.sites.slice(0, 3)) {
    details.push(
      `allocated in ${site.function} (${site.file}:${site.line}:${site.column}),` +
        ` ${Math.round(site.share * 100)} % of it`,
    )
  }
  for (const holder of leak.holders.slice(0, 2)) {
    details.push(
      `held by ${holder.path} (${holder.kind} of ${formatCount(holder.size)}, ${holder.file}:${holder.line})`,
    )
  }
  return details.map((detail) => indent + detail)
}

export function showFindings(findings: Findings, truth: Truth): string {
  const { leaks, verdicts } = findings
  const width = Math.max(4, ...verdicts.map((entry) => routeName(entry).length))
  const rows = verdicts
    .toSorted((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict))
    .flatMap((entry) => {
      const name = routeName(entry)
      const head = `  ${entry.verdict.padEnd(17)} ${name.padEnd(width)}`
      if (entry.verdict !== 'leaking') return [`${head}  ${whatIsKept(entry)}`.trimEnd()]
      const leak = leaks.get(name)
      const bytes = entry.retainedBytesPerRequest ?? leak?.bytesPerRequest
      const figure =
        bytes === undefined
          ? ''
          : `${formatCount(bytes)} bytes per request${interval(entry.ci95 ?? leak?.ci95)}`
      const indent = ' '.repeat(22 + width)
      return [`${head}  ${figure}`.trimEnd(), ...(leak ? leakOrigin(leak, indent) : [])]
    })
  for (const [name, leak] of leaks) {
    if (leak.scope !== 'route')
      rows.push(`  leaking           ${name}`, ...leakDetails(leak, INDENT))
  }
  return [
    'What was found',
    ...rows,
    '',
    'What is true',
    `  ${truth.route} keeps ${formatCount(truth.bytesPerRequest)} bytes per request, allocated in the` +
      ` function at ${truth.site}`,
    '  (asked alone, without memprof, read after forced GCs); nine routes keep nothing.',
    '',
    judgement(findings, truth),
  ].join('\n')
}

function judgement({ leakNamed, falselyNamed, siteRank }: Findings, truth: Truth): string {
  // What V8 inlined is sampled under the function it was inlined into: the caller then comes first.
  const site = siteRank === 0 ? ', its function was not' : `, its function as site ${siteRank}`
  return [
    leakNamed ? `The leak was named${site}.` : `The leak of ${truth.route} was NOT named.`,
    falselyNamed.length === 0
      ? 'No innocent route was.'
      : `Named, though innocent: ${falselyNamed.join(', ')}.`,
  ].join(' ')
}

function whatIsKept({ verdict, floorBytesPerRequest: floor, ...entry }: RouteVerdict): string {
  if (verdict === 'insufficient-data') return `${formatCount(entry.requestsTotal)} requests`
  const kept = verdict === 'plateaued' ? 'grew, then stopped' : 'keeps nothing'
  return floor === undefined
    ? kept
    : `${kept}; ${formatCount(floor)} bytes per request would have been seen`
}

function interval(ci95: Interval | undefined): string {
  return ci95 ? ` (95 %: ${formatCount(ci95[0])} to ${formatCount(ci95[1])})` : ''
}

function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}
