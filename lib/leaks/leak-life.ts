/**
 * The life of one leak: how often judgements found it, what keeps it, and what people know.
 *
 *     state      found by the next judgement          not found   a cache explains it   none does any more
 *     suspected  told, if twice in a row, or sure     stopped     held back
 *     held back  held back                            stopped     held back             suspected; told, if it was
 *     told       told; a line where its figure moved  stopped     held back
 *     stopped    suspected; told, if it was           stopped
 *
 * A cache explains a leak while the looks so far show one that may be filling; of a leak that was told,
 * only once the search has ended with nothing but caches (docs/method.md, "What counts as a leak"). How
 * the search goes is drawn in holders/sought.ts. It begins with the leak, again when a leak is told whose
 * search was put off, when no cache explains the leak any more, and when a trace has seen whose methods
 * allocate it.
 */
import type { Changed } from '../verdict/observation'
import type { FoundHolders, SearchStage, Sought } from '../holders/sought'
import type { Leak } from '../verdict/leak'
import { type Hold, holdFor, isOver } from './hold'
import { CACHES, TELLING, TRACES } from './thresholds'

export type LifeState = 'suspected' | 'held back' | 'told' | 'stopped'

export class LeakLife {
  readonly key: string
  /** The search for what keeps it; null before it began. */
  sought: Sought | null = null
  /** It was shown by the last judgement that had readings enough to find it. */
  goesOn = false
  readonly #headroomBytes: () => number
  #leak: Leak
  #state: LifeState = 'suspected'
  /** Judgements in a row that found it, up to the last one. */
  #inARow = 0
  /** As its last line told it; null before the first. */
  #told: Leak | null = null
  #holders: FoundHolders | null = null
  /** What a trace saw of the first of its holders. */
  #changes: Changed | null = null
  /** No line has told its holders yet. */
  #holdersAreNews = false
  #hold: Hold | null = null
  #holds = 0
  #isPastCaches = false
  /** A trace of it is under way. */
  isTraced = false
  #traces = 0
  #traceDueMs = 0
  #tracedMs = Number.NEGATIVE_INFINITY
  /** What keeps it was found since it was traced last. */
  #isHolderNew = false
  /** Since when it waits for a trace; null where it does not. */
  #awaitsTraceSinceMs: number | null = null

  /** @param headroomBytes - memory that is left */
  constructor(leak: Leak, headroomBytes: () => number) {
    this.key = leak.key
    this.#leak = leak
    this.#headroomBytes = headroomBytes
  }

  /** As it was judged last. */
  get leak(): Leak {
    return this.#leak
  }

  get state(): LifeState {
    return this.#state
  }

  get search(): SearchStage | 'none' {
    return this.sought?.stage ?? 'none'
  }

  /** What keeps it, by the last search that ended with a word on it. */
  get holders(): FoundHolders | null {
    return this.#holders
  }

  /** What a trace saw of the first of its holders. */
  get changes(): Changed | null {
    return this.#changes
  }

  /** A line was written of it, whatever came since. */
  get isTold(): boolean {
    return this.#told !== null
  }

  /** It was told, and the last judgement found it. */
  get stands(): boolean {
    return this.isTold && this.#inARow > 0
  }

  /** It may be told, and counts in the verdict of its route. */
  get isShown(): boolean {
    return this.#state === 'suspected' || this.#state === 'told'
  }

  /** It went on for longer than the caches that were to explain it. */
  get isPastCaches(): boolean {
    return this.#isPastCaches
  }

  /**
   * Native memory is in no container; what was not found near by is sought further once it is told, or once
   * a trace has seen as whose methods its functions run.
   */
  wantsHolders(areReceiversKnown: boolean): boolean {
    if (this.#leak.kind === 'native') return false
    if (this.sought === null || (this.search === 'put off' && this.isTold)) return true
    const { isOver, receivers } = this.sought
    return isOver && !this.#isHeld && areReceiversKnown && receivers.length === 0
  }

  /** It is known what keeps it. */
  get #isHeld(): boolean {
    return this.#holders !== null && this.#holders.holders.length > 0
  }

  /** Its stacks do not tell who pays, and those that were traced neither. */
  get isUnsure(): boolean {
    const { kind, attribution, places } = this.#leak
    const isTraceable = places.some(({ place: { frames } }) => frames.length > 0)
    return kind !== 'native' && attribution === 'estimated' && isTraceable
  }

  /** Labels tell who pays. */
  get isDirect(): boolean {
    return this.#leak.attribution === 'direct'
  }

