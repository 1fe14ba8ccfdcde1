/** The thresholds of a verdict, each at other values than its own. */
import { THRESHOLDS, type Thresholds } from '../../lib/verdict/thresholds'

export interface Variant {
  /** As in lib/verdict/thresholds.ts: `leak.minSurvival`. */
  readonly name: string
  readonly value: number
  readonly factor: number
  readonly thresholds: Thresholds
}

/** Judged from major GCs of the process's own: no observation asks for it. */
const NOT_OBSERVED = 'heapOnly'

export function variantsOf(factors: readonly number[]): Variant[] {
  return Object.entries(THRESHOLDS)
    .filter(([group]) => group !== NOT_OBSERVED)
    .flatMap(([group, table]) =>
      Object.entries(table).flatMap(([name, value]) =>
        factors.map((factor) => ({
          name: `${group}.${name}`,
          value,
          factor,
          thresholds: { ...THRESHOLDS, [group]: { ...table, [name]: factor * value } },
        })),
      ),
    )
}
