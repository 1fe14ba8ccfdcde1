/** Asks for which requests a leak grows where its stacks do not tell: one trace for all leaks that wait. */
import { alive } from '../holders/alive'
import type { StackFrame } from '../inspector/stack-frame'
import { type Subject, Trace, type TraceOptions, type TraceResult } from '../trace/trace'
import type { PlaceSeries } from '../verdict/observation'
import { pooled } from '../verdict/traced'
import type { Inquiry } from './inquiry'
import type { LeakLife } from './leak-life'
import { stackKey, type Traces } from './traces'

/** Of a leak's places, the largest, so many are traced. */
const MAX_PLACES = 12

type Stack = readonly StackFrame[]

interface TracedLife {
  readonly life: LeakLife
  /** Of its places, as they were when the trace began. */
  readonly stacks: readonly Stack[]
  /** What keeps it, and how many of those objects are its first holder's. */
  readonly containers: ReadonlyArray<WeakRef<object>>
  readonly ofHolder: number
}

export interface TraceInquiryOptions extends TraceOptions {
  readonly traces: Traces
  /** Places that grow whose payer no label tells, largest first. */
  readonly unsure: () => readonly PlaceSeries[]
  /** Those of the leaks that were judged last. */
  readonly lives: () => readonly LeakLife[]
  readonly maxPauseMs: number
}

export class TraceInquiry implements Inquiry {
  readonly #options: TraceInquiryOptions
  #waiting: LeakLife[] = []
  #traced: readonly TracedLife[] = []
  /** Other leaks: one function may allocate what several of them keep, each elsewhere. */
  #beside: readonly TracedLife[] = []
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
    this.#traced = this.#waiting.map((life) => tracedLife(life))
    this.#waiting = []
    this.#dueMs = Number.POSITIVE_INFINITY
    const found = this.#traced.flatMap(({ containers }) => containers)
    if (found.length > 0) this.#containers = found
    // Whose a leak is that labels tell, no execution says more of, nor does it say whose the others are.
    const isPayerKnown = this.#traced.every(({ life }) => life.isDirect)
    this.#others = isPayerKnown ? [] : this.#options.unsure().map(({ frames }) => frames)
    this.#beside = this.#options
      .lives()
      .filter((life) => !life.isDirect && !this.#traced.some((one) => one.life === life))
      .map((life) => tracedLife(life))
    const subjects: Subject[] = this.#traced.map(({ life, stacks, containers, ofHolder }) => ({
      functions: life.isDirect ? [] : functionsOf(stacks),
      adders: addersOf(life),
      containers: alive(containers.length > 0 ? containers : this.#containers),
      ofHolder,
    }))
    const beside = { functions: [], adders: [], containers: [], ofHolder: 0 }
    for (const { containers } of this.#beside) {
      subjects.push({ ...beside, containers: alive(containers) })
    }
    subjects.push({ ...beside, functions: functionsOf(this.#others) })
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

  #note({ runs, growths, changed, receivers }: TraceResult): void {
    const { traces } = this.#options
    for (const [key, shares] of runs) traces.noteRuns(key, shares)
    for (const [key, refs] of receivers) traces.noteReceivers(key, refs)
    const known = [...this.#traced, ...this.#beside].map((one, at) => ({
      ...one,
      growths: growths[at]!,
      keys: new Set(one.stacks.map(stackKey)),
    }))
    const note = (frames: Stack, of: typeof known): void => {
      const growths = of.flatMap((one) => one.growths)
      const isWhole = of.every((one) => one.containers.length > 0 && one.growths.length > 0)
      if (growths.length > 0) traces.noteGrowth(frames, pooled(growths), isWhole)
    }
    const untold = known.filter(({ life }) => !life.isDirect)
    for (const { stacks } of untold) {
      for (const frames of stacks) {
        note(
          frames,
          untold.filter(({ keys }) => keys.has(stackKey(frames))),
        )
      }
    }
    for (const frames of this.#others) note(frames, untold)
    this.#traced.forEach(({ life }, at) => {
      const of = changed[at]
      if (of) life.noteChanges(of)
    })
    this.#release()
  }

  #release(): void {
    for (const { life } of this.#traced) life.noteTrace(this.#options.now())
    this.#traced = []
    this.#beside = []
  }
}

function tracedLife(life: LeakLife): TracedLife {
  const { objects = [], beside = [] } = life.holders ?? {}
  const [first = [], ...others] = objects
  // Of those that are gone the trace says nothing: the order has to stay.
  const living = first.filter((ref) => ref.deref() !== undefined)
  return {
    life,
    stacks: stacksOf(life),
    containers: [...living, ...others.flat(), ...beside],
    ofHolder: living.length,
  }
}

function stacksOf({ leak }: LeakLife): Stack[] {
  return leak.places
    .slice(0, MAX_PLACES)
    .map(({ place: { frames } }) => frames)
    .filter((frames) => frames.length > 0)
}

/**
 * What allocates, and what the event loop called, of the app, those of the largest places first. Node's own
 * functions run for everybody.
 */
function functionsOf(stacks: readonly Stack[]): StackFrame[] {
  return stacks.flatMap((frames) => [frames[0]!, frames.at(-1)!]).filter(isNotOfNode)
}

/**
 * Functions in the stacks of what a leak keeps, and of the tables of its containers: one of them adds to what
 * keeps it. The app's own, or where there is none, those of packages: at the place that calls into a package
 * the app adds, as its author sees it.
 */
function addersOf({ leak: { places, tables } }: LeakLife): StackFrame[] {
  const all = [...tables, ...places.map(({ place }) => place)]
    .flatMap(({ frames }) => frames)
    .filter((frame) => isNotOfNode(frame) && frame.url !== '')
  const ofApp = all.filter(({ url }) => !url.includes('/node_modules/'))
  return ofApp.length > 0 ? ofApp : all
}

function isNotOfNode({ url }: StackFrame): boolean {
  return !url.startsWith('node:')
}
