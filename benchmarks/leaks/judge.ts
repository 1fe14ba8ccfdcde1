import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROOT } from '../../test/support/files'
import type { LoadReport } from '../../test/support/load'
import { type CorpusApp, type Leak, routeName } from './corpus.js'
import type { LeakLine, LoggedHolder, LoggedSite, MemprofLog } from './log.js'
import { type MarkedSite, readMarkers } from './markers.js'
import { appFile } from './places.js'
import type { Truth } from './truth.js'

/** How a logged site agrees with the truth: the marked line; only the function around it (all that
 * V8's profiler tells of some sites); the package that leaks; or one of these further up its stack. */
export type SiteMatch = 'line' | 'function' | 'package' | 'stack'

export interface LeakResult {
  readonly name: string
  readonly scope: Leak['scope']
  readonly kind: Leak['kind']
  /** `withdrawn`: said, but the verdict at the end was another. */
  readonly found: 'yes' | 'withdrawn' | 'no'
  readonly kindSaid: string | null
  /** Its own, and as the last leak line says it; null: all requests alike. */
  readonly outcome: string | null
  readonly saidOutcome: string | null
  /** Scope of the last leak line, where it is another than the leak's own and as right. */
  readonly saidScope: string | null
  /** Seconds into the load at which the route was first called steady, its floor below the truth; null: never. */
  readonly steadySeconds: number | null
  /** Bytes per request, per second for scope `process`; of the last leak line. null where its scope does
   * not count by the requests that pay. */
  readonly saidBytes: number | null
  readonly trueBytes: number | null
  readonly ci95: readonly [number, number] | null
  readonly covered: boolean | null
  /** From 1; null where none of the sites said is right. */
  readonly siteRank: number | null
  readonly siteMatch: SiteMatch | null
  readonly sitesSaid: number
  /** Whether the first line that is said to allocate, of the app's own, does; null where none is said. */
  readonly lineSaid: 'right' | 'wrong' | null
  /** From 1; null where none is right, or none can be. */
  readonly holderRank: number | null
  readonly holdersSaid: number
  readonly holderKnown: boolean
  readonly firstHolder: string | null
  /** Whether the line that is said to add to the right holder does; null where none is said, or it is not marked. */
  readonly filled: 'right' | 'wrong' | 'package' | null
  readonly adderKnown: boolean
  /** Until the first line that named it, from the start of the load. */
  readonly seconds: number | null
  readonly requests: number
}

/** What the live heap grew by and was said to be kept, against what truly was, over the observation. */
export interface BooksResult {
  readonly trueBytes: number
  /** What was told and what was left open. */
  readonly saidBytes: number
  /** Of `saidBytes`. */
  readonly ci95: readonly [number, number]
  readonly balances: boolean
}

export interface AppResult {
  readonly app: string
  readonly leaks: readonly LeakResult[]
  /** `GET /x (heap)` for each innocent route that was named at any time; `shared` and `process` for
   * an app that leaks nothing of that scope. */
  readonly falseAlarms: readonly string[]
  /** Lines of scope `open` that tell none of the leaks: `open (heap)`. Who pays was not said, so nobody
   * was blamed. */
  readonly open: readonly string[]
  /** null where there are none, or the truth is not known. */
  readonly books: BooksResult | null
  readonly innocentRoutes: number
  readonly started: boolean
  readonly stopped: boolean
  readonly warnings: readonly string[]
  readonly load: LoadReport
}

export function judgeApp(
  app: CorpusApp,
  log: MemprofLog,
  load: LoadReport,
  truths: readonly Truth[],
): AppResult {
  const markers = readMarkers(appFile(app))
  const leaks = app.leaks.map((leak) => {
    const truth = truths.find(({ name, kind }) => name === leak.name && kind === leak.kind)
    return judgeLeak(app, leak, log, load, truth, markers.get(leak.name))
  })
  const untold = log.leaks.filter(
    (line) => !app.leaks.some((leak) => tells(app, line, leak, markers.get(leak.name))),
  )
  const alarms = untold.filter(({ scope }) => scope !== 'open')
  const open = untold.filter(({ scope }) => scope === 'open')
  const guilty = app.leaks.filter((leak) => leak.scope === 'route').map((leak) => leak.name)
  return {
    app: app.name,
    leaks,
    falseAlarms: nameAlarms(app, alarms, guilty),
    open: [...new Set(open.map(({ kind }) => `open (${kind})`))],
    books: judgeBooks(app, log, truths),
    innocentRoutes: namesOf(app).length - guilty.length,
    started: log.hooked,
    stopped: log.verdicts !== undefined,
    warnings: log.warnings,
    load,
  }
}

/** Of its routes: one that ends in several ways has a row for each. */
function namesOf({ routes }: CorpusApp): string[] {
  return [...new Set(routes.map(routeName))]
}

