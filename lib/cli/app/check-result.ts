/**
 * What a log says of URLs that were checked -> which of them leak more than they may. Pure.
 */
import type { Holder, Interval, LeakKind, LeakOutcome, Site, Verdict } from '../../schema/lines'
import { isUnit } from '../../schema/work-name'
import { THRESHOLDS } from '../../verdict/thresholds'
import { type OpenGrowth, openGrowth } from '../summary/books'
import type { Answers } from './load'
import type { LeakSummary, LogSummary, RouteSummary } from '../summary/summary'

/** `unknown`: nothing can be said, and nothing passes that was not looked at. */
export type Outcome = 'passed' | 'leaking' | 'unknown'

export interface CheckedUrl {
  /** The URL as it was asked for: `GET /orders/{n}`. */
  readonly method: string
  readonly path: string
  /** The route that answered; null: memprof saw no such request. */
  readonly route: string | null
  /** Other URLs of the check that the same route answered: `GET /orders/7`. */
  readonly sharedWith: readonly string[]
  readonly outcome: Outcome
  /** Why the outcome is unknown; '' where it is not. */
  readonly reason: string
  readonly verdict: Verdict
  /** The gravest leak of this route, those included that it shares with other routes. */
  readonly leak: LeakOfUrl | null
  /** The smallest leak that would have been seen; null while it is not known. */
  readonly floorBytesPerRequest: number | null
  readonly requests: number
  /** Requests by status code; 0: no answer. */
  readonly statuses: Readonly<Record<string, number>>
}

export interface LeakOfUrl {
  readonly scope: LeakSummary['scope']
  readonly kind: LeakKind
  readonly bytesPerRequest: number | null
  /** Of the requests that pay, where not all do. */
  readonly outcome: LeakOutcome | null
  readonly ci95: Interval | null
  /** The leak's interval lies above the limit. */
  readonly overLimit: boolean
  readonly sites: readonly Site[]
  readonly holders: readonly Holder[]
}

export interface CheckResult {
  readonly urls: readonly CheckedUrl[]
  /** Leaks that no URL is known to pay for: of the whole process, and of units of work. */
  readonly processLeaks: readonly LeakSummary[]
  /** Growth of the live heap that goes on and that nobody was found for; null where there is none. */
  readonly openGrowth: OpenGrowth | null
  readonly limitBytesPerRequest: number
  /** The gravest outcome of all URLs and leaks. */
  readonly outcome: Outcome
}

export interface CheckedTarget {
  readonly method: string
  readonly path: string
  readonly route: { readonly method: string; readonly route: string } | null
  readonly answers: Answers
}

export interface CheckOptions {
  readonly limitBytesPerRequest: number
  /** Answers of 400 and above count as good ones. */
  readonly anyStatus: boolean
}

export function judgeCheck(
  targets: readonly CheckedTarget[],
  summary: LogSummary,
  options: CheckOptions,
): CheckResult {
  const leaks = summary.leaks.filter(({ since }) => since === null)
  const growth = openGrowth(summary)
  const known = { targets, summary, leaks, growth }
  const urls = targets.map((target) => judgeUrl(target, known, options))
  const processLeaks = leaks.filter(
    ({ scope, method }) => scope === 'process' || scope === 'open' || isUnit(method),
  )
  const outcomes = urls.map(({ outcome }) => outcome)
  if (processLeaks.some((leak) => isOverLimit(leak, options.limitBytesPerRequest))) {
    outcomes.push('leaking')
  }
  const outcome = (['leaking', 'unknown'] as const).find((grave) => outcomes.includes(grave))
  return {
    urls,
    processLeaks,
    openGrowth: growth,
    limitBytesPerRequest: options.limitBytesPerRequest,
    outcome: outcome ?? 'passed',
  }
}

/** Of the whole process a limit per request says nothing; without one, whatever is proven counts. */
export function isOverLimit(leak: LeakSummary, limitBytes: number): boolean {
  return leak.scope === 'route' ? lowOf(leak) > limitBytes : limitBytes === 0
}

/** What the log says, and of it what goes on. */
interface Known {
  readonly targets: readonly CheckedTarget[]
  readonly summary: LogSummary
  readonly leaks: readonly LeakSummary[]
  readonly growth: OpenGrowth | null
}

