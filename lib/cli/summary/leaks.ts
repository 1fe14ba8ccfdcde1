/** Leaks over all instances that show them. */
import type { LeakKind, LeakLine, Site, Verdict } from '../../schema/lines'
import type { Envelope, LogLineOf } from '../log/log-line'
import type { InstanceTally } from './instances'
import { Limit } from './limit'
import { poolRates } from './pool-rates'
import type { InstanceRouteTally, Routes, RouteTally } from './routes'
import type { LeakOfInstance, LeakSummary } from './summary'

/** Sites of a leak after those of its processes were put together. */
const MAX_SITES = 16

/** A leak within an instance. */
interface InstanceLeakTally {
  readonly instance: InstanceTally
  /** Null where no single route is blamed. */
  readonly route: RouteTally | null
  firstTime: number
  newest: LeakLine & Pick<Envelope, 'time' | 'service'>
}

/** The same, with what the instance says of the route. */
interface InstanceLeak extends InstanceLeakTally {
  readonly ofRoute: InstanceRouteTally | undefined
}

export class Leaks {
  readonly limit: Limit = new Limit(4096, 'leaks')
  readonly #byKey = new Map<string, InstanceLeakTally>()

  take(line: LogLineOf<'leak'>, instance: InstanceTally, routes: Routes): void {
    const { scope, kind, method = '', route: pattern = '' } = line
    const key = [line.instance, scope, kind, method, pattern].join('\n')
    const known = this.#byKey.get(key)
    if (known) {
      known.firstTime = Math.min(known.firstTime, line.time)
      if (line.time >= known.newest.time) known.newest = line
      return
    }
    if (!this.limit.admits(this.#byKey.size)) return
    const route = scope === 'route' ? routes.of(line.service, method, pattern) : null
    this.#byKey.set(key, { instance, route, firstTime: line.time, newest: line })
  }

  /** Those that still leak first, the fastest growth first; what only `route` lines tell of too. */
  summaries(routes: Routes): LeakSummary[] {
    const told = [...this.#byKey.values()].map(
      (leak): InstanceLeak => ({
        ...leak,
        ofRoute: leak.route ? routes.find(leak.instance, leak.route) : undefined,
      }),
    )
    const leaks = [...told, ...untoldLeaks(told, routes)]
    const groups = new Map<string, InstanceLeak[]>()
    for (const leak of leaks) {
      const { service, scope, kind, method = '', route = '', outcome = '' } = leak.newest
      const key = [service, scope, kind, method, route, outcome].join('\n')
      const group = groups.get(key)
      if (group) group.push(leak)
      else groups.set(key, [leak])
    }
    return [...groups.values()]
      .map((group) => mergeLeaks(group, leaks))
      .sort(
        (a, b) =>
          Number(a.since !== null) - Number(b.since !== null) || b.retainedBytes - a.retainedBytes,
      )
  }
}

/**
 * A route is called leaking in its lines one judgement before the `leak` line, which an instance that was
 * killed may never have written: how much is known then, but not where.
 */
function untoldLeaks(told: readonly InstanceLeak[], routes: Routes): InstanceLeak[] {
  const known = new Map<RouteTally, InstanceLeak[]>()
  for (const leak of told) {
    if (leak.route) known.set(leak.route, [...(known.get(leak.route) ?? []), leak])
  }
  return routes.all().flatMap((route) => {
    const toldOfRoute = known.get(route) ?? []
    return route.ofInstances
      .filter(({ judged }) => judged?.retention.verdict === 'leaking')
      .filter(({ instance }) => !toldOfRoute.some((leak) => leak.instance === instance))
      .map((ofRoute) => untoldLeak(ofRoute, toldOfRoute[0]?.newest.kind ?? 'heap'))
  })
}

function untoldLeak(ofRoute: InstanceRouteTally, kind: LeakKind): InstanceLeak {
  const { instance, route, last } = ofRoute
  const { time, retention } = ofRoute.judged!
  const { verdict: _, retainedBytesPerRequest: bytes, ...figures } = retention
  return {
    instance,
    route,
    ofRoute,
    firstTime: time,
    newest: {
      event: 'leak',
      time,
      service: instance.service,
      scope: 'route',
      kind,
      method: route.method,
      route: route.pattern,
      ...(bytes === undefined ? {} : { bytesPerRequest: bytes }),
      ...figures,
      requests: last.requests,
      retainedBytes: last.requests * (bytes ?? 0),
      sites: [],
      holders: [],
    },
  }
}

function mergeLeaks(group: readonly InstanceLeak[], all: readonly InstanceLeak[]): LeakSummary {
  const inOrder = group.toSorted((a, b) => b.newest.time - a.newest.time)
  const perInstance = inOrder.map((leak) => leakOfInstance(leak, all))
  const still = inOrder.filter((_, at) => perInstance[at]!.since === null)
  // What was taken back has no say where another instance still shows the leak.
  const counted = still.length > 0 ? still : inOrder
  // Who says where has the word before who only says how much.
  const placed = counted.filter(({ newest }) => newest.sites.length > 0)
  const most = (placed.length > 0 ? placed : counted).reduce((a, b) =>
    b.newest.requests > a.newest.requests ? b : a,
  ).newest
  const held = counted.find(({ newest }) => newest.holders.length > 0)?.newest
  const seconds = counted.flatMap(({ newest, instance }) => {
    return instance.newest?.secondsToLimit ?? newest.secondsToLimit ?? []
  })
  // `route` lines tell it more often than `leak` lines do.
  const kept = counted[0]?.ofRoute?.judged?.retention.keptRequestsShare
  const perSecond = most.bytesPerSecond !== undefined
  const figures = perInstance.filter(({ since }) => still.length === 0 || since === null)
  const rate = poolRates(
    figures.map((of) => [perSecond ? of.bytesPerSecond : of.bytesPerRequest, of.ci95]),
  )
  return {
    service: most.service,
    scope: most.scope,
    kind: most.kind,
    method: most.scope === 'route' ? (most.method ?? '') : '',
    route: most.route ?? '',
    bytesPerRequest: perSecond ? null : (rate?.value ?? null),
    bytesPerSecond: perSecond ? (rate?.value ?? null) : null,
    ci95: rate?.ci95 ?? null,
    agreement: rate?.agreement ?? null,
    floorBytesPerRequest: most.floorBytesPerRequest ?? null,
    outcome: most.outcome ?? null,
    outcomeShare: most.outcomeShare ?? null,
    requests: counted.reduce((sum, { newest }) => sum + newest.requests, 0),
    retainedBytes: counted.reduce((sum, { newest }) => sum + newest.retainedBytes, 0),
    keptRequestsShare: kept ?? most.keptRequestsShare ?? null,
    attribution: most.attribution ?? null,
    directShare: most.directShare ?? null,
    trace: most.trace ?? null,
    sites: mergeSites(placed),
    holders: (held ?? most).holders,
    holdersNote: (held ?? most).holdersNote ?? null,
    secondsToLimit: seconds.length === 0 ? null : Math.min(...seconds),
    firstTime: Math.min(...group.map(({ firstTime }) => firstTime)),
    lastTime: inOrder[0]!.newest.time,
    since: still.length > 0 ? null : perInstance[0]!.since,
    perInstance,
  }
}

function leakOfInstance(leak: InstanceLeak, all: readonly InstanceLeak[]): LeakOfInstance {
  const { instance, route, ofRoute, firstTime, newest } = leak
  const judged = ofRoute?.judged
  const now = judged && judged.time >= newest.time ? judged.retention : undefined
  // `route` lines follow every judgement, `leak` lines only what changed much; but they do not say
  // which of a route's leaks they mean.
  const isOnly = !all.some((of) => of !== leak && of.instance === instance && of.route === route)
  const isAlike = now?.retainedBytesPerRequest !== undefined && now.outcome === newest.outcome
  const newer = isOnly && isAlike ? now : undefined
  return {
    instance: instance.instance,
    version: instance.version,
    bytesPerRequest: newer?.retainedBytesPerRequest ?? newest.bytesPerRequest ?? null,
    bytesPerSecond: newest.bytesPerSecond ?? null,
    ci95: (newer ? newer.ci95 : newest.ci95) ?? null,
    firstTime,
    lastTime: newest.time,
    since: newest.scope === 'route' ? calledSince(now?.verdict) : unroutedSince(leak),
  }
}

function calledSince(verdict: Verdict | undefined): Verdict | null {
  return verdict === undefined || verdict === 'leaking' ? null : verdict
}

/** What no route is blamed for is taken back by the `process` lines that follow. */
function unroutedSince({ instance, newest }: InstanceLeak): Verdict | null {
  const { time, leaks } = instance.newest ?? { time: 0 }
  if (!leaks || time <= newest.time) return null
  const { scope, kind, route = '' } = newest
  const goesOn = leaks.some(
    (leak) => leak.scope === scope && leak.kind === kind && (leak.route ?? '') === route,
  )
  return goesOn ? null : 'plateaued'
}

/** Sites of all instances by function, file and line; shares anew of what they are together. */
function mergeSites(leaks: readonly InstanceLeak[]): Site[] {
  if (leaks.length < 2) return [...(leaks[0]?.newest.sites ?? [])]
  const found = new Map<string, Site>()
  for (const { newest } of leaks) {
    for (const site of newest.sites) {
      const key = [site.function, site.file, site.line, site.column].join('\n')
      const known = found.get(key)
      if (known) known.bytes += site.bytes
      else found.set(key, { ...site })
    }
  }
  const sites = [...found.values()].sort((a, b) => b.bytes - a.bytes)
  const total = sites.reduce((sum, { bytes }) => sum + bytes, 0)
  for (const site of sites) site.share = total === 0 ? 0 : site.bytes / total
  return sites.slice(0, MAX_SITES)
}
