/** Verdicts as sentences a person can act on. */
import {
  leakRateOf,
  OPEN_SUBJECT,
  requestOf,
  routeName,
  type ShowName,
  siteName,
  whereWords,
} from '../../emit/leak-words'
import type { Attribution, Holder, TracedUnit, TraceFields } from '../../schema/lines'
import type { LeakSummary, LogSummary, RouteSummary } from '../summary/summary'
import { countOf, formatBytes, formatCount, formatInterval, formatSeconds } from './numbers'
import { printable } from './printable'

/** Routes of a trace that are named, and the share below which none is worth a word. */
const MAX_UNITS = 3
const MIN_SHARE = 0.01

/** `search.cache.__data__ (Map, 41,302; services/search.js:1)` */
export function holderName(holder: Holder, show: ShowName = printable): string {
  const { path, kind, size, file, line } = holder
  const place = file === undefined ? '' : `; ${show(line === undefined ? file : `${file}:${line}`)}`
  return `${show(path)} (${kind}, ${formatCount(size)}${place})`
}

/** Who leaks: a route, several, or the process. */
export function leakSubject(
  { scope, method, route, bytesPerSecond }: LeakSummary,
  show: ShowName = printable,
): string {
  if (scope === 'route') return routeName({ method, route }, show)
  // Growth by request of nobody knows which route: memprof's own readings had become too long.
  if (scope === 'process') return bytesPerSecond === null ? 'Some route' : 'The process'
  if (scope === 'open') return OPEN_SUBJECT.replace(/^./, (letter) => letter.toUpperCase())
  return route === '' ? 'Every route' : `Every route below ${show(route)}`
}

/** `1.4 kB per request (1.3 to 1.6 kB)`; null where no figure is known. */
export function leakFigure(leak: LeakSummary): string | null {
  const figure = leakRateOf(leak)
  return figure === null || leak.ci95 === null ? figure : `${figure} (${formatInterval(leak.ci95)})`
}

/**
 * `GET /v1/search keeps 1.4 kB per request (1.3 to 1.6 kB): allocated in search (services/search.js:3),
 * kept by search.cache.__data__ (Map, 41,302; services/search.js:1). 2 h 10 min to the memory limit.`
 */
export function leakSentence(leak: LeakSummary, show: ShowName = printable): string {
  const keeps = leak.since === null ? 'keeps' : 'was seen to keep'
  const which = leak.scope === 'open' && leak.since === null ? ', not known yet which,' : ''
  const said = [`${leakSubject(leak, show)}${which} ${keeps} ${leakFigure(leak) ?? 'memory'}`]
  const where = whereWords(leak, (holder) => holderName(holder, show), show)
  if (where.length > 0) said.push(`: ${where.join(', ')}`)
  said.push('.')
  if (leak.since !== null) {
    const now = leak.scope === 'route' ? `the route is now ${leak.since}` : 'it has stopped'
    said.push(` No more: ${now}.`)
  } else if (leak.secondsToLimit !== null) {
    said.push(` ${formatSeconds(leak.secondsToLimit)} to the memory limit.`)
  }
  return said.join('')
}

/** What stands below the sentence of a leak: its other sites and holders, and how sure all of it is. */
export function leakDetails(leak: LeakSummary, show: ShowName = printable): string[] {
  const details: string[] = []
  if (leak.sites.length > 1) {
    const sites = leak.sites
      .slice(0, 3)
      .map((site) => `${share(site.share)} in ${siteName(site, show)}`)
    details.push(`allocated: ${sites.join(', ')}`)
  }
  const callers = leak.sites[0]?.stack.slice(0, 2) ?? []
  if (callers.length > 0)
    details.push(`called by ${callers.map((caller) => show(caller)).join(', ')}`)
  if (leak.holders.length > 1) {
    const others = leak.holders.slice(1, 3).map((holder) => holderName(holder, show))
    details.push(`also kept by ${others.join(', ')}`)
  }
  const [holder] = leak.holders
  if (holder?.added) details.push(entriesWords(holder, show))
  const unheld = unheldWords(leak, show)
  if (unheld !== null) details.push(unheld)
  // Of an open leak nobody was told.
  const told = leak.attribution === null ? null : ATTRIBUTION_WORDS[leak.attribution]
  if (told !== null && leak.scope !== 'open') details.push(told)
  if (leak.trace && leak.trace.hits > 0) details.push(traceWords(leak.trace, show))
  if (leak.keptRequestsShare !== null && leak.keptRequestsShare > 0) {
    details.push(`${share(leak.keptRequestsShare)} of its finished requests are still in memory`)
  }
  return details
}

/** Why nothing is told that keeps it; null where something is, or nothing is known. */
export function unheldWords(
  { holders, holdersNote }: LeakSummary,
  show: ShowName = printable,
): string | null {
  return holders.length === 0 && holdersNote ? show(holdersNote) : null
}

