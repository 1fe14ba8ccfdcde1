/** The table of fields -> docs/schema.md. */
import { SCHEMA_VERSION } from '../../lib/schema/lines'
import {
  BASE,
  EVENTS,
  type Field,
  type Optional,
  ORIGINS,
  type Origin,
} from '../../lib/schema/fields'

type Row = Field & Partial<Optional>
type Rows = Readonly<Record<string, Row>>

const EVENT: Row = {
  kind: 'choice',
  from: 'memprof',
  values: Object.keys(EVENTS),
  says: 'Which of the tables below applies.',
  otel: 'EventName',
}
const LEVELS = { 20: 'debug', 30: 'info', 40: 'warn' } as const

export function schemaMarkdown(): string {
  const events = Object.entries(EVENTS).map(([event, { level, when, fields }]) =>
    [
      `## ${event}`,
      '',
      `Level ${LEVELS[level]} (${level}). Written when: ${when}.`,
      '',
      table(fields as unknown as Rows),
    ].join('\n'),
  )
  return `${[
    '# The log lines, field by field',
    'Made by `npm run schema` from lib/schema/fields.ts, which the compiler keeps equal to lib/schema/lines.ts. The same as a JSON Schema: [schema.json](schema.json); every line that a test reads is checked against it.',
    `Every line is one JSON object, with what stands under [every line](#every-line), its \`event\`, and the fields of that event. This is version ${SCHEMA_VERSION} of the schema, \`v\` in every line. A field may be added within a version; one that is removed, renamed or changes its unit raises it.`,
    'Units end a field’s name. A field marked *optional* is left out where it is not known: it is never null. `a.b` is `b` of the object `a`; `a[].b` is `b` of each entry of the list `a`. Where it comes from is explained [at the end](#where-it-comes-from). The last column has the name of the same thing in OpenTelemetry’s semantic conventions, with its unit where that is another one.',
    '## every line',
    table({ event: EVENT, ...(BASE as unknown as Rows) }),
    ...events,
    '## Where it comes from',
    [
      '| origin | what |',
      '| --- | --- |',
      ...Object.entries(ORIGINS).map(([origin, what]) => `| ${origin} | ${what} |`),
    ].join('\n'),
  ].join('\n\n')}\n`
}

function table(rows: Rows): string {
  return [
    '| field | type | unit | from | meaning | OpenTelemetry |',
    '| --- | --- | --- | --- | --- | --- |',
    ...flat(rows, '').map(
      ({ name, type, unit, from, says, otel }) =>
        `| \`${name}\` | ${type} | ${unit} | ${from} | ${says} | ${otel} |`,
    ),
  ].join('\n')
}

interface Flat {
  readonly name: string
  readonly type: string
  readonly unit: string
  readonly from: Origin
  readonly says: string
  readonly otel: string
}

function flat(rows: Rows, prefix: string): Flat[] {
  return Object.entries(rows).flatMap(([key, row]) => {
    const name = `${prefix}${key}`
    const own: Flat = {
      name,
      type: row.optional ? `${typeOf(row)}, optional` : typeOf(row),
      unit: row.unit ?? '',
      from: row.from,
      says: row.says,
      // The name is code, what stands in parentheses is not.
      otel: (row.otel ?? '').replace(/^\S+/, '`$&`'),
    }
    if (row.kind === 'group') return [own, ...flat(row.fields as unknown as Rows, `${name}.`)]
    if (row.kind === 'list') return [own, ...flat(row.of as unknown as Rows, `${name}[].`)]
    return [own]
  })
}

function typeOf(row: Row): string {
  switch (row.kind) {
    case 'number':
      return row.whole ? 'whole number' : 'number'
    case 'choice':
      return row.values.map((value) => `\`${JSON.stringify(value)}\``).join(', ')
    case 'interval':
      return '`[low, high]`'
    case 'group':
    case 'open':
      return 'object'
    case 'list':
      return 'list of objects'
    case 'texts':
      return 'list of texts'
    case 'flag':
      return 'true or false'
    case 'text':
      return 'text'
  }
}