function judgeUrl(
  target: CheckedTarget,
  { targets, summary, leaks, growth }: Known,
  options: CheckOptions,
): CheckedUrl {
  const { method, path, route, answers } = target
  const sharedWith = targets
    .filter((other) => other !== target && route && other.route && isRoute(other.route, route))
    .map((other) => `${other.method} ${other.path}`)
  const known = route && summary.routes.find((one) => isRoute(one, route))
  const own = route ? leaks.filter((leak) => concerns(leak, route)) : []
  // The largest that can be proven decides.
  const [gravest] = own.toSorted((a, b) => lowOf(b) - lowOf(a))
  const leak = gravest ? leakOfUrl(gravest, options.limitBytesPerRequest) : null
  const advice = adviceFor(answers, sharedWith)
  const mayPay = leak ? '' : whyItMayPay(leaks, growth, advice)
  const reason = leak?.overLimit
    ? ''
    : whyUnknown(known ?? null, { mayPay, advice, answers }, options)
  return {
    method,
    path,
    route: route?.route ?? null,
    sharedWith,
    outcome: leak?.overLimit ? 'leaking' : reason === '' ? 'passed' : 'unknown',
    reason,
    verdict: leak ? 'leaking' : (known?.verdict ?? 'insufficient-data'),
    leak,
    floorBytesPerRequest: known?.floorBytesPerRequest ?? null,
    requests: answers.sent,
    statuses: Object.fromEntries([...answers.statuses].sort(([a], [b]) => a - b)),
  }
}

type RouteName = NonNullable<CheckedTarget['route']>

function isRoute(one: RouteName, route: RouteName): boolean {
  return one.method === route.method && one.route === route.route
}

/** Names of URLs that are shown, at most. */
const MAX_NAMES = 3

export function namesOf(urls: readonly string[]): string {
  const more = urls.length > MAX_NAMES ? [`${urls.length - MAX_NAMES} more`] : []
  return [...urls.slice(0, MAX_NAMES), ...more].join(' and ')
}

/** Of a route that several URLs share more requests tell nothing of any one of them. */
function adviceFor({ sent }: Answers, sharedWith: readonly string[]): string {
  return sharedWith.length > 0
    ? `its route answers ${namesOf(sharedWith)} too, so check one at a time`
    : `try --requests ${Math.max(MIN_REQUESTS, 2 * sent)}`
}

/** Whether a leak is of this route, or shared by routes of which this is one. */
function concerns(
  leak: LeakSummary,
  { method, route }: { method: string; route: string },
): boolean {
  if (leak.scope === 'route') return leak.method === method && leak.route === route
  return leak.scope === 'shared' && isBelow(route, leak.route)
}

function isBelow(route: string, mount: string): boolean {
  const base = mount.replace(/\/$/, '')
  return base === '' || route === base || route.startsWith(`${base}/`)
}

function lowOf({ ci95, bytesPerRequest }: LeakSummary): number {
  return ci95?.[0] ?? bytesPerRequest ?? 0
}

function leakOfUrl(leak: LeakSummary, limit: number): LeakOfUrl {
  const { scope, kind, bytesPerRequest, ci95, outcome, sites, holders } = leak
  return {
    scope,
    kind,
    bytesPerRequest,
    ci95,
    outcome,
    overLimit: lowOf(leak) > limit,
    sites,
    holders,
  }
}

/** @returns '' where all that grows has its payer */
function whyItMayPay(
  leaks: readonly LeakSummary[],
  growth: OpenGrowth | null,
  advice: string,
): string {
  if (leaks.some(({ scope }) => scope === 'open')) {
    return `it may pay for the leak that nobody is known to keep yet: ${advice}`
  }
  return growth
    ? `the live heap grows by ${growth.bytesPerMinute} bytes per minute, and nobody is known to pay for it yet: ${advice}`
    : ''
}

interface Grounds {
  readonly mayPay: string
  readonly advice: string
  readonly answers: Answers
}

/**
 * @param grounds - `mayPay`: why it may pay for what nobody is known to pay for
 * @returns '' where what was seen is enough for a word on it
 */
function whyUnknown(
  route: RouteSummary | null,
  { mayPay, advice, answers: { sent, abandoned, statuses } }: Grounds,
  { limitBytesPerRequest: limit, anyStatus }: CheckOptions,
): string {
  const good = [...statuses].reduce(
    (sum, [status, count]) => sum + (status > 0 && status < 400 ? count : 0),
    0,
  )
  const answered = sent - abandoned
  if (!anyStatus && good < answered / 2) {
    const [most] = [...statuses].sort(([, a], [, b]) => b - a)
    const what = most?.[0] === 0 ? 'no answer came' : `the answer was ${most?.[0]}`
    return `${what} in ${answered - good} of ${answered} requests: correct the URL, or --any-status checks error answers too`
  }
  if (!route) return 'memprof saw none of the requests'
  if (mayPay !== '') return mayPay
  if (route.verdict === 'insufficient-data') {
    return `too few requests or readings to tell: ${advice}`
  }
  const floor = route.floorBytesPerRequest ?? 0
  // No limit below the smallest leak that is ever told can be checked.
  const least = Math.max(limit, THRESHOLDS.leak.minBytesPerRequest)
  if (limit > 0 && floor > least) {
    const needed = roundUp((sent * floor) / least)
    return `a leak of the limit would not have been seen, only one of ${floor} bytes per request: try --requests ${needed}`
  }
  return ''
}

/** With so many requests a route surely gets a verdict: lib/verdict/thresholds.ts asks for 30. */
const MIN_REQUESTS = 100

/** Rounds up to two digits: 4,312 -> 4,400. */
function roundUp(count: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1)
  return Math.ceil(count / step) * step
}
