/**
 * Looks, for a few seconds in the live process, for which requests a leak grows:
 *
 *     settle           watch                          locate          drain
 *     |----------------|------------------------------|---------------|-----------|
 *     requests get     executions of the functions    the places at   requests    result
 *     their marks      that allocate it, sizes of     which those     in flight
 *                      the containers that keep it    grow            end
 *
 * docs/method.md, "Whose bytes": tracing. Goes in steps, each a pause of the app.
 */
import type { Logpoints } from '../inspector/logpoints'
import { positionKey, type StackFrame } from '../inspector/stack-frame'
import type { RequestMarks } from '../record/request-marks'
import type { Changed, Shares } from '../verdict/observation'
import { THRESHOLDS } from '../verdict/thresholds'
import { pooled } from '../verdict/traced'
import { Additions } from './additions'
import { Executions } from './executions'
import { type Changes, Slices } from './slices'
import type { Tally } from './tally'

/** Before it is watched, ms: a request that came before has no mark. */
const SETTLE_MS = 1000
/** Watched for this long at least, and at most where little happens, ms. */
const MIN_WATCH_MS = 2000
const LONG_WATCH_MS = 5000
const MAX_WATCH_MS = 15_000
/** How often it is asked whether enough was seen, ms. */
const LOOK_MS = 250
/** Entries that stay from which enough was seen, and entries added where hardly any stays. */
const ENOUGH_KEPT = 100
const ENOUGH_ADDED = 1000
/** The places at which containers grow are watched for so long, at most, ms. */
const MAX_LOCATE_MS = 3000
/** Until the requests that were seen have ended, ms. */
const DRAIN_MS = 1500

/** One leak, as far as a trace may see it. */
export interface Subject {
  /** Functions whose executions tell who pays: those that allocate it, and those that call them; any may recur. */
  readonly functions: readonly StackFrame[]
  /** Functions that may add to its containers. */
  readonly adders: readonly StackFrame[]
  /** Containers that keep it, where they were found; first those that are its first holder. */
  readonly containers: readonly object[]
  readonly ofHolder: number
}

export interface TraceResult {
  /** Executions, by `positionKey` of the function. */
  readonly runs: ReadonlyMap<string, Shares>
  /** For each subject, what each of its containers grew by, of those whose size can be read. */
  readonly growths: ReadonlyArray<readonly Shares[]>
  /** For each subject, of its first holder; null where that is not known. */
  readonly changed: ReadonlyArray<Changed | null>
  /** Objects as whose methods the functions ran, by `positionKey`. */
  readonly receivers: Executions['receivers']
}

export interface TraceOptions {
  readonly marks: RequestMarks
  readonly logpoints: Logpoints
  readonly now: () => number
  /** Requests that ended, by index of the route. */
  readonly ended: () => readonly number[]
  /** Of the heap, to the byte, garbage included. */
  readonly usedBytes: () => number
}

type Stage = 'settle' | 'watch' | 'locate' | 'drain' | 'over'

export class Trace {
  readonly #options: TraceOptions
  readonly #subjects: readonly Subject[]
  readonly #slices: Slices
  #executions: Executions | null = null
  #additions: Additions | null = null
  #changes: Array<Array<Changes | null>> = []
  /** When the containers began to be watched, and while they were. */
  #endedBefore: readonly number[] = []
  #requests: readonly number[] = []
  #stage: Stage = 'settle'
  #dueMs: number
  #beganMs = 0
  #result: TraceResult | null = null

