/**
 * Who keeps a leak: once it is found, a few looks at the app's variables some requests apart, and the
 * containers that grew in step; where nothing was found, and only for a leak that was told, more
 * thoroughly. Goes in steps, each a pause of the app.
 */
import { Census } from './census'
import { containersIn } from './container-size'
import { likeliest, type Look, type RankedHolder, type Suspect } from './ranking'
import type { Inspection } from '../inspector/inspection'
import { className, functionPrototype, ownValue } from '../inspector/intrinsics'
import type { Root } from './roots'
import { walk, type Walked } from './walk'
import type { HeapSession } from '../inspector/session'
import { SourceMaps } from '../inspector/source-maps'
import { alive } from './alive'
import { declarationOf } from './declaration'
import { type Seekable, Sought } from './sought'
import { suspectOf, suspectOfAny } from './suspects'
import { newMemory, type WalkMemory } from './walk-memory'
import type { Holder } from '../schema/lines'
import { positionKey } from '../inspector/stack-frame'

/** Time of one look, ms; less where MEMPROF_MAX_PAUSE is less. */
const MAX_LOOK_MS = 150
/** Objects visited in one look, and functions asked for their scopes. */
const MAX_OBJECTS = 100_000
const MAX_FUNCTIONS = 400
/** Between two looks, at least, ms. */
const LOOK_INTERVAL_MS = 2000
/** A query of all functions takes about so many times a reading of the heap. */
const QUERY_PAUSES = 12
/** Functions of a query whose place is asked, at most: those that bear the right name. */
const MAX_ASKED = 1000
/** Shortened in the line: it comes from the app. */
const MAX_PATH_CHARS = 256

/** The app that is searched. */
export interface SearchedApp {
  readonly routes: ReadonlyArray<{
    readonly method: string
    readonly pattern: string
    readonly handlers: ReadonlySet<object>
  }>
  readonly layers: ReadonlyArray<{ readonly handlers: ReadonlySet<object> }>
  /** Requests that ended, by index of the route; of them those that the client gave up, and that failed. */
  ended(): readonly number[]
  aborted(): readonly number[]
  failed(): readonly number[]
  /** Those that listen. */
  servers(): readonly object[]
}

export interface HolderSearchOptions {
  readonly app: SearchedApp
  readonly session: Pick<HeapSession, 'inspect' | 'scriptUrls'>
  readonly isOwn: (url: string) => boolean
  readonly maxPauseMs: number
  readonly now: () => number
}

export class HolderSearch {
  readonly #options: HolderSearchOptions
  readonly #maps = new SourceMaps()
  #sought: Sought[] = []
  #memory: WalkMemory | null = null
  /** Functions of the leaks' stacks, found by a query. */
  #queried: Array<WeakRef<object>> = []
  #census: Census | null = null
  #cut: Walked['cut'] = ''
  #work = 0
  #dueMs = Number.POSITIVE_INFINITY

  constructor(options: HolderSearchOptions) {
    this.#options = options
  }

  /** When the next step may tell more, ms; Infinity while nothing is sought. */
  get dueMs(): number {
    return this.#dueMs
  }

  /** Looks, queries and what is forgotten in the end: each changes what memprof keeps on the heap. */
  get work(): number {
    return this.#work
  }

