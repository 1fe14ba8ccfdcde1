/** How many of a kind a log's summary tells apart, and how many lines came that are of more. */
export class Limit {
  readonly max: number
  readonly #what: string
  #lines = 0

  /** @param what - as in `3 lines of more than 200 kinds of warnings` */
  constructor(max: number, what: string) {
    this.max = max
    this.#what = what
  }

  /** Whether one more may be told apart; where not, its line is counted. */
  admits(known: number): boolean {
    if (known < this.max) return true
    this.#lines++
    return false
  }

  /** In words; empty as long as there was room for all. */
  leftOut(): string[] {
    return this.#lines === 0 ? [] : [`${this.#lines} lines of more than ${this.max} ${this.#what}`]
  }
}
