/** Asks for which requests a leak grows where its stacks do not tell: one trace for all leaks that wait. */
import { alive } from '../holders/alive'
import { type FunctionPosition, positionKey, type StackFrame } from '../inspector/stack-frame'
import { Trace, type TraceOptions, type TraceResult } from '../trace/trace'
import type { PlaceSeries } from '../verdict/observation'
import { pooled } from '../verdict/traced'
import type { Inquiry } from './inquiry'
import type { LeakLife } from './leak-life'
import type { Traces } from './traces'

/** Of a leak's places, the largest, so many are traced. */
const MAX_PLACES = 12

type Stack = readonly StackFrame[]

interface TracedLife {
  readonly life: LeakLife
  /** Of its places, as they were when the trace began. */
  readonly stacks: readonly Stack[]
}

export interface TraceInquiryOptions extends TraceOptions {
  readonly traces: Traces
  /** Places that grow whose payer no label tells, largest first. */
  readonly unsure: () => readonly PlaceSeries[]
  readonly maxPauseMs: number
}

export class TraceInquiry implements Inquiry {
  readonly #options: TraceInquiryOptions
  #waiting: LeakLife[] = []
  #traced: readonly TracedLife[] = []
  /** Of leaks that were traced before: what keeps one has many parts. */
  #containers: ReadonlyArray<WeakRef<object>> = []
  /** Of what else grows. */
  #others: readonly Stack[] = []
  #trace: Trace | null = null
  #dueMs = Number.POSITIVE_INFINITY
  #work = 0
  #asideMs = 0
  /** Until a step with it took too long: the more code is loaded, the longer its start takes. */
  #withDebugger = true

  constructor(options: TraceInquiryOptions) {
    this.#options = options
  }

  get dueMs(): number {
    return this.#trace?.dueMs ?? this.#dueMs
  }

  get work(): number {
    return this.#work
  }

  pursue(life: LeakLife): void {
    life.awaitTrace(this.#options.now())
    if (!life.wantsTrace(this.#options.now())) return
    life.isTraced = true
    this.#waiting.push(life)
    this.#dueMs = this.#options.now()
  }

  step(): void {
    const beganMs = this.#options.now()
    if (this.#trace) this.#goOn(this.#trace)
    else this.#begin()
    if (this.#options.now() - beganMs > this.#options.maxPauseMs) this.#withDebugger = false
  }

  takeAsideMs(): number {
    const ms = this.#asideMs
    this.#asideMs = 0
    return ms
  }

  close(): void {
    this.#trace?.close()
    this.#trace = null
    this.#waiting = []
    this.#dueMs = Number.POSITIVE_INFINITY
  }

  #begin(): void {
    this.#traced = this.#waiting.map((life) => ({ life, stacks: stacksOf(life) }))
    this.#waiting = []
    this.#dueMs = Number.POSITIVE_INFINITY
    const found = this.#traced.map(({ life }) => life.holders?.containers ?? [])
    if (found.flat().length > 0) this.#containers = found.flat()
    this.#others = this.#options.unsure().map(({ frames }) => frames)
    const subjects = this.#traced.map(({ stacks }, at) => ({
      functions: functionsOf(stacks),
      containers: alive(found[at]!.length > 0 ? found[at]! : this.#containers),
    }))
    subjects.push({ functions: functionsOf(this.#others), containers: [] })
    this.#work++
    this.#trace = new Trace(subjects, this.#options, this.#withDebugger)
  }

  #goOn(trace: Trace): void {
    const { result } = this.#stepOf(trace)
    if (!result) return
    this.#asideMs += trace.hitsMs
    this.#trace = null
    this.#work++
    this.#note(result)
    if (this.#waiting.length > 0) this.#dueMs = this.#options.now()
  }

  /** A trace that fails leaves everything as it was, and says nothing. */
  #stepOf(trace: Trace): { result: TraceResult | null } {
    try {
      trace.step()
      return trace
    } catch (error) {
      trace.close()
      this.#trace = null
      this.#release()
      throw error
    }
  }

  #note({ runs, growths, receivers }: TraceResult): void {
    const { traces } = this.#options
    for (const [key, shares] of runs) traces.noteRuns(key, shares)
    for (const [key, refs] of receivers) traces.noteReceivers(key, refs)
    this.#traced.forEach(({ stacks }, at) => {
      if (growths[at]!.length === 0) return
      for (const frames of stacks) traces.noteGrowth(frames, pooled(growths[at]!))
    })
    const all = growths.flat()
    for (const frames of all.length > 0 ? this.#others : []) traces.noteGrowth(frames, pooled(all))
    this.#release()
  }

  #release(): void {
    for (const { life } of this.#traced) life.noteTrace(this.#options.now())
    this.#traced = []
  }
}

function stacksOf({ leak }: LeakLife): Stack[] {
  return leak.places
    .slice(0, MAX_PLACES)
    .map(({ place: { frames } }) => frames)
    .filter((frames) => frames.length > 0)
}

/**
 * What allocates, and what the event loop called, of the app: each once, those of the largest places
 * first. Node's own functions run for everybody.
 */
function functionsOf(stacks: readonly Stack[]): FunctionPosition[] {
  const found = new Map<string, FunctionPosition>()
  for (const frames of stacks) {
    for (const frame of [frames[0]!, frames.at(-1)!]) {
      if (!frame.url.startsWith('node:')) found.set(positionKey(frame), frame)
    }
  }
  return [...found.values()]
}
