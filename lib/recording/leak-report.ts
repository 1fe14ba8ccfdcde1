/**
 * What the lines say of leaks: a line of each that is told, the fields of each route, and how long the
 * memory lasts.
 */
import { formatBytes } from '../emit/amounts'
import { leakChannel } from '../emit/channels'
import type { Emitter } from '../emit/emitter'
import { leakLine, leakMsg } from '../emit/leak-lines'
import { SourceMaps } from '../inspector/source-maps'
import type { LeakLife } from '../leaks/leak-life'
import type { Findings, LeakListener } from '../leaks/listener'
import type { RouteStats } from '../record/route-stats'
import type {
  GrowthFields,
  Interval,
  LeakLine,
  RetentionFields,
  RouteVerdict,
  UnroutedLeak,
} from '../schema/lines'
import { asWritten, type NamedWork } from '../schema/work-name'
import type { HeapGrowth } from '../verdict/heap-only'
import type { Leak } from '../verdict/leak'
import { intervalPerOutcome, perOutcome } from '../verdict/outcome'
import { THRESHOLDS } from '../verdict/thresholds'
import type { MemoryLeft } from './memory-left'

export class LeakReport implements LeakListener {
  readonly #emitter: Pick<Emitter, 'write'>
  readonly #memoryLeft: Pick<MemoryLeft, 'heapBytes' | 'rssBytes'>
  readonly #maps = new SourceMaps()
  #findings: Findings | null = null
  /** Told of a heap that is too large to be read: there are no more judgements to take it back. */
  #heapGrows = false

  constructor(
    emitter: Pick<Emitter, 'write'>,
    memoryLeft: Pick<MemoryLeft, 'heapBytes' | 'rssBytes'>,
  ) {
    this.#emitter = emitter
    this.#memoryLeft = memoryLeft
  }

  judged(findings: Findings): void {
    this.#findings = findings
  }

  told({ leak, holders, changes }: LeakLife): void {
    const route = leak.route === null ? undefined : this.#findings?.observation.routes[leak.route]
    const kept = route && keptShare(route)
    const seconds = this.secondsToLimit()
    const line = leakLine(leak, {
      who: namedWork(route),
      ...(kept === undefined ? {} : { keptRequestsShare: kept }),
      ...(seconds === undefined ? {} : { secondsToLimit: seconds }),
      ...(holders ? { holders: holders.holders } : {}),
      ...(holders?.note === undefined ? {} : { holdersNote: holders.note }),
      ...(changes ? { changes } : {}),
      locate: (frame) => this.#maps.locate(frame),
      nameOf: (index) => namedWork(this.#findings?.observation.routes[index]),
    })
    this.#write(line, leakMsg(line))
  }

  heapGrowth({ bytesPerRequest, ci95, bytes, requests }: HeapGrowth): void {
    this.#heapGrows = true
    this.#write(
      {
        event: 'leak',
        scope: 'process',
        kind: 'heap',
        bytesPerRequest: Math.round(bytesPerRequest),
        ci95: [Math.round(ci95[0]), Math.round(ci95[1])],
        requests,
        retainedBytes: Math.round(bytes),
        attribution: 'estimated',
        sites: [],
        holders: [],
      },
      `the live heap grows by ${formatBytes(bytesPerRequest)} per request of any route; it is too large for memprof's own readings, so which route is not known`,
    )
  }

