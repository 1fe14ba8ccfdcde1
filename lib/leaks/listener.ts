/** Who is told of leaks: lib/recording, which writes the lines. Everything goes there, nothing comes back. */
import type { HeapGrowth } from '../verdict/heap-only'
import type { Judgement } from '../verdict/judge'
import type { Observation } from '../verdict/observation'
import type { LeakLife } from './leak-life'

/** What is known by now. */
export interface Findings {
  /** Without the leaks that are held back. */
  readonly judgement: Judgement
  readonly observation: Observation
  /** Leaks that were told, in the order of their first lines, and whether or not they go on. */
  readonly told: readonly LeakLife[]
}

export interface LeakListener {
  /** After each judgement, and each step of an inquiry: before the leaks that are told then. */
  judged(findings: Findings): void
  /** A line is due: the leak is new, or its figure has moved, or what keeps it was found. */
  told(life: LeakLife): void
  /** The heap grows, and is too large for readings of memprof's own: which route, nobody knows. */
  heapGrowth(growth: HeapGrowth): void
}
