/**
 * Who keeps a leak: once it is found, a few looks at the app's variables some requests apart, and the
 * containers that grew in step; where nothing was found, and only for a leak that was told, more
 * thoroughly. Each look is a pause, within the pause budget.
 */
import { clearTimeout, performance, setTimeout } from '../clock'
import type { Config } from '../config/settings'
import { Census } from './census'
import {
  exposureBetween,
  containerAtCapacity,
  type Kept,
  likeliest,
  type Look,
  mayBeFilling,
  type RankedHolder,
  rankHolders,
  type Suspect,
} from './ranking'
import type { Inspection } from '../inspector/inspection'
import { functionPrototype, ownValue } from '../inspector/intrinsics'
import type { Root } from './roots'
import { walk, type Walked } from './walk'
import type { HeapSession } from '../inspector/session'
import { SourceMaps } from '../inspector/source-maps'
import { declarationOf } from './declaration'
import { newMemory, type WalkMemory } from './walk-memory'
import type { Recorder } from '../record/recorder'
import type { Holder } from '../schema/lines'
import { positionKey, type StackFrame } from '../inspector/stack-frame'
import type { Bounded } from '../leaks/filling'
import type { Leak } from '../verdict/judge'
import { below } from '../verdict/owner'

/** Time of one look, ms; less where MEMPROF_MAX_PAUSE is less. */
const MAX_LOOK_MS = 150
/** Objects visited in one look, and functions asked for their scopes. */
const MAX_OBJECTS = 100_000
const MAX_FUNCTIONS = 400
/** Between two looks, at least, ms. */
const LOOK_INTERVAL_MS = 2000
/** Requests of the leaking route between two looks, and from the first look to the last. */
const MIN_REQUESTS_BETWEEN = 15
const MIN_REQUESTS = 30
const MIN_LOOKS = 3
/** Without requests, from the first look to the last, s. */
const MIN_SECONDS = 6
/** A search ends without a result after so many looks, or so long, ms. */
const MAX_LOOKS = 8
const MAX_SEARCH_MS = 15 * 60_000
/** For longer than this, ms, no leak waits for a search to say that it is a cache on its way. */
const MAX_WAIT_MS = 3 * 60_000
/** A query of all functions takes about so many times a reading of the heap. */
const QUERY_PAUSES = 12
/** Functions of a query whose place is asked, at most: those that bear the right name. */
const MAX_ASKED = 1000
/** Of a leak's places, and of each place's frames, so many are searched for. */
const MAX_PLACES = 5
const MAX_FRAMES = 6
/** Shortened in the line: it comes from the app. */
const MAX_PATH_CHARS = 256

export interface FoundHolders {
  readonly holders: readonly Holder[]
  /** What is known of the ends of the likeliest of them; where there is none, of a container at its capacity. */
  readonly bounds: readonly Bounded[]
  /** What was left out of the search. */
  readonly note?: string
}

/** Who looks for what keeps a leak. */
export interface HolderSeeker {
  /**
   * Begins to look for what keeps leaks that were found; those sought to the end are passed over.
   *
   * @param areTold - then what is not found near by is searched for further
   */
  seek(leaks: readonly Leak[], areTold: boolean): void
  /** What was found no longer explains the leak: it may be sought once more. */
  forget(key: string): void
  /** Whether a cache that fills, or has just become full, may keep a leak, by the looks so far; not for long. */
  mayBeFilling(key: string): boolean
}

export interface HolderSearchOptions {
  readonly config: Config
  readonly session: HeapSession
  readonly isOwn: (url: string) => boolean
  readonly timed: (work: () => void) => void
  /** A pause of memprof's, ms: it is counted, and what follows keeps its distance. */
  readonly paused: (ms: number) => void
  /** Until the pause budget allows the next pause, ms. */
  readonly restMs: () => number
  /** Those of the app that listen. */
  readonly servers: () => readonly object[]
  /** The last reading's pause, ms. */
  readonly readingMs: () => number
  readonly found: (leak: Leak, found: FoundHolders) => void
  /** After each look: `mayBeFilling` may have changed. */
  readonly looked: () => void
}

interface Sought {
  readonly leak: Leak
  isTold: boolean
  readonly frames: readonly StackFrame[]
  readonly sinceMs: number
  /** Index of its first look. */
  firstLook: number
  /** Looks that were made for it; those for another leak may come more often. */
  looks: number
  stage: Stage
}

/**
 * From the handlers; then from the functions of the stacks themselves, and all modules; then among all
 * containers there are, whether or not a variable leads to them.
 */
type Stage = 'near' | 'wide' | 'census'

