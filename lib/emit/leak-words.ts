/**
 * The words for a leak that its line, the reports and the check have in common.
 *
 * `show` says how a name that comes from the app is written: `asItIs` in a line, which JSON escapes;
 * escaped for a terminal or for Markdown elsewhere. It has no default, so that no view can forget it.
 */
import type {
  Holder,
  LeakKind,
  LeakLine,
  LeakOutcome,
  LeakScope,
  SiteFrame,
  WorkName,
} from '../schema/lines'
import { asKnown, kindOf } from '../schema/work-name'
import { formatBytes } from './amounts'

export type ShowName = (name: string) => string

/** Who keeps a leak of scope `open`. */
export const OPEN_SUBJECT = 'some route or background work'

export const asItIs: ShowName = (name) => name

const KIND_WORDS: Readonly<Record<LeakKind, string>> = {
  heap: '',
  buffers: ' of buffers',
  native: ' of native memory',
}

/** `GET /users/:id`, `operation query Search`; a route without a method (`(other)`) by its pattern alone. */
export function routeName(who: Readonly<WorkName>, show: ShowName): string {
  const { method, route } = asKnown(who)
  return show([method, route].filter(Boolean).join(' ') || '(no name)')
}

/** Nobody writes a line this long: it is a whole bundle's, and the line alone says nothing. */
const MAX_WRITTEN_COLUMNS = 400

/** `search (services/search.js:3)`, `t (dist/server.js:1:48213)` */
export function siteName(site: SiteFrame, show: ShowName): string {
  const { file, line, column } = site
  const place = column > MAX_WRITTEN_COLUMNS ? `${file}:${line}:${column}` : `${file}:${line}`
  return `${show(site.function || '(anonymous)')} (${show(place)})`
}

/** `1.4 kB of buffers per request` */
export function leakRate(bytes: number, kind: LeakKind, per: string): string {
  return `${formatBytes(bytes)}${KIND_WORDS[kind]} per ${per}`
}

/** `request`, `operation`, or where one outcome pays `aborted request` */
export function requestOf(
  who: Readonly<WorkName>,
  outcome: LeakOutcome | null | undefined = null,
): string {
  const kind = kindOf(asKnown(who).method)
  return outcome ? `${outcome} ${kind}` : kind
}

/** The same of a leak, by what it is counted; null where no figure is known. */
export function leakRateOf(
  leak: Readonly<WorkName> & {
    readonly scope: LeakScope
    readonly kind: LeakKind
    readonly bytesPerRequest?: number | null
    readonly bytesPerSecond?: number | null
    readonly outcome?: LeakOutcome | null
  },
): string | null {
  const { scope, kind, bytesPerRequest, bytesPerSecond, outcome } = leak
  const request = scope === 'open' ? 'request of any route' : requestOf(leak, outcome)
  if (bytesPerRequest != null) return leakRate(bytesPerRequest, kind, request)
  return bytesPerSecond == null ? null : leakRate(bytesPerSecond, kind, 'second')
}

/**
 * Who keeps how much: `GET /orders keeps 1.4 kB per request (…)`.
 *
 * @param interval - said after the figure
 */
export function keepsWords(
  line: Pick<
    LeakLine,
    | 'scope'
    | 'kind'
    | keyof WorkName
    | 'bytesPerRequest'
    | 'bytesPerSecond'
    | 'outcome'
    | 'outcomeShare'
  >,
  interval: string,
  show: ShowName,
): string {
  const { scope } = line
  const told = `${leakRateOf(line) ?? 'memory'} ${interval}`
  switch (scope) {
    case 'route':
      return `${routeName(line, show)} keeps ${told}${shareWords(line)}`
    case 'shared':
      return `${line.route === undefined ? 'every route' : `every route below ${show(line.route)}`} keeps ${told}`
    case 'process':
      return `the process keeps ${told} without regard to requests`
    case 'open':
      return `${OPEN_SUBJECT}, not known yet which, keeps ${told}`
  }
}

/** `, which 3 % of its requests are`; empty where the outcome makes no difference. */
function shareWords(line: Pick<LeakLine, keyof WorkName | 'outcome' | 'outcomeShare'>): string {
  const { outcome, outcomeShare } = line
  if (!outcome || outcomeShare === undefined) return ''
  const percent = Math.max(0.1, Math.round(outcomeShare * 1000) / 10)
  return `, which ${percent} % of its ${requestOf(line)}s are`
}

/**
 * Where the largest part of a leak was allocated and what keeps it, a clause for each that is known.
 *
 * @param nameHolder - how much is told of a holder differs from view to view
 */
export function whereWords(
  { sites: [site], holders: [holder] }: Pick<LeakLine, 'sites' | 'holders'>,
  nameHolder: (holder: Holder) => string,
  show: ShowName,
): string[] {
  return [
    ...(site ? [`allocated in ${siteName(site, show)}`] : []),
    ...(holder ? [`kept by ${nameHolder(holder)}`] : []),
    ...(holder?.addedAt ? [`filled in ${siteName(holder.addedAt, show)}`] : []),
  ]
}
