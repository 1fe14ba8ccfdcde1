/** Every line that a test reads is checked against the table of fields: none is without a row. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020'
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
  throw new Error(`not as lib/schema/fields.ts says: ${wrong.join('; ')}\n${JSON.stringify(line)}`)
}
