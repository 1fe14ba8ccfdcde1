/**
 * Which leaks are worth a line: those that are new, and those whose figure changed materially.
 */
import type { Leak } from '../verdict/leak'

/** A leak is announced when it was found in this many judgements in a row: one may be a whim. */
const JUDGEMENTS_IN_A_ROW = 2
/** So sure that one is enough: the low end of the interval over its width. */
const SURE_RATIO = 2
/** A figure outside the interval that was told is news, and so is one this much surer. */
const NARROWER = 0.6
/** At the end, what was told may differ by this share from what is known. */
const LAST_CHANGE_SHARE = 0.05

interface Known {
  seen: number
  announced: Leak | null
}

export class Announcer {
  readonly #known: Map<string, Known> = new Map()

  /** Counts what a judgement has found. */
  note(leaks: readonly Leak[]): void {
    const keys = new Set(leaks.map(({ key }) => key))
    for (const [key, known] of this.#known) if (!keys.has(key)) known.seen = 0
    for (const { key } of leaks) {
      const known = this.#known.get(key) ?? { seen: 0, announced: null }
      this.#known.set(key, known)
      known.seen++
    }
  }

  /** @returns of those that the last judgement found, the leaks to log now: they count as told */
  due(leaks: readonly Leak[]): Leak[] {
    return leaks.filter((leak) => {
      const known = this.#known.get(leak.key)
      if (!known) return false
      const due = known.announced ? changed(known.announced, leak) : isDue(leak, known.seen)
      if (due) known.announced = leak
      return due
    })
  }

  /** Keys of the leaks that were told and found in every judgement since. */
  get standing(): ReadonlySet<string> {
    const told = [...this.#known].filter(([, { announced, seen }]) => announced && seen > 0)
    return new Set(told.map(([key]) => key))
  }

  /** A line was written for another reason: its figures are what people know now. */
  noteTold(leak: Leak): void {
    const known = this.#known.get(leak.key)
    if (known) known.announced = leak
  }

  /** @returns what is known at the end and was never told, or told otherwise */
  takeLast(leaks: readonly Leak[]): Leak[] {
    return leaks.filter((leak) => {
      const told = this.#known.get(leak.key)?.announced
      return !told || Math.abs(leak.rate - told.rate) > LAST_CHANGE_SHARE * told.rate
    })
  }
}

function isDue({ ci95: [low, high] }: Leak, seen: number): boolean {
  return seen >= JUDGEMENTS_IN_A_ROW || low > SURE_RATIO * (high - low)
}

function changed(before: Leak, now: Leak): boolean {
  const [low, high] = before.ci95
  const width = high - low
  return now.rate < low || now.rate > high || now.ci95[1] - now.ci95[0] < NARROWER * width
}
