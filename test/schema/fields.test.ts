import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, it } from 'node:test'
import { SCHEMA_VERSION } from '../../lib/schema/lines'
import { EVENTS } from '../../lib/schema/events'
import type { Row, Rows, Unit } from '../../lib/schema/field'
import { BASE } from '../../lib/schema/fields/base'
import { ORIGINS } from '../../lib/schema/origins'
import { filesEndingWith, ROOT } from '../support/files'
import { jsonSchema } from '../support/json-schema'
import { checkLine } from '../support/line-schema'
import { schemaMarkdown } from '../support/schema-markdown'

/** Every row of the table, nested ones too, with its field's name. */
function rows(): Array<[string, Row]> {
  const walk = (table: Rows): Array<[string, Row]> =>
    Object.entries(table).flatMap(
      ([name, row]): Array<[string, Row]> => [
        [name, row],
        ...(row.kind === 'group' ? walk(row.fields) : row.kind === 'list' ? walk(row.of) : []),
      ],
    )
  return [BASE, ...Object.values(EVENTS).map(({ fields }) => fields)].flatMap((of) => walk(of))
}

const LINE = {
  level: 40,
  time: 1_790_000_000_000,
  pid: 7,
  hostname: 'web-1',
  name: 'memprof',
  v: SCHEMA_VERSION,
  event: 'warning',
  service: 'shop',
  version: '1.4.2',
  instance: 'mf0-7-abcd',
  code: 'lines-lost',
  msg: '3 lines could not be written',
}

describe('docs/schema.md and docs/schema.json', () => {
  it('are as `npm run schema` writes them', () => {
    const read = (name: string): string => readFileSync(join(ROOT, 'docs', name), 'utf8')
    assert.equal(read('schema.md'), schemaMarkdown())
    assert.deepEqual(JSON.parse(read('schema.json')), jsonSchema({ strict: false }))
  })
})

describe('the table of fields', () => {
  it('has the unit of a field where its name has one', () => {
    const units: ReadonlyArray<readonly [RegExp, Unit]> = [
      [/BytesPerRequest$|^bytesPerRequest$/, 'bytes per request'],
      [/^bytesPerSecond$/, 'bytes per second'],
      [/Bytes$|^bytes$/, 'bytes'],
      [/Ms$/, 'ms'],
      [/^secondsTo|Seconds$/, 's'],
      [/[sS]hare$|^utilization$/, '0 to 1'],
    ]
    for (const [name, row] of rows()) {
      if (row.kind === 'group') continue
      const [, unit] = units.find(([pattern]) => pattern.test(name)) ?? []
      if (unit) assert.equal(row.unit, unit, name)
    }
  })

  it('says of every field what it is, in one sentence or two, and uses every origin', () => {
    for (const [name, { says }] of rows()) {
      assert.match(says, /^[A-Z`0-9(].*\.$/, name)
      assert.ok(says.length <= 110, `${name}: ${says}`)
      assert.ok(!says.includes('|'), name)
    }
    const used = new Set(rows().map(([, { from }]) => from))
    assert.deepEqual([...used].sort(), Object.keys(ORIGINS).sort())
  })

  it('is loaded by no module of the preload', () => {
    const lib = join(ROOT, 'dist/lib')
    const loading = filesEndingWith(lib, '.js').filter(
      (file) =>
        !/^(cli|schema)/.test(relative(lib, file)) &&
        /require\(['"][^'"]*schema\/(?!(lines|work-name)['"])/.test(readFileSync(file, 'utf8')),
    )
    assert.deepEqual(loading, [])
  })
})

describe('checkLine', () => {
  it('passes a line that has what its event has', () => {
    checkLine(LINE)
    checkLine({ ...LINE, threadId: 2 } as typeof LINE)
  })

  for (const [what, line] of Object.entries({
    'an unknown field': { ...LINE, more: 1 },
    'a missing field': { ...LINE, code: undefined },
    'null for a field that is not known': { ...LINE, threadId: null },
    'another level than the event’s': { ...LINE, level: 30 },
    'a fraction where a whole number stands': { ...LINE, time: 1.5 },
    'a number below zero where there is none': { ...LINE, pid: -1 },
    'an unknown event': { ...LINE, event: 'warn' },
  })) {
    it(`refuses ${what}`, () => {
      const written = JSON.parse(JSON.stringify(line)) as typeof LINE
      assert.throws(() => checkLine(written), /no such event|not as lib\/schema\/fields/)
    })
  }
})
