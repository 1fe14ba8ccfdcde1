import { amount, choice, type FieldTable, text } from '../field'
import { type FieldsOf, MEASURE_OUTCOMES } from '../lines'
import { MEMORY } from './shared'

export const MEASURE: FieldTable<FieldsOf<'measure'>> = {
  label: text('app', 'As given.'),
  durationMs: amount('clock', 'ms', 'From the call to the result.'),
  outcome: choice('app', MEASURE_OUTCOMES, '`errored`: it threw or rejected.'),
  ...MEMORY,
}
