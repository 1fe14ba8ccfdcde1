/**
 * All leaks of the process: takes judgements and the steps of inquiries, and tells the listener what there
 * is to say. Nothing comes back from the listener.
 */
import type { Judgement, RouteJudgement } from '../verdict/judge'
import { withOpen } from '../verdict/books'
import type { Leak } from '../verdict/leak'
import type { Observation, PlaceSeries } from '../verdict/observation'
import type { Inquiry } from './inquiry'
import { LeakLife } from './leak-life'
import type { LeakListener } from './listener'
import { THRESHOLDS } from '../verdict/thresholds'

/** Lives known, at most, of leaks that went away before they were told: others come to fewer. */
const MAX_UNTOLD = 1024

export interface LivesOptions {
  readonly now: () => number
  /** Memory that is left. */
  readonly headroomBytes: () => number
  readonly inquiries: readonly Inquiry[]
  readonly listener: LeakListener
}

export class Lives {
  readonly #options: LivesOptions
  #inquiries: readonly Inquiry[]
  readonly #lives: Map<string, LeakLife> = new Map()
  /** In the order of their first lines. */
  readonly #told: LeakLife[] = []
  #judgement: Judgement | null = null
  #observation: Observation | null = null

  constructor(options: LivesOptions) {
    this.#options = options
    this.#inquiries = options.inquiries
  }

  /** Keys of the leaks that were told, and found by every judgement since. */
  get standing(): ReadonlySet<string> {
    return new Set(this.#told.flatMap(({ key, stands }) => (stands ? key : [])))
  }

  /** Places that grow whose payer no label tells, by the last judgement. */
  get unsure(): readonly PlaceSeries[] {
    return this.#judgement?.unsure ?? []
  }

  /** Those of the leaks that were judged last. */
  get current(): readonly LeakLife[] {
    return this.#judgement?.leaks.map((leak) => this.#lifeOf(leak)) ?? []
  }

  /** When the next step of an inquiry may tell more, ms; Infinity while there is nothing to ask. */
  get inquiryDueMs(): number {
    return Math.min(...this.#inquiries.map(({ dueMs }) => dueMs))
  }

  /** Steps of inquiries so far, and the like: each changes what memprof keeps on the heap. */
  get work(): number {
    return this.#inquiries.reduce((sum, { work }) => sum + work, 0)
  }

  /** @returns whether a leak was told for the first time, or with another figure */
  judged(judgement: Judgement, observation: Observation): boolean {
    this.#judgement = judgement
    this.#observation = observation
    const keys = new Set(judgement.leaks.map(({ key }) => key))
    for (const life of this.#lives.values()) if (!keys.has(life.key)) life.missed()
    for (const leak of judgement.leaks) this.#lifeOf(leak).found(leak)
    for (const leak of judgement.leaks) this.#pursue(this.#lifeOf(leak))
    return this.settle()
  }

  /**
   * One step of the inquiry that is due; `settle` says what comes of it.
   *
   * @returns time of the app's that was taken between the steps, ms
   */
  inquire(readingMs: number): number {
    const [next] = this.#inquiries.toSorted((a, b) => a.dueMs - b.dueMs)
    if (!next) return 0
    next.step(readingMs)
    // What one has found out another may have waited for.
    for (const leak of this.#judgement?.leaks ?? []) this.#pursue(this.#lifeOf(leak))
    return next.takeAsideMs()
  }

  /**
   * Tells what is to be told by now.
   *
   * @returns whether a leak was told for the first time, or with another figure
   */
  settle(): boolean {
    if (!this.#judgement || !this.#observation) return false
    const { listener, now } = this.#options
    const nowMs = now()
    for (const life of this.#lives.values()) life.settle(nowMs)
    // Once sampling began anew, readings have to come together again before a leak can be seen to stop.
    if (this.#observation.timeMs.length >= THRESHOLDS.leak.minReadings) {
      for (const life of this.#lives.values()) life.goesOn = life.isShown
    }
    const judgement = withoutHeldBack(this.#judgement, (key) => this.#isHeldBack(key))
    listener.judged({ judgement, observation: this.#observation, told: this.#told })
    const lives = judgement.leaks.map((leak) => this.#lifeOf(leak))
    const due = lives.filter(({ isDue }) => isDue)
    for (const life of due) this.#tell(life)
    for (const life of lives) if (life.areHoldersDue) this.#tell(life)
    for (const life of due) this.#pursue(life)
    return due.length > 0
  }

  /** The last words: nobody inquires any more, and what is judged to leak has a line of its own. */
  conclude(): void {
    this.#inquiries = []
    for (const life of this.#lives.values()) life.endInquiries()
    this.settle()
    for (const { key } of this.#judgement?.leaks ?? []) {
      const life = this.#lives.get(key)
      if (life?.isDueAtEnd) this.#tell(life)
    }
  }

  close(): void {
    for (const inquiry of this.#options.inquiries) inquiry.close()
  }

  #isHeldBack(key: string): boolean {
    return this.#lives.get(key)?.state === 'held back'
  }

  #pursue(life: LeakLife): void {
    for (const inquiry of this.#inquiries) inquiry.pursue(life)
  }

  #tell(life: LeakLife): void {
    if (!life.isTold) this.#told.push(life)
    life.tell()
    this.#options.listener.told(life)
  }

  #lifeOf(leak: Leak): LeakLife {
    let life = this.#lives.get(leak.key)
    if (!life) {
      if (this.#lives.size >= MAX_UNTOLD) this.#forget()
      life = new LeakLife(leak, this.#options.headroomBytes)
      this.#lives.set(leak.key, life)
    }
    return life
  }

  /** A route's leak that came and went is known no more: the app may make routes without end. */
  #forget(): void {
    for (const [key, { state, isTold }] of this.#lives) {
      if (state === 'stopped' && !isTold) this.#lives.delete(key)
    }
  }
}

/** The judgement as it may be shown: of a route whose only leaks are held back, nothing is said yet. */
export function withoutHeldBack(
  judgement: Judgement,
  isHeldBack: (key: string) => boolean,
): Judgement {
  const leaks = judgement.leaks.filter(({ key }) => !isHeldBack(key))
  const heldBack = judgement.leaks.filter(({ key }) => isHeldBack(key))
  if (heldBack.length === 0) return judgement
  const routes = judgement.routes.map((route, index): RouteJudgement => {
    if (route.verdict !== 'leaking') return route
    const leak = leaks.find((one) => one.route === index)
    if (leak) return { ...route, bytesPerRequest: leak.rate, ci95: leak.ci95 }
    const { floorBytesPerRequest } = route
    return {
      verdict: 'insufficient-data',
      ...(floorBytesPerRequest === undefined ? {} : { floorBytesPerRequest }),
    }
  })
  const ofHeap = heldBack.filter(({ kind, scope }) => kind === 'heap' && scope !== 'open')
  const books = judgement.books && ofHeap.reduce(withOpen, judgement.books)
  return { ...judgement, routes, leaks, books }
}
