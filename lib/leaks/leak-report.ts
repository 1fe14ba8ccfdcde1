/**
 * Judgements -> what the lines say of them: leaks worth a line, the fields of each route, and how long
 * the memory lasts.
 */
import { getHeapStatistics } from 'node:v8'
import { leakChannel } from '../emit/channels'
import type { Emitter } from '../emit/emitter'
import { leakLine, leakMsg } from '../emit/leak-lines'
import { formatBytes } from '../emit/amounts'
import { SourceMaps } from '../inspector/source-maps'
import type { FoundHolders, HolderSeeker } from '../holders/search'
import { readMemoryLimit } from '../record/memory-limit'
import type { LeakLine, RetentionFields, UnroutedLeak } from '../schema/lines'
import { Announcer } from './announcer'
import { FillingCaches, without } from './filling'
import type { HeapGrowth } from '../verdict/heap-only'
import type { Judgement } from '../verdict/judge'
import type { Leak } from '../verdict/leak'
import type { Observation } from '../verdict/observation'
import { THRESHOLDS } from '../verdict/thresholds'

/** The key of what is no judgement's: the growth of a heap too large to be read. */
const HEAP_GROWTH = 'heap growth'
/** Watched requests below which no share of them is told. */
const MIN_WATCHED = 10

export class LeakReport {
  readonly #emitter: Emitter
  readonly #announcer = new Announcer()
  readonly #maps = new SourceMaps()
  readonly #heapCeilingBytes: number
  readonly #memoryLimitBytes = readMemoryLimit()
  readonly #holders: Map<string, FoundHolders> = new Map()
  /** Keys of leaks whose holders no line has told yet. */
  readonly #untold = new Set<string>()
  #seeker: HolderSeeker | null
  readonly #filling = new FillingCaches()
  /** Leaks that were told and have no route, by their keys. */
  readonly #unrouted = new Map<string, UnroutedLeak>()
  /** Keys of the leaks of the last judgement that could have found any. */
  #going: ReadonlySet<string> = new Set()
  /** As it was found, and without the leaks that are held back. */
  #found: Judgement | null = null
  #judgement: Judgement | null = null
  #observation: Observation | null = null

  constructor(emitter: Emitter, heapCeilingBytes: number, seeker: HolderSeeker | null) {
    this.#emitter = emitter
    this.#heapCeilingBytes = heapCeilingBytes
    this.#seeker = seeker
  }

  /** Keys of the leaks that people know of. */
  get standing(): ReadonlySet<string> {
    return this.#announcer.standing
  }