  /** @param withDebugger - whether executions may be looked at too */
  constructor(subjects: readonly Subject[], options: TraceOptions, withDebugger: boolean) {
    const { marks, now } = options
    this.#options = options
    this.#subjects = subjects.map((subject) =>
      withDebugger ? subject : { ...subject, functions: [], adders: [] },
    )
    this.#slices = new Slices(marks, now)
    marks.begin()
    this.#slices.begin()
    this.#dueMs = now() + SETTLE_MS
  }

  /** When the next step is due, ms. */
  get dueMs(): number {
    return this.#dueMs
  }

  /** Null until it is over. */
  get result(): TraceResult | null {
    return this.#result
  }

  /** Time of the app's that was taken between the steps, ms. */
  get hitsMs(): number {
    return (this.#executions?.hitsMs ?? 0) + (this.#additions?.hitsMs ?? 0)
  }

  step(): void {
    if (this.#stage === 'settle') this.#watch()
    else if (this.#stage === 'watch') this.#look()
    else if (this.#stage === 'locate') this.#lookForPlaces()
    else if (this.#stage === 'drain') this.#conclude()
  }

  /** Leaves everything as it was. */
  close(): void {
    this.#stopWatching()
    this.#slices.end()
    this.#options.marks.end()
    this.#stage = 'over'
    this.#dueMs = Number.POSITIVE_INFINITY
  }

  #watch(): void {
    const { now, logpoints, marks } = this.#options
    const functions = distinct(this.#subjects.flatMap((subject) => subject.functions))
    if (functions.length > 0 && logpoints.open()) {
      this.#executions = new Executions(functions, logpoints, marks, now)
    }
    this.#changes = this.#subjects.map(({ containers }) =>
      containers.map((container) => this.#slices.watch(container)),
    )
    this.#endedBefore = this.#options.ended()
    this.#stage = 'watch'
    this.#beganMs = now()
    this.#dueMs = this.#beganMs + LOOK_MS
  }

  #look(): void {
    const nowMs = this.#options.now()
    const watchedMs = nowMs - this.#beganMs
    if (watchedMs < MIN_WATCH_MS || (watchedMs < MAX_WATCH_MS && !this.#sawEnough(watchedMs))) {
      this.#executions?.look()
      this.#dueMs = nowMs + LOOK_MS
      return
    }
    this.#executions?.stop()
    this.#stage = 'locate'
    this.#beganMs = nowMs
    this.#dueMs = nowMs
  }

  #lookForPlaces(): void {
    const { now, logpoints, usedBytes } = this.#options
    const slices = this.#slices
    const grown = this.#watched.filter(({ added }) => added.total > 0)
    if (!this.#additions && grown.length > 0) {
      const adders = distinct(this.#subjects.flatMap((subject) => subject.adders))
      if (adders.length > 0 && (logpoints.isOpen || logpoints.open())) {
        this.#additions = new Additions(adders, { logpoints, slices, grown, now, usedBytes })
      }
    }
    const additions = this.#additions
    const isLate = now() - this.#beganMs >= MAX_LOCATE_MS
    if (additions && !additions.isOver && !isLate) {
      additions.look()
      this.#dueMs = now() + LOOK_MS
      return
    }
    additions?.stop()
    this.#stopWatching()
    this.#requests = this.#options
      .ended()
      .map((ended, at) => Math.max(0, ended - (this.#endedBefore[at] ?? 0)))
    this.#stage = 'drain'
    this.#dueMs = now() + DRAIN_MS
  }

  /** Of the containers whose size can be read. */
  get #watched(): Changes[] {
    return readable(this.#changes.flat())
  }

  #sawEnough(watchedMs: number): boolean {
    // Where requests are few, it is enough that the verdict takes a function's hits for what they are.
    const needed = watchedMs < LONG_WATCH_MS ? undefined : THRESHOLDS.trace.minSeen
    if (this.#executions && !this.#executions.sawEnough(needed)) return false
    return this.#watched.every(
      ({ added, removed }) =>
        added.total >= ENOUGH_ADDED || added.less(removed).total >= ENOUGH_KEPT,
    )
  }

  #stopWatching(): void {
    this.#slices.release()
    // Whatever became of the executions: what was opened is closed.
    this.#options.logpoints.close()
  }

  #conclude(): void {
    const tallies = this.#executions?.tallies ?? new Map<string, Tally>()
    this.#result = {
      runs: new Map([...tallies].map(([key, tally]) => [key, tally.shares()])),
      growths: this.#changes.map((of) =>
        readable(of).map(({ added, removed }) => {
          // What a request takes away again, it keeps nothing by.
          const kept = added.less(removed)
          return { ...kept.shares(), requests: this.#requests, outcomes: kept.outcomes() }
        }),
      ),
      changed: this.#subjects.map(({ ofHolder }, at) =>
        this.#changedOf(readable((this.#changes[at] ?? []).slice(0, ofHolder))),
      ),
      receivers: this.#executions?.receivers ?? new Map(),
    }
    this.close()
  }

  /** Of one holder, that may be several containers. */
  #changedOf(holder: readonly Changes[]): Changed | null {
    const [most] = holder.toSorted((a, b) => b.added.total - a.added.total)
    if (!most) return null
    return {
      added: pooled(holder.map(({ added }) => added.shares())),
      removed: pooled(holder.map(({ removed }) => removed.shares())),
      addedAt: this.#additions?.placeOf(most) ?? null,
      allocated: this.#additions?.allocatedFor(holder) ?? [],
    }
  }
}

function readable(changes: ReadonlyArray<Changes | null>): Changes[] {
  return changes.filter((of) => of !== null)
}

function distinct(functions: readonly StackFrame[]): StackFrame[] {
  return [...new Map(functions.map((fn) => [positionKey(fn), fn])).values()]
}