function judgeBooks(
  app: CorpusApp,
  { growth, routes }: MemprofLog,
  truths: readonly Truth[],
): BooksResult | null {
  const ofHeap = app.leaks.filter(({ kind }) => kind === 'heap')
  if (!growth) return null
  const { time, seconds, toldBytes, openBytes, ci95 } = growth
  const within = routes.filter((line) => line.time > time - 1000 * seconds && line.time <= time)
  const requestsOf = (name: string, outcome?: Leak['outcome']): number =>
    within
      .filter(({ method, route }) => sameRoute(method, route, name))
      .reduce((sum, counts) => sum + counts[outcome ?? 'requests'], 0)
  let trueBytes = 0
  for (const { name, scope, kind, outcome } of ofHeap) {
    const truth = truths.find((one) => one.name === name && one.kind === kind)
    if (!truth) return null
    const all = namesOf(app).map((name) => requestsOf(name))
    const requests =
      scope === 'route' ? requestsOf(name, outcome) : all.reduce((sum, n) => sum + n, 0)
    trueBytes += truth.bytes * (scope === 'process' ? seconds : requests)
  }
  const saidBytes = toldBytes + openBytes
  const doubt = (ci95[1] - ci95[0]) / 2
  const balances = Math.abs(saidBytes - trueBytes) <= doubt
  return { trueBytes, saidBytes, ci95: [saidBytes - doubt, saidBytes + doubt], balances }
}

function judgeLeak(
  app: CorpusApp,
  leak: Leak,
  log: MemprofLog,
  load: LoadReport,
  truth: Truth | undefined,
  marked: MarkedSite | undefined,
): LeakResult {
  const own = log.leaks.filter((line) => tells(app, line, leak, marked))
  const rightKind = own.filter((line) => line.kind === leak.kind)
  const lines = rightKind.length > 0 ? rightKind : own
  const last = lines.at(-1)
  // Holders are found after the verdict and logged by a second line: the last that has any.
  const withSites = lines.findLast((line) => line.sites.length > 0)
  const withHolders = lines.findLast((line) => line.holders.length > 0)
  const withdrawn =
    leak.scope === 'route' &&
    log.verdicts?.some(
      (entry) => sameRoute(entry.method, entry.route, leak.name) && entry.verdict !== 'leaking',
    ) &&
    last?.scope === 'route'
  const saidScope = last && last.scope !== leak.scope ? last.scope : null
  // All that a router keeps is shared by the requests behind it; elsewhere by requests that pay nothing.
  const isCountedAlike = last?.outcome === leak.outcome
  const counted = isCountedAlike && (saidScope === null || leak.orShared) ? last : undefined
  const saidBytes =
    (leak.scope === 'process' ? counted?.bytesPerSecond : counted?.bytesPerRequest) ?? null
  const ci95 = counted?.ci95 ?? null
  const site = rankSites(app, leak, withSites?.sites ?? [], marked)
  const holders = withHolders?.holders ?? []
  const holderIndex = leak.holder ? holders.findIndex((said) => isHolder(said, leak)) : -1
  // Up to its floor a route that is called steady may keep something.
  const steady = log.routes.find(
    ({ method, route, verdict, floor = 0 }) =>
      verdict === 'steady' &&
      sameRoute(method, route, leak.name) &&
      !(truth && leak.outcome === undefined && floor >= truth.bytes),
  )
  const secondsAt = (line: { readonly time: number } | undefined): number | null =>
    line && Number.isFinite(line.time) ? (line.time - load.startedAt) / 1000 : null
  return {
    name: leak.name,
    scope: leak.scope,
    kind: leak.kind,
    found: last === undefined ? 'no' : withdrawn ? 'withdrawn' : 'yes',
    kindSaid: last?.kind ?? null,
    outcome: leak.outcome ?? null,
    saidOutcome: last?.outcome ?? null,
    saidScope,
    steadySeconds: leak.scope === 'route' ? secondsAt(steady) : null,
    saidBytes,
    trueBytes: truth?.bytes ?? null,
    ci95,
    covered:
      ci95 && truth && saidBytes !== null ? ci95[0] <= truth.bytes && truth.bytes <= ci95[1] : null,
    ...site,
    sitesSaid: withSites?.sites.length ?? 0,
    lineSaid: lineOf(app, withSites?.sites ?? [], marked),
    holderRank: holderIndex < 0 ? null : holderIndex + 1,
    holdersSaid: holders.length,
    holderKnown: leak.holder !== null,
    firstHolder: holders[0]?.path ?? null,
    filled: holderIndex === 0 ? filledOf(app, holders[0]!, marked) : null,
    adderKnown: (marked?.adders.size ?? 0) > 0,
    seconds: secondsAt(lines[0]),
    requests: load.sent[leak.name] ?? Object.values(load.sent).reduce((sum, n) => sum + n, 0),
  }
}