  #write(line: LeakLine, msg: string): void {
    this.#emitter.write(line, msg)
    if (leakChannel.hasSubscribers) leakChannel.publish(line)
  }

  /**
   * Of the leaks that were told and have no route, those that go on: no verdict of a route takes them
   * back. Undefined before the first of them.
   */
  unroutedLeaks(): readonly UnroutedLeak[] | undefined {
    const told = this.#findings?.told.filter(({ leak }) => leak.scope !== 'route') ?? []
    if (told.length === 0 && !this.#heapGrows) return undefined
    const goOn = told.flatMap(({ goesOn, leak }) => (goesOn ? unroutedLeak(leak) : []))
    return this.#heapGrows ? [...goOn, { scope: 'process', kind: 'heap' }] : goOn
  }

  /** The books of the last judgement. */
  growth(): GrowthFields | undefined {
    const books = this.#findings?.judgement.books
    if (!books) return undefined
    const { durationMs, bytes, told, own, stopped, open } = books
    return {
      seconds: Math.round(durationMs / 1000),
      bytes: Math.round(bytes),
      toldBytes: Math.round(told.bytes),
      toldCi95: rounded(told.ci95),
      ownBytes: Math.round(own.bytes),
      ownCi95: rounded(own.ci95),
      stoppedBytes: Math.round(stopped.bytes),
      stoppedCi95: rounded(stopped.ci95),
      openBytes: Math.round(open.bytes),
      ci95: rounded(open.ci95),
    }
  }

  /** Verdict and figures of a route, as far as they are known. */
  retentionOf(routeId: number): RetentionFields {
    const judged = this.#findings?.judgement.routes[routeId]
    const route = this.#findings?.observation.routes[routeId]
    if (!judged || !route) return {}
    const { verdict, bytesPerRequest, ci95, floorBytesPerRequest, outcome = null } = judged
    const kept = keptShare(route)
    const bytesOf = (bytes: number): number => Math.round(perOutcome(bytes, outcome))
    return {
      verdict,
      ...(bytesPerRequest === undefined
        ? {}
        : { retainedBytesPerRequest: bytesOf(bytesPerRequest) }),
      ...(ci95 === undefined ? {} : { ci95: rounded(intervalPerOutcome(ci95, outcome)) }),
      ...(floorBytesPerRequest === undefined
        ? {}
        : { floorBytesPerRequest: bytesOf(floorBytesPerRequest) }),
      ...(kept === undefined ? {} : { keptRequestsShare: kept }),
      ...(outcome ? { outcome: outcome.kind } : {}),
    }
  }

  /** Of each route that had a request. */
  verdictsOf(routes: readonly RouteStats[]): RouteVerdict[] {
    return [...new Set(routes)]
      .filter(({ endedTotal }) => endedTotal > 0)
      .map(({ route, requestsTotal, errorsTotal, abortedTotal }) => ({
        ...asWritten({ method: route.method, route: route.pattern }),
        requestsTotal,
        errorsTotal,
        abortedTotal,
        verdict: 'insufficient-data',
        ...this.retentionOf(route.id),
      }))
  }

  /**
   * Until V8's heap limit or the container's memory limit, whichever comes first, at the rate of what
   * was found to leak. Undefined where nothing leaks.
   */
  secondsToLimit(): number | undefined {
    if (!this.#findings) return undefined
    const { leaks } = this.#findings.judgement
    const { timeMs } = this.#findings.observation
    const seconds = ((timeMs.at(-1) ?? 0) - (timeMs[0] ?? 0)) / 1000
    if (leaks.length === 0 || seconds <= 0) return undefined
    const perSecond = (of: readonly Leak[]): number =>
      of.reduce((sum, { rate, exposure }) => sum + (rate * exposure) / seconds, 0)
    const heapRate = perSecond(leaks.filter(({ kind }) => kind === 'heap'))
    const until = Math.min(
      this.#memoryLeft.heapBytes() / heapRate,
      this.#memoryLeft.rssBytes() / perSecond(leaks),
    )
    return Number.isFinite(until) ? Math.max(0, Math.round(until)) : undefined
  }
}

function unroutedLeak({ scope, kind, mount }: Leak): UnroutedLeak {
  if (scope === 'process' || scope === 'open') return { scope, kind }
  return { scope: 'shared', kind, ...(mount === '' ? {} : { route: mount }) }
}

function namedWork(route: NamedWork | undefined): NamedWork {
  return { method: route?.method ?? '', route: route?.route ?? '' }
}

function rounded([low, high]: Interval): Interval {
  return [Math.round(low), Math.round(high)]
}

function keptShare(route: { watched: number; kept: number }): number | undefined {
  if (route.watched < THRESHOLDS.owner.minWatchedRequests) return undefined
  return Math.round((route.kept / route.watched) * 1000) / 1000
}
