/**
 * Looks, for a few seconds in the live process, for which requests a leak grows:
 *
 *     settle           watch                          drain
 *     |----------------|------------------------------|-----------|
 *     requests get     executions of the functions    requests    result
 *     their marks      that allocate it, sizes of     in flight
 *                      the containers that keep it    end
 *
 * docs/method.md, "Whose bytes": tracing. Goes in steps, each a pause of the app.
 */
import type { Logpoints } from '../inspector/logpoints'
import { type FunctionPosition, positionKey } from '../inspector/stack-frame'
import type { RequestMarks } from '../record/request-marks'
import type { Shares } from '../verdict/observation'
import { THRESHOLDS } from '../verdict/thresholds'
import { Executions } from './executions'
import { Slices } from './slices'
import type { Tally } from './tally'

/** Before it is watched, ms: a request that came before has no mark. */
const SETTLE_MS = 1000
/** Watched for this long at least, and at most where little happens, ms. */
const MIN_WATCH_MS = 2000
const LONG_WATCH_MS = 5000
const MAX_WATCH_MS = 15_000
/** How often it is asked whether enough was seen, ms. */
const LOOK_MS = 250
/** Entries added from which enough was seen. */
const ENOUGH_ENTRIES = 100
/** Until the requests that were seen have ended, ms. */
const DRAIN_MS = 1500

/** One leak, as far as a trace may see it. */
export interface Subject {
  /** Functions that allocate it, and those that call them. */
  readonly functions: readonly FunctionPosition[]
  /** Containers that keep it, where they were found. */
  readonly containers: readonly object[]
}

export interface TraceResult {
  /** Executions, by `positionKey` of the function. */
  readonly runs: ReadonlyMap<string, Shares>
  /** For each subject, entries that each of its containers grew by. */
  readonly growths: ReadonlyArray<readonly Shares[]>
  /** Objects as whose methods the functions ran, by `positionKey`. */
  readonly receivers: Executions['receivers']
}

export interface TraceOptions {
  readonly marks: RequestMarks
  readonly logpoints: Logpoints
  readonly now: () => number
}

type Stage = 'settle' | 'watch' | 'drain' | 'over'

export class Trace {
  readonly #options: TraceOptions
  readonly #subjects: readonly Subject[]
  readonly #slices: Slices
  #executions: Executions | null = null
  #growths: Tally[][] = []
  #stage: Stage = 'settle'
  #dueMs: number
  #beganMs = 0
  #result: TraceResult | null = null

  /** @param withDebugger - whether executions may be looked at too */
  constructor(subjects: readonly Subject[], options: TraceOptions, withDebugger: boolean) {
    const { marks, now } = options
    this.#options = options
    this.#subjects = subjects.map((subject) =>
      withDebugger ? subject : { ...subject, functions: [] },
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
    return this.#executions?.hitsMs ?? 0
  }

  step(): void {
    if (this.#stage === 'settle') this.#watch()
    else if (this.#stage === 'watch') this.#look()
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
    this.#growths = this.#subjects.map(({ containers }) =>
      containers.flatMap((container) => this.#slices.watch(container) ?? []),
    )
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
    this.#stopWatching()
    this.#stage = 'drain'
    this.#dueMs = nowMs + DRAIN_MS
  }

  #sawEnough(watchedMs: number): boolean {
    // Where requests are few, it is enough that the verdict takes a function's hits for what they are.
    const needed = watchedMs < LONG_WATCH_MS ? undefined : THRESHOLDS.trace.minSeen
    if (this.#executions && !this.#executions.sawEnough(needed)) return false
    return this.#growths.every((tallies) => tallies.every(({ total }) => total >= ENOUGH_ENTRIES))
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
      growths: this.#growths.map((of) => of.map((tally) => tally.shares())),
      receivers: this.#executions?.receivers ?? new Map(),
    }
    this.close()
  }
}

function distinct(functions: readonly FunctionPosition[]): FunctionPosition[] {
  return [...new Map(functions.map((fn) => [positionKey(fn), fn])).values()]
}