export class HolderSearch implements HolderSeeker {
  readonly #options: HolderSearchOptions
  readonly #maps = new SourceMaps()
  #recorder: Recorder | null = null
  #sought: Sought[] = []
  /** Leaks that were sought, by their keys, and whether that was to the end. */
  readonly #known: Map<string, boolean> = new Map()
  /** Leaks that went on for longer than the caches that were to explain them. */
  readonly #outlasted = new Set<string>()
  #looks: Look[] = []
  #memory: WalkMemory | null = null
  /** Functions of the leaks' stacks, found by a query. */
  #queried: Array<WeakRef<object>> = []
  #census: Census | null = null
  #cut: Walked['cut'] = ''
  #work = 0
  #timer: NodeJS.Timeout | null = null
  #dueMs = 0

  constructor(options: HolderSearchOptions) {
    this.#options = options
  }

  begin(recorder: Recorder): void {
    this.#recorder = recorder
  }

  seek(leaks: readonly Leak[], isTold: boolean): void {
    for (const leak of leaks) {
      const { key, kind, places } = leak
      const sought = this.#sought.find((one) => one.leak.key === key)
      if (sought) sought.isTold ||= isTold
      const wasThorough = this.#known.get(key)
      if (sought || kind === 'native' || wasThorough || wasThorough === isTold) continue
      const frames = places
        .slice(0, MAX_PLACES)
        .flatMap(({ place }) => place.frames.slice(0, MAX_FRAMES))
      const firstLook = this.#looks.length
      const sinceMs = performance.now()
      this.#sought.push({ leak, isTold, frames, sinceMs, firstLook, looks: 0, stage: 'near' })
    }
    if (this.#sought.length > 0 && !this.#timer) this.#plan(0)
  }

  forget(key: string): void {
    this.#known.delete(key)
    this.#outlasted.add(key)
  }

  /** No container at its capacity explains what grows without requests, or has gone on for long enough. */
  #kept({ key, scope, exposure, rate }: Leak): Kept {
    const isUnexplained = scope === 'process' || this.#outlasted.has(key)
    return { requests: isUnexplained ? Number.POSITIVE_INFINITY : exposure, bytes: rate * exposure }
  }

