/** Every line that a test reads is checked against the table of fields: none is without a row. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020'
import { EVENTS } from '../../lib/schema/events'
import type { Row, Rows } from '../../lib/schema/field'
import { BASE } from '../../lib/schema/fields/base'
import type { EventName } from '../../lib/schema/lines'
import { jsonSchema } from './json-schema'

let ajv: Ajv2020 | null = null

/** Of that event, by name: the whole schema would only say that none of its parts fits. */
function validatorOf(event: string): ValidateFunction | undefined {
  if (!ajv) {
    ajv = new Ajv2020({ allErrors: true })
    ajv.addSchema(jsonSchema({ strict: true }), 'line')
  }
  return ajv.getSchema(`line#/$defs/${event}`)
}

/** @throws Error naming each field that is not as the schema says */
export function checkLine(line: { event: string }): void {
  const validate = validatorOf(line.event)
  if (!validate) throw new Error(`no such event: ${JSON.stringify(line)}`)
  if (validate(line)) return
  const wrong = (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  )
  throw new Error(`not as lib/schema/fields says: ${wrong.join('; ')}\n${JSON.stringify(line)}`)
}

/**
 * A line of requests with every field that its event has, in the order in which memprof writes them: `unit` is
 * of other work, and stands in the place of `method` and `route`.
 */
export function fullLine(event: EventName): Record<string, unknown> {
  const { level, fields } = EVENTS[event]
  const { msg, ...head } = samples(BASE)
  return { ...head, level, event, ...samples(fields), msg }
}

function samples(rows: Rows): Record<string, unknown> {
  const own = Object.entries(rows).filter(([name]) => name !== 'unit' || !('method' in rows))
  return Object.fromEntries(own.map(([name, row]) => [name, sampleOf(row)]))
}

function sampleOf(row: Row): unknown {
  switch (row.kind) {
    case 'number':
      return row.signed ? -2 : row.whole ? 2 : 0.5
    case 'text':
      return 'a'
    case 'flag':
      return true
    case 'choice':
      return row.values[0]
    case 'interval':
      return [1, 2]
    case 'group':
      return samples(row.fields)
    case 'list':
      return [samples(row.of)]
    case 'texts':
      return ['a']
    case 'open':
      return { a: 1 }
  }
}
