/**
 * A fault, how it is brought about, and what must be true all the same. Each runs once as a test, and as
 * often as it says for the table in docs/reliability.md.
 */
import type { Stage } from '../support/app'

/** What was counted or measured, by name with unit. */
export type Figures = Readonly<Record<string, number>>

export interface Scenario {
  /** What is true in spite of the fault: the title of its test. */
  readonly claim: string
  readonly how: string
  /** In the run for the table. */
  readonly times: number
  /** Null: it can be tried here; else why not. */
  readonly hindrance?: () => string | null
  /** @throws where the claim does not hold */
  readonly run: (stage: Stage) => Promise<Figures>
}
