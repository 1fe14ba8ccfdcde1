import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import fc from 'fast-check'
import { sourceReader } from '../../../lib/cli/view/source-file'
import { sourceLines } from '../../../lib/cli/view/source-lines'
import { painter } from '../../../lib/cli/view/style'
import { textReport } from '../../../lib/cli/view/text-report'
import { widthOf } from '../../../lib/cli/view/width'
import { MAX_SOURCE_BYTES, sourceHash } from '../../../lib/inspector/source-hash'
import { temporaryFolder } from '../../support/files'
import { leakLine, readAll, summaryOf } from '../../support/log-lines'

const plain = painter(false)
const TEXT = [
  'const kept = []',
  '',
  'function keep(id) {',
  '\tkept.push(id)',
  '}',
  '// é',
  '',
].join('\n')

describe('lines of source', () => {
  it('are numbered, two before and two after, with a mark below the column', () => {
    assert.deepEqual(sourceLines(TEXT, { line: 4, column: 7 }, 80, plain), [
      '    2 |',
      '    3 | function keep(id) {',
      '  > 4 |   kept.push(id)',
      '      |        ^',
      '    5 | }',
      '    6 | // é',
    ])
    assert.deepEqual(sourceLines(TEXT, { line: 1, column: 1 }, 80, plain).slice(0, 2), [
      '  > 1 | const kept = []',
      '      | ^',
    ])
  })

  it('show a long line around the column', () => {
    const text = `${'a;'.repeat(5000)}kept.push(1)${';b'.repeat(5000)}`
    const [line, mark] = sourceLines(text, { line: 1, column: 10_001 }, 100, plain)
    assert.ok(widthOf(line!) <= 100)
    assert.equal(line!.slice(mark!.indexOf('^')).slice(0, 9), 'kept.push')
  })

  it('are none where there is no such place', () => {
    for (const [line, column] of [
      [0, 1],
      [8, 1],
      [1, 0],
      [1, 17],
      [1e300, 1],
    ] as const) {
      assert.deepEqual(sourceLines(TEXT, { line, column }, 80, plain), [])
    }
  })

  it('are text that drives no terminal and fits into it, whatever is in the file', () => {
    const text = fc.array(fc.string({ unit: 'binary', maxLength: 300 }), { maxLength: 6 })
    const at = fc.integer({ min: 1, max: 300 })
    const width = fc.integer({ min: 40, max: 500 })
    fc.assert(
      fc.property(text, at, at, width, (lines, line, column, columns) => {
        for (const row of sourceLines(lines.join('\n'), { line, column }, columns, plain)) {
          assert.doesNotMatch(row, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
          assert.ok(widthOf(row) <= Math.min(160, columns), row)
        }
      }),
    )
  })
})

describe('a file that a log names', () => {
  const place = (file: string, text: string): Parameters<ReturnType<typeof sourceReader>>[0] => ({
    function: 'keep',
    file,
    line: 4,
    column: 2,
    sourceHash: sourceHash(text),
  })

  /** `app/` is where the command runs. */
  function folders(t: TestContext): { app: string; write(name: string, text: string): string } {
    const folder = temporaryFolder(t)
    mkdirSync(join(folder, 'app/src'), { recursive: true })
    const write = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    return { app: join(folder, 'app'), write }
  }

  it('is read where it is the one that ran, up to 2 MiB', (t) => {
    const { app, write } = folders(t)
    const read = sourceReader(app)
    write('app/src/a.js', TEXT)
    assert.equal(read(place('src/a.js', TEXT)), TEXT)
    assert.equal(read(place('src/a.js', `${TEXT} `)), null)
    const { sourceHash: _, ...unknown } = place('src/a.js', TEXT)
    assert.equal(read(unknown), null)
    const long = ' '.repeat(MAX_SOURCE_BYTES)
    write('app/long.js', long)
    assert.equal(read(place('long.js', long)), long)
    write('app/long.js', `${long} `)
    assert.equal(read(place('long.js', `${long} `)), null)
  })

  it('is not read outside of the folder, whatever leads there, and where it is no regular file', (t) => {
    const { app, write } = folders(t)
    const read = sourceReader(app)
    const outside = write('b.js', TEXT)
    write('app-2.js', TEXT)
    symlinkSync(outside, join(app, 'link.js'))
    symlinkSync(join(app, '..'), join(app, 'up'))
    execFileSync('mkfifo', [join(app, 'pipe.js')])
    for (const file of [
      outside,
      '../b.js',
      '../app-2.js',
      'link.js',
      'up/b.js',
      'gone.js',
      'a\0b',
    ]) {
      assert.equal(read(place(file, TEXT)), null, file)
    }
    for (const file of ['', '.', 'src', 'pipe.js']) assert.equal(read(place(file, '')), null, file)
    symlinkSync(write('app/src/b.js', TEXT), join(app, 'inside.js'))
    assert.equal(read(place('inside.js', TEXT)), TEXT)
  })

  it('is shown in a terminal below the sentence of the leak: where its holder is filled, else where it is allocated', (t) => {
    const { app, write } = folders(t)
    write('app/a.js', TEXT)
    write('app/dep.js', TEXT)
    const said = (fields: Readonly<Record<string, unknown>>, isTerminal = true): string => {
      const line = leakLine(fields)
      const output = { columns: 80, color: false, isTerminal }
      return textReport(summaryOf([line]), readAll([line]).counts, output, sourceReader(app))
    }
    const site = { bytes: 1, share: 1, stack: [], lineExact: true }
    const holder = { path: 'kept', kind: 'Array', size: 9, growthPerRequest: 1 }
    const sites = [
      { ...place('node_modules/dep.js', TEXT), ...site },
      { ...place('a.js', TEXT), ...site },
    ]
    const holders = [{ ...holder, addedAt: { ...place('a.js', TEXT), line: 3, column: 1 } }]
    assert.match(
      said({ sites, holders }),
      /\n {2}filled in keep \(a\.js:3\):\n.*\n.*\n {2}> 3 \| f/,
    )
    const allocated = /\n {2}allocated in keep \(a\.js:4\):\n.*\n.*\n {2}> 4 \| {3}kept\.push/
    assert.match(said({ sites, holders: [holder] }), allocated)
    assert.match(
      said({ sites, holders: [{ ...holder, addedAt: place('gone.js', TEXT) }] }),
      allocated,
    )
    assert.doesNotMatch(said({ sites, holders }, false), / \| /)
  })
})
