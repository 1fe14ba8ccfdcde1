import { type FieldTable, text } from '../field'
import type { FieldsOf } from '../lines'

export const WARNING: FieldTable<FieldsOf<'warning'>> = {
  code: text('memprof', 'What it is; `msg` says what it means.'),
}
