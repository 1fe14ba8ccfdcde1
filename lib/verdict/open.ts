/**
 * What grows, and nobody is known to pay for. docs/method.md, "Whose bytes": open.
 */
import { exposureOfAll } from './exposure'
import { addedUp, growthOf } from './growth'
import type { PayerGrowth } from './payer-growth'
import { OPEN, type Payer } from './payers'
import type { Evidence } from './span'

/** All of that which grows, as one: who pays is not known of any of it. */
export function together(found: readonly PayerGrowth[], evidence: Evidence): PayerGrowth[] {
  if (found.length === 0) return []
  const { observation, span } = evidence
  const payer = joined(found, evidence)
  const lasting = found.flatMap((one) => one.lasting)
  const births = addedUp(lasting, observation.timeMs.length)
  const growth = growthOf(births, payer.exposure, span, observation.samplingBytes)
  const tables = found.flatMap((one) => one.tables)
  return [{ payer, lasting, tables, growth, goesOn: true, cameAtOnce: false, mayBeCode: false }]
}

export function joined(grown: readonly PayerGrowth[], evidence: Evidence): Payer {
  return {
    key: OPEN,
    scope: 'open',
    route: null,
    mount: '',
    ...exposureOfAll(evidence),
    direct: [],
    traced: [],
    estimated: grown.flatMap(({ payer }) => payer.estimated),
  }
}