  /** Begins to look for what keeps a leak. */
  seek(seekable: Seekable): Sought {
    const nowMs = this.#options.now()
    const sought = new Sought(seekable, nowMs)
    this.#sought.push(sought)
    if (this.#dueMs === Number.POSITIVE_INFINITY) this.#dueMs = nowMs
    return sought
  }

  /**
   * Goes on by one pause of the app.
   *
   * @param readingMs - pause of the last reading of the heap, had V8 not marked before, by which others are foreseen
   */
  step(readingMs: number): void {
    const { now } = this.#options
    const census = this.#census?.isOpen ? this.#census : null
    try {
      if (census) this.#takeCensus(census)
      else this.#lookAround(readingMs)
    } finally {
      for (const sought of this.#sought) {
        if (!sought.isOver && sought.isHopeless(now())) sought.end(sought.isTold)
      }
      this.#sought = this.#sought.filter(({ isOver }) => !isOver)
      if (this.#sought.length > 0) this.#dueMs = now() + (census ? 0 : LOOK_INTERVAL_MS)
      else this.#forget()
    }
  }

  close(): void {
    this.#sought = []
    this.#forget()
  }

  #forget(): void {
    this.#dueMs = Number.POSITIVE_INFINITY
    this.#work++
    this.#memory = null
    this.#queried = []
    this.#census = null
    this.#cut = ''
  }

  #lookAround(readingMs: number): void {
    const sinceLook = this.#lookAt([])
    const due = this.#sought.filter((one) => one.isDue(this.#suspect(one), sinceLook))
    for (const sought of due) sought.noteOwnLook()
    if (due.length === 0) return
    this.#walk()
    const mayQuery = QUERY_PAUSES * readingMs <= this.#options.maxPauseMs
    for (const sought of this.#sought) this.#conclude(sought, mayQuery)
  }

  #conclude(sought: Sought, mayQuery: boolean): void {
    const suspect = this.#suspect(sought)
    if (sought.isOver || !sought.isReady(suspect)) return
    const ranked = sought.rank(suspect)
    if (ranked.length === 0 && sought.isTold && this.#goesOn(sought, mayQuery)) return
    if (ranked.some(({ container: { variable } }) => variable.seenFrom && variable.url === '')) {
      this.#readUrls()
    }
    const holders = ranked.map((one) => this.#holder(one))
    const bounds = sought.bounds(ranked)
    const objects = likeliest(ranked).map((one) => this.#objectsOf(one))
    const beside = this.#beside(sought)
    const found = { holders, bounds, objects, beside, ...noteOf(this.#cut, this.#census) }
    sought.end(sought.isTold || ranked.length > 0, found)
  }

  /** What a trace is to look at too. */
  #beside(sought: Sought): Array<WeakRef<object>> {
    const any = suspectOfAny(sought, this.#options.app, this.#texts)
    return any ? sought.rankOfAny(any).flatMap((one) => this.#objectsOf(one)) : []
  }

  /** The container, or those within it where they were added up. */
  #objectsOf({ container: { id, within } }: RankedHolder): Array<WeakRef<object>> {
    const ref = this.#memory?.containers.get(id === 0 ? within : id)
    const object = ref?.deref()
    if (!object || !ref) return []
    return id === 0 ? containersIn(object).map((one) => new WeakRef(one)) : [ref]
  }

  /** Nothing was found: whether it is searched for in another way. */
  #goesOn(sought: Sought, mayQuery: boolean): boolean {
    if (sought.stage === 'near') {
      sought.goOn('wide')
      if (mayQuery && sought.frames.length > 0) this.#query(sought)
      return true
    }
    if (sought.stage !== 'wide' || !mayQuery) return false
    sought.goOn('census')
    this.#census ??= new Census()
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
    for (const [id, url] of this.#options.session.scriptUrls()) this.#memory?.urls.set(id, url)
  }

  #walk(): void {
    const { maxPauseMs, session, isOwn, now } = this.#options
    this.#work++
    this.#memory ??= newMemory()
    const memory = this.#memory
    if (memory.urls.size === 0) this.#readUrls()
    const beganMs = now()
    for (const { frames } of this.#sought) {
      for (const frame of frames) {
        const key = positionKey(frame)
        if (!memory.texts.has(key)) memory.texts.set(key, '')
      }
    }
    const roots = this.#roots()
    const bounds = {
      ms: Math.min(MAX_LOOK_MS, maxPauseMs),
      objects: MAX_OBJECTS,
      functions: MAX_FUNCTIONS,
    }
    const everywhere = this.#sought.some(({ stage }) => stage !== 'near')
    // Of a process that serves nobody they are all there is; of others they lead to its connections.
    const fromTimers = this.#options.app.servers().length === 0
    let walked: Walked | null = null
    try {
      walked = session.inspect((inspection) =>
        walk(roots, { inspection, memory, bounds, isOwn, everywhere, fromTimers }),
      )
    } finally {
      const tookMs = now() - beganMs
      // What failed, or took too long (a dictionary's keys are counted in one go), is not done again.
      if (!walked || tookMs > maxPauseMs) this.#abandon(tookMs)
    }
    if (!walked) return
    this.#cut ||= walked.cut
    const look = this.#lookAt([...walked.containers, ...(this.#census?.containers(memory) ?? [])])
    for (const sought of this.#sought) sought.add(look)
  }

  #abandon(tookMs: number): void {
    const took = `a look took ${Math.round(tookMs)} ms`
    const note = `what keeps it was not searched for any further: ${took}, more than MEMPROF_MAX_PAUSE`
    const tooLong = tookMs > this.#options.maxPauseMs
    for (const sought of this.#sought) {
      sought.end(true, tooLong ? { holders: [], bounds: [], objects: [], beside: [], note } : null)
    }
  }

  /** What the leaks' functions are methods of and their handlers, those of layers and other routes, then whole servers. */
  #roots(): Root[] {
    const { app } = this.#options
    const own = this.#sought.flatMap(({ leak }) =>
      leak.route === null ? [] : [...(app.routes[leak.route]?.handlers ?? [])],
    )
    const receivers = this.#sought.flatMap((one) => alive(one.receivers))
    const queried = alive(this.#queried)
    const layers = app.layers.flatMap(({ handlers }) => [...handlers])
    const others = app.routes.flatMap(({ handlers }) => [...handlers])
    const near = (values: readonly object[], stepsAhead: number, name = ''): Root[] =>
      values.map((value) => ({
        value,
        name: typeof value === 'function' ? '' : name || className(value),
        stepsAhead,
      }))
    return [
      ...near(receivers, 0),
      ...near(queried, 0),
      ...near(own, 0),
      ...near(layers, 0),
      ...near(others, 1),
      ...near(app.servers(), 1, 'server'),
    ]
  }

  #lookAt(containers: Look['containers']): Look {
    const { app, now } = this.#options
    const [ended, aborted, failed] = [app.ended(), app.aborted(), app.failed()]
    return { timeMs: now(), ended, aborted, failed, containers }
  }

  #suspect(sought: Sought): Suspect {
    return suspectOf(sought, this.#options.app, this.#texts)
  }

  get #texts(): ReadonlyMap<string, string> {
    return this.#memory?.texts ?? new Map()
  }

  /** One kind of container: each is a pause of its own. */
  #takeCensus(census: Census): void {
    this.#work++
    const found = this.#options.session.inspect((inspection) => census.ask(inspection))
    if (found) census.follow(found)
    else this.#abandon(0)
  }

  /** Finds the functions of a leak's stacks among all there are: by name first, then by place. */
  #query({ frames }: Sought): void {
    const keys = new Set(frames.map(positionKey))
    const names = new Set(['', ...frames.map(({ functionName }) => functionName)])
    for (const { functionName } of frames) names.add(functionName.split('.').at(-1)!)
    const found =
      this.#options.session.inspect((inspection) => findFunctions(inspection, names, keys)) ?? []
    this.#queried = [...this.#queried, ...found.map((fn) => new WeakRef(fn))]
  }
}

/** Where the search stopped before its end. */
function noteOf(cut: Walked['cut'], census: Census | null): { note?: string } {
  const walk = {
    '': '',
    time: `after ${MAX_LOOK_MS} ms`,
    objects: `after ${MAX_OBJECTS} objects`,
    functions: `after ${MAX_FUNCTIONS} functions`,
  }[cut]
  const kinds = census?.cut ? `${census.cut} of one kind` : ''
  const stopped = [walk, kinds].filter((where) => where !== '').join(' and ')
  return stopped === '' ? {} : { note: `the search stopped ${stopped}: other holders may exist` }
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
