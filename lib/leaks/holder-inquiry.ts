/** Asks who keeps a leak: one search for all leaks, and what it finds noted in the life of each. */
import type { HolderSearch } from '../holders/search'
import type { Inquiry } from './inquiry'
import type { LeakLife } from './leak-life'

export class HolderInquiry implements Inquiry {
  readonly #search: Pick<HolderSearch, 'seek' | 'step' | 'dueMs' | 'work' | 'close'>
  /** Those whose search is under way. */
  #lives: LeakLife[] = []

  constructor(search: Pick<HolderSearch, 'seek' | 'step' | 'dueMs' | 'work' | 'close'>) {
    this.#search = search
  }

  get dueMs(): number {
    return this.#search.dueMs
  }

  get work(): number {
    return this.#search.work
  }

  pursue(life: LeakLife): void {
    if (!life.wantsHolders) return
    life.sought = this.#search.seek(life)
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