const ATTRIBUTION_WORDS: Readonly<Record<Attribution, string | null>> = {
  direct: null,
  traced: 'traced: allocated after the handler had returned, and seen to run for its requests',
  estimated: 'estimated: allocated after the handler had returned, told by the rhythm of requests',
}

/** `of its entries a trace saw 2,091 added by POST /mcp, and 3 removed by DELETE /mcp` */
function entriesWords(
  { added = 0, removed = 0, addedBy = [], removedBy = [] }: Holder,
  show: ShowName,
): string {
  const by = (units: readonly TracedUnit[]): string => {
    const names = units.slice(0, MAX_UNITS).map((unit) => routeName(unit, show))
    return names.length === 0 ? '' : ` by ${names.join(', ')}`
  }
  const gone = removed === 0 ? 'none removed' : `${formatCount(removed)} removed${by(removedBy)}`
  return `of its entries a trace saw ${formatCount(added)} added${by(addedBy)}, and ${gone}`
}

/** `a trace saw it 412 times: 97 % for GET /orders, 2 % for no request, 1 % not known for which` */
function traceWords({ hits, units, idleShare, lostShare }: TraceFields, show: ShowName): string {
  const shown = units.slice(0, MAX_UNITS)
  const known = shown.reduce((sum, unit) => sum + unit.share, idleShare + lostShare)
  const parts = [
    ...shown.map(
      (unit) => [unit.share, `for ${routeName(unit, show)}${begunIn(unit, show)}`] as const,
    ),
    [1 - known, 'for other routes'] as const,
    [idleShare, 'for no request'] as const,
    [lostShare, 'not known for which'] as const,
  ].filter(([of]) => of >= MIN_SHARE)
  const who = parts.map(([of, whose]) => `${share(of)} ${whose}`)
  return `a trace saw it ${countOf(hits, 'time')}: ${who.join(', ')}`
}

/** `, begun in POST /graphql` */
function begunIn({ within = [] }: TracedUnit, show: ShowName): string {
  const wholes = within.slice(0, MAX_UNITS).map((whole) => routeName(whole, show))
  return wholes.length === 0 ? '' : `, begun in ${wholes.join(', ')}`
}

/** `86 %` */
function share(of: number): string {
  return `${Math.round(of * 100)} %`
}

/** Where processes or versions tell different things of a route; null where they agree. */
export function whereItLeaks(
  leak: LeakSummary,
  summary: LogSummary,
  show: ShowName = printable,
): string | null {
  const shown = leak.perInstance.filter(({ since }) => leak.since !== null || since === null)
  const others = othersJudged(leak, summary, new Set(shown.map(({ instance }) => instance)))
  const said: string[] = []
  if (others.length > 0) {
    const versions = versionsOf(shown)
    const others_ = versionsOf(others).filter((version) => !versions.includes(version))
    const all = shown.length + others.length
    said.push(
      others_.length > 0
        ? `in version ${versions.map((version) => show(version)).join(', ')}, not in ${others_.map((version) => show(version)).join(', ')}`
        : `in ${formatCount(shown.length)} of ${countOf(all, 'process', 'processes')}`,
    )
  }
  if (leak.agreement?.heterogeneous) {
    const rates = shown.flatMap((of) => of.bytesPerRequest ?? of.bytesPerSecond ?? [])
    said.push(
      `the processes differ by more than chance: ${formatInterval([Math.min(...rates), Math.max(...rates)])}`,
    )
  }
  return said.length === 0 ? null : said.join('; ')
}

/** Instances that saw enough of the leak's route and do not call it leaking. */
function othersJudged(
  { scope, service, method, route }: LeakSummary,
  { routes }: LogSummary,
  shown: ReadonlySet<string>,
): ReadonlyArray<{ version: string }> {
  if (scope !== 'route') return []
  const found = routes.find(
    (of) => of.service === service && of.method === method && of.route === route,
  )
  return (found?.perInstance ?? []).filter(
    ({ instance, verdict }) =>
      !shown.has(instance) && verdict !== undefined && verdict !== 'insufficient-data',
  )
}

function versionsOf(instances: ReadonlyArray<{ version: string }>): string[] {
  return [...new Set(instances.map(({ version }) => version))].sort()
}

/** What a route's row says of retention: `1.4 kB (1.3 to 1.6 kB)`, or the floor it stays below. */
export function retentionText(route: RouteSummary): string {
  const { verdict, retainedBytesPerRequest, ci95, floorBytesPerRequest, outcome } = route
  if (verdict === 'leaking' && retainedBytesPerRequest !== undefined) {
    const kept = formatBytes(retainedBytesPerRequest)
    const figure = outcome ? `${kept} per ${requestOf(route, outcome)}` : kept
    return ci95 ? `${figure} (${formatInterval(ci95)})` : figure
  }
  if (verdict === 'insufficient-data' || floorBytesPerRequest === undefined) return ''
  return `< ${formatBytes(floorBytesPerRequest)}`
}