  mayBeFilling(key: string): boolean {
    const sought = this.#sought.find((one) => one.leak.key === key)
    if (sought?.stage !== 'near' || performance.now() - sought.sinceMs > MAX_WAIT_MS) return false
    return mayBeFilling(this.#looks.slice(sought.firstLook), this.#kept(sought.leak))
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    this.#sought = []
    this.#forget()
  }

  /** Looks, queries and what is forgotten in the end: each changes what memprof keeps on the heap. */
  get work(): number {
    return this.#work
  }

  /** True while a look waits for nothing but the pause budget: it goes before a reading. */
  get isNext(): boolean {
    return this.#timer !== null && performance.now() >= this.#dueMs
  }

  #plan(afterMs: number): void {
    this.#dueMs = performance.now() + afterMs
    const ms = Math.max(afterMs, this.#options.restMs())
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#options.timed(() => this.#next())
    }, ms)
    this.#timer.unref()
  }

  #next(): void {
    // A reading may have been made meanwhile.
    if (this.#options.restMs() > 0) return this.#plan(0)
    if (this.#census?.isOpen) {
      this.#takeCensus(this.#census)
      return this.#plan(0)
    }
    try {
      const due = this.#sought.filter((one) => this.#isDue(one))
      for (const sought of due) sought.looks++
      if (due.length > 0) {
        this.#look()
        for (const one of this.#sought.filter((sought) => this.#isReady(sought)))
          this.#conclude(one)
      }
      this.#giveUp()
    } finally {
      if (this.#sought.length > 0) this.#plan(LOOK_INTERVAL_MS)
      else this.#forget()
    }
    this.#options.looked()
  }

  #forget(): void {
    this.#work++
    this.#looks = []
    this.#memory = null
    this.#queried = []
    this.#census = null
    this.#cut = ''
  }

  /** Whether enough has happened since the last look for another to tell more. */
  #isDue(sought: Sought): boolean {
    const last = this.#looks.at(-1)
    if (!last || sought.firstLook === this.#looks.length) return true
    const suspect = this.#suspect(sought)
    if (suspect.routes === null) return true
    return exposureBetween(suspect, last, this.#exposure([])) >= MIN_REQUESTS_BETWEEN
  }

  #isReady(sought: Sought): boolean {
    const { firstLook } = sought
    const first = this.#looks[firstLook]
    const last = this.#looks.at(-1)
    if (!first || !last || this.#looks.length - firstLook < MIN_LOOKS) return false
    const suspect = this.#suspect(sought)
    const needed = suspect.routes === null ? MIN_SECONDS : MIN_REQUESTS
    return exposureBetween(suspect, first, last) >= needed
  }

  #conclude(sought: Sought): void {
    const { leak } = sought
    const suspect = this.#suspect(sought)
    const looks = this.#looks.slice(sought.firstLook)
    const ranked = rankHolders(suspect, sought.stage === 'census' ? looks : looks.map(onlyWalked))
    if (ranked.length === 0 && sought.isTold && this.#goesOn(sought)) return
    this.#sought = this.#sought.filter((one) => one !== sought)
    this.#known.set(leak.key, sought.isTold || ranked.length > 0)
    if (ranked.some(({ container: { variable } }) => variable.seenFrom && variable.url === '')) {
      this.#readUrls()
    }
    const holders = ranked.map((one) => this.#holder(one))
    const bounds = likeliest(ranked).map(({ container: { size }, growth, capacity }) => ({
      size,
      growth,
      capacity,
    }))
    if (ranked.length === 0 && !sought.isTold) {
      const full = containerAtCapacity(looks, this.#kept(leak))
      if (full) bounds.push({ size: full.size, growth: 1, capacity: full.size })
    }
    this.#options.found(leak, { holders, bounds, ...this.#note() })
  }

  /** Nothing was found: whether it is searched for in another way. */
  #goesOn(sought: Sought): boolean {
    if (sought.stage === 'near') {
      sought.stage = 'wide'
      if (this.#mayQuery() && sought.frames.length > 0) this.#query(sought)
    } else if (sought.stage === 'wide' && this.#mayQuery()) {
      sought.stage = 'census'
      this.#census ??= new Census()
    } else return false
    sought.firstLook = this.#looks.length
    sought.looks = 0
    return true
  }

  #holder({ container, growth, capacity }: RankedHolder): Holder {
    const { path, kind, size } = container
    const { seenFrom } = container.variable
    const url = container.variable.url || this.#memory?.urls.get(seenFrom?.scriptId ?? '') || ''
    const variable = { ...container.variable, url }
    const { name, ...place } = declarationOf(variable, this.#maps)
    const shown = name === undefined ? path : name + path.slice(variable.name.length)
    return {
      path: shown.slice(0, MAX_PATH_CHARS),
      kind,
      size,
      growthPerRequest: Math.round(growth * 1000) / 1000,
      ...(capacity === Number.POSITIVE_INFINITY ? {} : { capacity }),
      ...place,
    }
  }

  /** Scripts by id; again where one was loaded since. */
  #readUrls(): void {
    const beganMs = performance.now()
    for (const [id, url] of this.#options.session.scriptUrls()) this.#memory?.urls.set(id, url)
    this.#options.paused(performance.now() - beganMs)
  }

  #note(): { note?: string } {
    const walk = {
      '': '',
      time: `after ${MAX_LOOK_MS} ms`,
      objects: `after ${MAX_OBJECTS} objects`,
      functions: `after ${MAX_FUNCTIONS} functions`,
    }[this.#cut]
    const census = this.#census?.cut ? `${this.#census.cut} of one kind` : ''
    const stopped = [walk, census].filter((where) => where !== '').join(' and ')
    return stopped === '' ? {} : { note: `the search stopped ${stopped}: other holders may exist` }
  }

  #giveUp(): void {
    const nowMs = performance.now()
    this.#sought = this.#sought.filter(({ leak, isTold, sinceMs, looks }) => {
      const goesOn = nowMs - sinceMs < MAX_SEARCH_MS && looks < MAX_LOOKS
      if (!goesOn) this.#known.set(leak.key, isTold)
      return goesOn
    })
  }

  #look(): void {
    const { config, session, isOwn, paused } = this.#options
    this.#work++
    this.#memory ??= newMemory()
    const memory = this.#memory
    if (memory.urls.size === 0) this.#readUrls()
    const beganMs = performance.now()
    for (const { frames } of this.#sought) {
      for (const frame of frames) {
        const key = positionKey(frame)
        if (!memory.texts.has(key)) memory.texts.set(key, '')
      }
    }
    const roots = this.#roots()
    const bounds = {
      ms: Math.min(MAX_LOOK_MS, config.maxPauseMs),
      objects: MAX_OBJECTS,
      functions: MAX_FUNCTIONS,
    }
    const everywhere = this.#sought.some(({ stage }) => stage !== 'near')
    let walked: Walked | null = null
    let tookMs = 0
    try {
      walked = session.inspect((inspection) =>
        walk(roots, { inspection, memory, bounds, isOwn, everywhere }),
      )
    } finally {
      tookMs = performance.now() - beganMs
      paused(tookMs)
      // What failed, or took too long (a dictionary's keys are counted in one go), is not done again.
      if (!walked || tookMs > config.maxPauseMs) this.#abandon(tookMs)
    }
    if (this.#sought.length === 0 || !walked) return
    this.#cut ||= walked.cut
    const { containers } = walked
    this.#looks.push(this.#exposure([...containers, ...(this.#census?.containers(memory) ?? [])]))
  }

  #abandon(tookMs: number): void {
    const took = `a look took ${Math.round(tookMs)} ms`
    const note = `what keeps it was not searched for any further: ${took}, more than MEMPROF_MAX_PAUSE`
    const tooLong = tookMs > this.#options.config.maxPauseMs
    for (const { leak } of this.#sought.splice(0)) {
      this.#known.set(leak.key, true)
      if (tooLong) this.#options.found(leak, { holders: [], bounds: [], note })
    }
  }

  /** The leaks' own handlers first, then those of layers and other routes, then whole servers. */
  #roots(): Root[] {
    const { routes } = this.#recorder!
    const own = this.#sought.flatMap(({ leak }) =>
      leak.route === null ? [] : [...(routes.routes[leak.route]?.handlers ?? [])],
    )
    const queried = this.#queried.flatMap((ref) => ref.deref() ?? [])
    const layers = routes.layers.flatMap(({ handlers }) => [...handlers])
    const others = routes.routes.flatMap(({ handlers }) => [...handlers])
    const near = (values: readonly object[], stepsAhead: number): Root[] =>
      values.map((value) => ({
        value,
        name: typeof value === 'function' ? '' : 'server',
        stepsAhead,
      }))
    return [
      ...near(queried, 0),
      ...near(own, 0),
      ...near(layers, 0),
      ...near(others, 1),
      ...near(this.#options.servers(), 1),
    ]
  }

  #exposure(containers: Look['containers']): Look {
    const { routes, stats } = this.#recorder!
    const ended = routes.routes.map(() => 0)
    for (const { route, endedTotal } of stats) ended[route.id] = endedTotal
    return { timeMs: performance.now(), ended, containers }
  }

  #suspect({ leak, frames }: Sought): Suspect {
    const { routes } = this.#recorder!.routes
    const paying =
      leak.scope === 'process'
        ? null
        : leak.route !== null
          ? [leak.route]
          : routes.flatMap(({ pattern }, at) => (below({ route: pattern }, leak) ? [at] : []))
    return {
      routes: paying,
      bytesPerExposure: leak.rate,
      scripts: new Set(frames.map(({ scriptId }) => scriptId)),
      texts: [...new Set(frames.map(positionKey))].flatMap(
        (key) => this.#memory?.texts.get(key) || [],
      ),
    }
  }

  #mayQuery(): boolean {
    const { config, readingMs } = this.#options
    return QUERY_PAUSES * readingMs() <= config.maxPauseMs
  }

  /** One kind of container: each is a pause of its own. */
  #takeCensus(census: Census): void {
    const { session, paused } = this.#options
    this.#work++
    const beganMs = performance.now()
    census.follow(session.inspect((inspection) => census.ask(inspection)) ?? [])
    paused(performance.now() - beganMs)
  }

  /** Finds the functions of a leak's stacks among all there are: by name first, then by place. */
  #query({ frames }: Sought): void {
    const { session, paused } = this.#options
    const beganMs = performance.now()
    const keys = new Set(frames.map(positionKey))
    const names = new Set(['', ...frames.map(({ functionName }) => functionName)])
    for (const { functionName } of frames) names.add(functionName.split('.').at(-1)!)
    const found = session.inspect((inspection) => findFunctions(inspection, names, keys)) ?? []
    this.#queried = [...this.#queried, ...found.map((fn) => new WeakRef(fn))]
    paused(performance.now() - beganMs)
  }
}

function onlyWalked(look: Look): Look {
  return { ...look, containers: look.containers.filter(({ id }) => id >= 0) }
}

function findFunctions(
  inspection: Inspection,
  names: ReadonlySet<string>,
  keys: ReadonlySet<string>,
): object[] {
  const all = inspection.allOf(functionPrototype)
  const found: object[] = []
  let asked = 0
  for (let at = 0; all && at < all.length && asked < MAX_ASKED; at++) {
    const fn = all[at]!
    if (typeof fn !== 'function') continue
    const name = ownValue(fn, 'name')
    if (typeof name !== 'string' || !names.has(name)) continue
    asked++
    const position = inspection.locate(fn)
    if (position && keys.has(positionKey(position))) found.push(fn)
  }
  return found
}