/** Whether a line says this leak, its route or scope or, where nothing leads to a route, its place. */
function tells(
  app: CorpusApp,
  line: LeakLine,
  leak: Leak,
  marked: MarkedSite | undefined,
): boolean {
  if (line.scope === 'route') {
    return leak.scope === 'route' && sameRoute(line.method, line.route, leak.name)
  }
  if (line.scope === leak.scope) return true
  if (line.scope === 'shared' && leak.orShared) return true
  return (
    leak.orOpen === true &&
    (rankSites(app, leak, line.sites, marked).siteRank !== null ||
      line.holders.some((said) => isHolder(said, leak)))
  )
}

/** Placeholders are equal however they are written: what a plain server's ids are folded into is
 * memprof's choice. A line without a method is judged by its route. */
export function sameRoute(
  method: string | undefined,
  route: string | undefined,
  name: string,
): boolean {
  const space = name.indexOf(' ')
  const [ownMethod, ownRoute] = [name.slice(0, space), name.slice(space + 1)]
  if (route === undefined || (method !== undefined && method !== ownMethod)) return false
  const fold = (pattern: string): string =>
    pattern
      .split('/')
      .map((part) => (/^(:.+|\{.+\}|<.+>|\*.*)$/.test(part) ? ':' : part))
      .join('/')
  return fold(route) === fold(ownRoute)
}

function nameAlarms(
  app: CorpusApp,
  lines: readonly LeakLine[],
  guilty: readonly string[],
): string[] {
  const alarms = new Set<string>()
  for (const line of lines) {
    if (line.scope !== 'route') {
      alarms.add(`${line.scope} (${line.kind})`)
      continue
    }
    if (guilty.some((name) => sameRoute(line.method, line.route, name))) continue
    const known = app.routes.map(routeName).find((name) => sameRoute(line.method, line.route, name))
    alarms.add(`${known ?? `${line.method ?? ''} ${line.route ?? ''}`.trim()} (${line.kind})`)
  }
  return [...alarms]
}

function rankSites(
  app: CorpusApp,
  leak: Leak,
  sites: readonly LoggedSite[],
  marked: MarkedSite | undefined,
): { siteRank: number | null; siteMatch: SiteMatch | null } {
  for (const [index, site] of sites.entries()) {
    const own = matchPlace(app, leak, site, marked)
    if (own) return { siteRank: index + 1, siteMatch: own }
    const above = (site.stack ?? []).map(toPlace)
    if (above.some((place) => place && matchPlace(app, leak, place, marked))) {
      return { siteRank: index + 1, siteMatch: 'stack' }
    }
  }
  return { siteRank: null, siteMatch: null }
}

function filledOf(
  app: CorpusApp,
  { addedAt }: LoggedHolder,
  marked: MarkedSite | undefined,
): LeakResult['filled'] {
  if (!addedAt?.file || !marked || marked.adders.size === 0) return null
  if (resolveFile(addedAt.file) !== appFile(app)) return 'package'
  return marked.adders.has(addedAt.line ?? 0) ? 'right' : 'wrong'
}

function lineOf(
  app: CorpusApp,
  sites: readonly LoggedSite[],
  marked: MarkedSite | undefined,
): LeakResult['lineSaid'] {
  const said = sites.find(
    ({ lineExact, file }) => lineExact && file && resolveFile(file) === appFile(app),
  )
  if (!said || !marked) return null
  return marked.lines.has(said.line ?? 0) ? 'right' : 'wrong'
}

type Place = Pick<LoggedSite, 'file' | 'line' | 'package'>

function matchPlace(
  app: CorpusApp,
  leak: Leak,
  place: Place,
  marked: MarkedSite | undefined,
): Exclude<SiteMatch, 'stack'> | null {
  const file = place.file ?? ''
  if (marked && place.line !== undefined && resolveFile(file) === appFile(app)) {
    const line = place.line
    if (marked.lines.has(line)) return 'line'
    if (marked.functions.some(([first, last]) => first <= line && line <= last)) return 'function'
  }
  const inPackage = leak.packages.some((name) =>
    name.startsWith('node:')
      ? file.startsWith(name)
      : place.package === name ||
        file.startsWith(`${name}/`) ||
        file.includes(`node_modules/${name}/`),
  )
  return inPackage ? 'package' : null
}

function resolveFile(file: string): string {
  return file.startsWith('file:') ? fileURLToPath(file) : path.resolve(ROOT, file)
}

/** A frame of a logged stack: an object like a site, or text that ends in `file:line[:column]`. */
function toPlace(frame: unknown): Place | null {
  if (typeof frame === 'object' && frame !== null) return frame as Place
  if (typeof frame !== 'string') return null
  const match = /([^\s()]+?):(\d+)(?::\d+)?\)?$/.exec(frame)
  return match ? { file: match[1]!, line: Number(match[2]) } : { file: frame }
}

function isHolder(said: LoggedHolder, leak: Leak): boolean {
  const { path: saidPath } = said
  if (saidPath === undefined || leak.holder === null) return false
  return saidPath === leak.holder.path || leak.holder.also.some((pattern) => pattern.test(saidPath))
}
