import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, it, type TestContext } from 'node:test'
import { MAX_SOURCE_BYTES, sourceHash } from '../../lib/inspector/source-hash'
import { SourceMaps } from '../../lib/inspector/source-maps'
import type { StackFrame } from '../../lib/inspector/stack-frame'
import type { SiteFrame } from '../../lib/schema/lines'
import { compileInMemory } from '../support/compiled-in-memory'
import { temporaryFolder } from '../support/files'

/** Line 1 of the script, column 0, is line 5, column 2 of `app.ts`. */
const MAP = {
  version: 3,
  file: 'app.js',
  sources: ['../src/app.ts'],
  names: [],
  mappings: 'AAIE',
}
const COMMENT = '//# sourceMappingURL='

function at(url: string, lineNumber = 0, columnNumber = 0, functionName = 'keep'): StackFrame {
  return { functionName, url, scriptId: '1', lineNumber, columnNumber }
}

/** A script in `dist/`, with the given text after its one line of code. */
function script(t: TestContext, ending: string, map?: unknown): string {
  const folder = join(temporaryFolder(t), 'dist')
  mkdirSync(folder)
  const file = join(folder, 'app.js')
  writeFileSync(file, `function keep() {}\n${ending}`)
  if (map !== undefined) {
    writeFileSync(`${file}.map`, typeof map === 'string' ? map : JSON.stringify(map))
  }
  return file
}

function original(file: string): string {
  return relative(process.cwd(), join(file, '../../src/app.ts')).startsWith('..')
    ? join(file, '../../src/app.ts')
    : relative(process.cwd(), join(file, '../../src/app.ts'))
}

function locate(url: string): SiteFrame {
  return new SourceMaps().locate(at(url))
}

