/** Asks who keeps a leak: one search for all leaks, and what it finds noted in the life of each. */
import type { HolderSearch } from '../holders/search'
import type { Inquiry } from './inquiry'
import type { LeakLife } from './leak-life'
import type { Traces } from './traces'

export class HolderInquiry implements Inquiry {
  readonly #search: Pick<HolderSearch, 'seek' | 'step' | 'dueMs' | 'work' | 'close'>
  readonly #traces: Pick<Traces, 'receiversOf'>
  /** Those whose search is under way. */
  #lives: LeakLife[] = []

  constructor(
    search: Pick<HolderSearch, 'seek' | 'step' | 'dueMs' | 'work' | 'close'>,
    traces: Pick<Traces, 'receiversOf'>,
  ) {
    this.#search = search
    this.#traces = traces
  }

  get dueMs(): number {
    return this.#search.dueMs
  }

  get work(): number {
    return this.#search.work
  }

  pursue(life: LeakLife): void {
    const receivers = this.#traces.receiversOf(life.leak)
    if (!life.wantsHolders(receivers.length > 0)) return
    const { leak, isTold, isPastCaches } = life
    life.sought = this.#search.seek({ leak, isTold, isPastCaches, receivers })
    this.#lives.push(life)
  }

  step(readingMs: number): void {
    try {
      this.#search.step(readingMs)
    } finally {
      const under = this.#lives
      this.#lives = under.filter(({ sought }) => sought && !sought.isOver)
      for (const life of under) if (life.sought?.isOver) life.noteHolders()
    }
  }

  takeAsideMs(): number {
    return 0
  }

  close(): void {
    this.#search.close()
    this.#lives = []
  }
}