  /** Whether a trace may begin: what keeps it says more than who runs it, so that is sought first. */
  wantsTrace(nowMs: number): boolean {
    if (this.isTraced || this.#traces >= TRACES.max) return false
    if (this.sought !== null && !this.sought.isOver) return false
    if (this.#isHolderNew && this.#changes === null) return true
    if (!this.isUnsure) return false
    // V8 inlines a function, and its bytes are those of another that no trace has seen.
    const dueMs = this.#isNew ? this.#tracedMs + TRACES.restMs : this.#traceDueMs
    return nowMs >= dueMs
  }

  /** Most of it grows where no trace has looked. */
  get #isNew(): boolean {
    const { places } = this.#leak
    const bytesOf = (of: Leak['places']): number => of.reduce((sum, { bytes }) => sum + bytes, 0)
    return bytesOf(places.filter(({ place }) => !place.traced)) > bytesOf(places) / 2
  }

  /** Somebody traces: as long as nobody knows of it, it waits for that. */
  awaitTrace(nowMs: number): void {
    if (this.isUnsure && this.#traces === 0) this.#awaitsTraceSinceMs ??= nowMs
  }

  /** A trace has seen how the first of its holders changes; a later one may not see where it is added to. */
  noteChanges(changes: Changed): void {
    const known = this.#changes
    const allocated = changes.allocated.length > 0 ? changes.allocated : (known?.allocated ?? [])
    this.#changes = { ...changes, addedAt: changes.addedAt ?? known?.addedAt ?? null, allocated }
    if (known === null || (!known.addedAt && changes.addedAt)) this.#holdersAreNews = true
  }

  /** A trace of it has ended: the next judgement says what it tells. */
  noteTrace(nowMs: number): void {
    this.isTraced = false
    this.#isHolderNew = false
    this.#tracedMs = nowMs
    this.#traceDueMs = nowMs + TRACES.againMs * 2 ** this.#traces
    this.#traces++
  }

  /** A judgement has found it. */
  found(leak: Leak): void {
    this.#leak = leak
    this.#inARow++
    if (this.#traces > 0 || !this.isUnsure) this.#awaitsTraceSinceMs = null
    if (!this.#hold || !isOver(this.#hold, leak, this.#headroomBytes())) return
    this.#hold = null
    this.#isPastCaches = true
    this.sought = null
  }

  /** A judgement has not found it. */
  missed(): void {
    this.#inARow = 0
  }

  /** The search has ended. */
  noteHolders(): void {
    const found = this.sought?.found
    if (!found) return
    this.#holders = found
    this.#changes = null
    if (found.holders.length > 0) {
      this.#holdersAreNews = true
      this.#isHolderNew = found.objects.some((objects) => objects.length > 0)
    }
    if (this.#holds >= CACHES.maxHolds) return
    const hold = holdFor(this.#leak, found.bounds, this.#headroomBytes())
    if (!hold) return
    this.#hold = hold
    this.#holds++
  }

  /** After a judgement, or a step of its search. */
  settle(nowMs: number): void {
    if (this.#inARow === 0) this.#state = 'stopped'
    else if (this.#hold || this.#waits(nowMs)) this.#state = 'held back'
    else this.#state = this.isTold ? 'told' : 'suspected'
  }

  /** Until the looks so far show no cache that may be filling, a leak that nobody knows of is not told. */
  #waits(nowMs: number): boolean {
    if (this.isTold) return false
    const since = this.#awaitsTraceSinceMs
    if (since !== null && nowMs - since < TRACES.maxWaitMs) return true
    const { sought } = this
    if (sought === null || nowMs - sought.sinceMs > CACHES.maxWaitMs) return false
    return sought.mayBeFilling()
  }

  /** Nobody looks for holders any more: nothing waits for that. What was to be traced stays unknown. */
  endInquiries(): void {
    this.sought = null
  }

  /** Whether a line is due for what was judged: it is told for the first time, or its figure has moved. */
  get isDue(): boolean {
    if (!this.isShown) return false
    const { rate, ci95, scope, isProven } = this.#leak
    const width = ci95[1] - ci95[0]
    if (!this.#told) {
      if (scope === 'open') return isProven && this.#inARow >= TELLING.openJudgements
      return this.#inARow >= TELLING.judgements || ci95[0] > TELLING.sureRatio * width
    }
    if (this.#leak.outcome?.kind !== this.#told.outcome?.kind) return true
    const [low, high] = this.#told.ci95
    return rate < low || rate > high || width < TELLING.narrower * (high - low)
  }

  /** Whether a line is due for what keeps it: people know of the leak, and not of that. */
  get areHoldersDue(): boolean {
    return this.#state === 'told' && this.#holdersAreNews
  }

  /** Whether a line is due at the end: it was never told, or otherwise than it is known now. */
  get isDueAtEnd(): boolean {
    if (!this.isShown) return false
    const { rate, scope } = this.#leak
    if (!this.#told && scope === 'open') return this.isDue
    return (
      !this.#told || Math.abs(rate - this.#told.rate) > TELLING.lastChangeShare * this.#told.rate
    )
  }

  /** A line is written of it as it is now. */
  tell(): void {
    this.#told = this.#leak
    this.#holdersAreNews = false
    this.#state = 'told'
    if (this.sought && !this.sought.isOver) this.sought.isTold = true
  }
}
