/**
 * The table of fields -> JSON Schema (2020-12), one definition per event.
 *
 * A field that is new does not break who reads the lines, so the published schema lets unknown ones
 * pass; the tests, which must notice one without a row, ask for the strict form.
 */
import { BASE, EVENTS, type Field, type Optional } from '../../lib/schema/fields'

export type JsonSchema = { [key: string]: unknown }
type Row = Field & Partial<Optional>
type Rows = Readonly<Record<string, Row>>

export interface SchemaOptions {
  /** Fields that have no row are errors. */
  readonly strict: boolean
}

export function jsonSchema(options: SchemaOptions): JsonSchema {
  const events = Object.entries(EVENTS)
  const definitions = events.map(([event, { level, when, fields }]) => {
    const head = {
      event: { const: event },
      level: { const: level, description: described(BASE.level) },
    }
    const rows: Rows = { ...(BASE as unknown as Rows), ...(fields as unknown as Rows) }
    return [event, { description: `Written when: ${when}.`, ...object(rows, options, head) }]
  })
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A log line of memprof',
    description: 'Made by `npm run schema` from lib/schema/fields.ts.',
    oneOf: events.map(([event]) => ({ $ref: `#/$defs/${event}` })),
    $defs: Object.fromEntries(definitions) as JsonSchema,
  }
}

function object(rows: Rows, options: SchemaOptions, head: JsonSchema = {}): JsonSchema {
  const entries = Object.entries(rows)
  const properties = Object.fromEntries(
    entries.map(([name, row]) => [name, schemaOf(row, options)]),
  )
  return {
    type: 'object',
    properties: { ...properties, ...head },
    required: [
      ...Object.keys(head).filter((name) => !(name in rows)),
      ...entries.filter(([, row]) => !row.optional).map(([name]) => name),
    ],
    ...(options.strict ? { additionalProperties: false } : {}),
  }
}

function schemaOf(row: Row, options: SchemaOptions): JsonSchema {
  const description = described(row)
  switch (row.kind) {
    case 'number':
      return {
        type: row.whole ? 'integer' : 'number',
        ...(row.signed ? {} : { minimum: 0 }),
        ...(row.unit === '0 to 1' ? { maximum: 1 } : {}),
        description,
      }
    case 'text':
      return { type: 'string', description }
    case 'flag':
      return { type: 'boolean', description }
    case 'choice':
      return { enum: row.values, description }
    case 'interval':
      return {
        type: 'array',
        items: { type: 'number' },
        minItems: 2,
        maxItems: 2,
        description,
      }
    case 'group':
      return { ...object(row.fields as unknown as Rows, options), description }
    case 'list':
      return { type: 'array', items: object(row.of as unknown as Rows, options), description }
    case 'texts':
      return { type: 'array', items: { type: 'string' }, description }
    case 'open':
      return { type: 'object', description }
  }
}

function described({ says, unit }: { says: string; unit?: string }): string {
  return unit === undefined ? says : `${says} [${unit}]`
}