describe('SourceMaps', () => {
  it('shows the .ts file, line and column from 1, by a map beside the script', (t) => {
    const file = script(t, `${COMMENT}app.js.map\n`, MAP)
    assert.deepEqual(locate(file), { function: 'keep', file: original(file), line: 5, column: 3 })
  })

  it('by a map within the script', (t) => {
    const text = Buffer.from(JSON.stringify(MAP)).toString('base64')
    const file = script(t, `${COMMENT}data:application/json;charset=utf-8;base64,${text}`)
    assert.equal(locate(file).file, original(file))
    assert.equal(locate(file).line, 5)
  })

  it('of an ES module, which V8 names by its URL, also with spaces in it', (t) => {
    const file = script(t, `${COMMENT}app%20one.map\n`)
    writeFileSync(join(file, '../app one.map'), JSON.stringify(MAP))
    assert.equal(locate(pathToFileURL(file).href).file, original(file))
  })

  it('of sources given as URLs', (t) => {
    const file = script(t, `${COMMENT}app.js.map`, { ...MAP, sources: ['file:///src/app.ts'] })
    assert.equal(locate(file).file, '/src/app.ts')
  })

  it('by the map of a loader that compiled in memory, where Node keeps it', (t) => {
    const file = join(temporaryFolder(t), 'app.ts')
    const written = '// Only types.\n\n\n\n  export function keep() {}\n'
    writeFileSync(file, written)
    const map = { ...MAP, sources: ['app.ts'] }
    const compiled = compileInMemory(t, file, 'function keep() {}', map)
    const site = new SourceMaps().locate({ ...at(file), sourceHash: sourceHash(compiled) })
    const shown = { function: 'keep', file, line: 5, column: 3 }
    // Written since the process began, its lines may be others than those that were compiled.
    assert.deepEqual(site, shown)
    utimesSync(file, 0, 0)
    const older = new SourceMaps().locate({ ...at(file), sourceHash: sourceHash(compiled) })
    assert.deepEqual(older, { ...shown, sourceHash: sourceHash(written) })
  })

  it('takes the last comment, and none that is not at the end', (t) => {
    const file = script(t, `${COMMENT}app.js.map\nconst more = 1\n`, MAP)
    assert.equal(locate(file).line, 1)
  })

  const HOSTILE: Array<[what: string, map: unknown]> = [
    ['empty', ''],
    ['not JSON', '{"version":3,'],
    ['null', 'null'],
    ['of an unknown version', { ...MAP, version: 99, mappings: 7 }],
    ['without sources', { version: 3, mappings: 'AAIE' }],
    ['with an index far outside its sources', { ...MAP, mappings: 'A+++++D+D' }],
    ['with mappings that are none', { ...MAP, mappings: '!!!!' }],
  ]
  for (const [what, map] of HOSTILE) {
    it(`tells the generated position where the map is ${what}`, (t) => {
      const file = script(t, `${COMMENT}app.js.map`, map)
      const site = locate(file)
      assert.equal(site.function, 'keep')
      assert.equal(typeof site.file, 'string')
      assert.ok(Number.isInteger(site.line) && Number.isInteger(site.column))
    })
  }

  it('tells the generated position where map, script or both are missing', (t) => {
    const file = script(t, `${COMMENT}missing.map`)
    assert.deepEqual(locate(file), { function: 'keep', file, line: 1, column: 1 })
    assert.equal(locate(join(file, '../gone.js')).line, 1)
  })

  it('reads no map over 32 MiB', (t) => {
    const file = script(t, `${COMMENT}app.js.map`, MAP)
    truncateSync(`${file}.map`, (32 << 20) + 1)
    assert.equal(locate(file).line, 1)
  })

  it('reads no device and no pipe, which have no end', (t) => {
    const endless = script(t, `${COMMENT}/dev/zero`)
    assert.equal(locate(endless).line, 1)
    const linked = join(endless, '../linked.js')
    symlinkSync('/dev/zero', linked)
    assert.equal(locate(linked).line, 1)
    const pipe = join(endless, '../pipe.js')
    execFileSync('mkfifo', [pipe])
    assert.equal(locate(pipe).line, 1)
  })

  describe('the hash of the file that is told, where V8 has told that of the script', () => {
    const hashed = (file: string, ran = sourceHash(readFileSync(file, 'utf8'))) =>
      new SourceMaps().locate({ ...at(file), sourceHash: ran }).sourceHash

    it('is that of the script where it has no map, and may not lie there any more', (t) => {
      assert.equal(hashed(script(t, ''), 'abc'), 'abc')
      assert.equal(hashed('/gone/app.js', 'abc'), 'abc')
      assert.equal(hashed('evalmachine.<anonymous>', 'abc'), undefined)
      assert.equal(locate(script(t, '')).sourceHash, undefined)
    })

    /** A script of that text in TypeScript, written so many seconds after it. */
    const compiled = (t: TestContext, text: string, seconds: number): string => {
      const file = script(t, `${COMMENT}app.js.map`, MAP)
      const source = join(file, '../../src/app.ts')
      mkdirSync(join(source, '..'))
      writeFileSync(source, text)
      utimesSync(source, 1e9, 1e9)
      utimesSync(file, 1e9 + seconds, 1e9 + seconds)
      return file
    }

    it('is that of the file which the map names, up to 2 MiB', (t) => {
      assert.equal(hashed(compiled(t, 'let one: 1', 0)), sourceHash('let one: 1'))
      const long = ' '.repeat(MAX_SOURCE_BYTES)
      assert.equal(hashed(compiled(t, long, 0)), sourceHash(long))
      assert.equal(hashed(compiled(t, `${long} `, 0)), undefined)
      assert.equal(hashed(script(t, `${COMMENT}app.js.map`, MAP)), undefined)
    })

    it('is none where that was written after the script, or another script lies there than the one that ran', (t) => {
      assert.equal(hashed(compiled(t, 'let one: 1', -1)), undefined)
      assert.equal(hashed(compiled(t, 'let one: 1', 0), 'abc'), undefined)
    })
  })

  it('names evaluated code, natives and functions without a name as they are', () => {
    const maps = new SourceMaps()
    assert.deepEqual(maps.locate(at('', 3, 4, '')), {
      function: '(anonymous)',
      file: '',
      line: 4,
      column: 5,
    })
    assert.equal(maps.locate(at('node:internal/url')).file, 'node:internal/url')
    assert.equal(maps.locate(at('evalmachine.<anonymous>')).file, 'evalmachine.<anonymous>')
    assert.equal(maps.locate(at('file://%zz/x.js')).file, 'file://%zz/x.js')
  })

  it('names files by the working directory, and dependencies elsewhere by their package', () => {
    const maps = new SourceMaps()
    const here = join(process.cwd(), 'lib/app.js')
    assert.equal(maps.locate(at(here)).file, 'lib/app.js')
    assert.equal(
      maps.locate(at('/somewhere/else/node_modules/@a/b/index.js')).file,
      'node_modules/@a/b/index.js',
    )
    assert.equal(maps.locate(at('/somewhere/else/app.js')).file, '/somewhere/else/app.js')
  })
})