  /** @returns true when a leak was new enough for a line */
  take(judgement: Judgement, observation: Observation): boolean {
    this.#found = judgement
    this.#observation = observation
    this.#announcer.note(judgement.leaks)
    for (const leak of judgement.leaks) {
      if (this.#filling.isOver(leak, this.#headroomBytes())) this.#seeker?.forget(leak.key)
    }
    this.#seeker?.seek(judgement.leaks, false)
    return this.tell()
  }

  /**
   * After a look for holders too: what waited for it may be told now.
   *
   * @returns true when a leak was new enough for a line
   */
  tell(): boolean {
    if (!this.#found || !this.#observation) return false
    const held = new Set(this.#found.leaks.flatMap(({ key }) => (this.#isHeld(key) ? key : [])))
    this.#judgement = held.size === 0 ? this.#found : without(this.#found, held)
    // Once sampling began anew, readings have to come together again before a leak can be seen to stop.
    if (this.#observation.timeMs.length >= THRESHOLDS.leak.minReadings) {
      this.#going = new Set(this.#judgement.leaks.map(({ key }) => key))
    }
    const due = this.#announcer.due(this.#judgement.leaks)
    for (const leak of due) this.#write(leak, this.#observation)
    this.#writeUntold()
    this.#seeker?.seek(due, true)
    return due.length > 0
  }

  #isHeld(key: string): boolean {
    if (this.#filling.has(key)) return true
    if (this.#announcer.standing.has(key)) return false
    return this.#seeker?.mayBeFilling(key) ?? false
  }

  /** The last words: what the `stop` line calls leaking has a line of its own. */
  close(): void {
    // Nobody looks any more.
    this.#seeker = null
    this.tell()
    if (!this.#judgement || !this.#observation) return
    for (const leak of this.#announcer.takeLast(this.#judgement.leaks)) {
      this.#write(leak, this.#observation)
    }
  }

  /** What keeps a leak: its line is written again with it, once it is judged to leak and told. */
  takeHolders(leak: Leak, found: FoundHolders): void {
    const { key } = leak
    this.#holders.set(key, found)
    if (found.holders.length > 0) this.#untold.add(key)
    const now = this.#found?.leaks.find((one) => one.key === key) ?? leak
    this.#filling.note(now, found.bounds, this.#headroomBytes())
  }

  #writeUntold(): void {
    const { standing } = this.#announcer
    for (const leak of this.#judgement?.leaks ?? []) {
      if (!this.#untold.has(leak.key) || !standing.has(leak.key)) continue
      this.#write(leak, this.#observation!)
      this.#announcer.noteTold(leak)
    }
  }

  #write(leak: Leak, observation: Observation): void {
    const route = leak.route === null ? null : observation.routes[leak.route]!
    const kept = route === null ? undefined : keptShare(route)
    const seconds = this.secondsToLimit()
    const found = this.#holders.get(leak.key)
    this.#untold.delete(leak.key)
    if (leak.scope !== 'route') this.#unrouted.set(leak.key, unroutedLeak(leak))
    const line = leakLine(leak, {
      method: route?.method ?? '',
      route: route?.route ?? '',
      ...(kept === undefined ? {} : { keptRequestsShare: kept }),
      ...(seconds === undefined ? {} : { secondsToLimit: seconds }),
      ...(found ? { holders: found.holders } : {}),
      ...(found?.note === undefined ? {} : { holdersNote: found.note }),
      locate: (frame) => this.#maps.locate(frame),
    })
    this.#emitter.write(line, leakMsg(line))
    if (leakChannel.hasSubscribers) leakChannel.publish(line)
  }

  /** The heap grows, and nobody knows under which route. */
  takeHeapGrowth({ bytesPerRequest, ci95, bytes, requests }: HeapGrowth): void {
    if (this.#unrouted.has(HEAP_GROWTH)) return
    this.#unrouted.set(HEAP_GROWTH, { scope: 'process', kind: 'heap' })
    const line: LeakLine = {
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
    }
    this.#emitter.write(
      line,
      `the live heap grows by ${formatBytes(bytesPerRequest)} per request of any route; it is too large for memprof's own readings, so which route is not known`,
    )
    if (leakChannel.hasSubscribers) leakChannel.publish(line)
  }

  /**
   * Of the leaks that were told and have no route, those that go on: no verdict of a route takes them
   * back. Undefined before the first of them.
   */
  unroutedLeaks(): readonly UnroutedLeak[] | undefined {
    if (this.#unrouted.size === 0) return undefined
    // The growth of the heap is told by the process's own collections, when there are no more judgements.
    return [...this.#unrouted].flatMap(([key, leak]) =>
      this.#going.has(key) || key === HEAP_GROWTH ? leak : [],
    )
  }

  /** Verdict and figures of a route, as far as they are known. */
  retentionOf(routeId: number): RetentionFields {
    const judged = this.#judgement?.routes[routeId]
    const route = this.#observation?.routes[routeId]
    if (!judged || !route) return {}
    const { verdict, bytesPerRequest, ci95, floorBytesPerRequest } = judged
    const kept = keptShare(route)
    return {
      verdict,
      ...(bytesPerRequest === undefined
        ? {}
        : { retainedBytesPerRequest: Math.round(bytesPerRequest) }),
      ...(ci95 === undefined ? {} : { ci95: [Math.round(ci95[0]), Math.round(ci95[1])] }),
      ...(floorBytesPerRequest === undefined
        ? {}
        : { floorBytesPerRequest: Math.round(floorBytesPerRequest) }),
      ...(kept === undefined ? {} : { keptRequestsShare: kept }),
    }
  }

  /**
   * Until V8's heap limit or the container's memory limit, whichever comes first, at the rate of what
   * was found to leak. Undefined where nothing leaks.
   */
  secondsToLimit(): number | undefined {
    const leaks = this.#judgement?.leaks ?? []
    const { timeMs } = this.#observation ?? { timeMs: [] }
    const seconds = ((timeMs.at(-1) ?? 0) - (timeMs[0] ?? 0)) / 1000
    if (leaks.length === 0 || seconds <= 0) return undefined
    const perSecond = (of: readonly Leak[]): number =>
      of.reduce((sum, { rate, exposure }) => sum + (rate * exposure) / seconds, 0)
    const heapRate = perSecond(leaks.filter(({ kind }) => kind === 'heap'))
    const until = Math.min(
      this.#heapLeftBytes() / heapRate,
      this.#memoryLeftBytes() / perSecond(leaks),
    )
    return Number.isFinite(until) ? Math.max(0, Math.round(until)) : undefined
  }

  #headroomBytes(): number {
    return Math.min(this.#heapLeftBytes(), this.#memoryLeftBytes())
  }

  #heapLeftBytes(): number {
    return this.#heapCeilingBytes - getHeapStatistics().used_heap_size
  }

  #memoryLeftBytes(): number {
    return this.#memoryLimitBytes - process.memoryUsage.rss()
  }
}

function unroutedLeak({ scope, kind, mount }: Leak): UnroutedLeak {
  if (scope === 'process') return { scope, kind }
  return { scope: 'shared', kind, ...(mount === '' ? {} : { route: mount }) }
}

function keptShare(route: { watched: number; kept: number }): number | undefined {
  if (route.watched < MIN_WATCHED) return undefined
  return Math.round((route.kept / route.watched) * 1000) / 1000
}
