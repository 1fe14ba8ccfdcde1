/** Values remembered by a running median. */
const WINDOW = 65

/** The median of the last 65 values: one late or odd value does not move it. */
export class RunningMedian {
  readonly #values = new Float64Array(WINDOW)
  #added = 0

  add(value: number): void {
    this.#values[this.#added++ % WINDOW] = value
  }

  /** @returns `whenEmpty` before the first value */
  value(whenEmpty: number): number {
    const count = Math.min(this.#added, WINDOW)
    if (count === 0) return whenEmpty
    return this.#values.slice(0, count).sort()[count >> 1]!
  }
}
