import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, it, type TestContext } from 'node:test'
import { SourceMaps } from '../../lib/inspector/source-maps'
import { declarationOf } from '../../lib/holders/declaration'
import { compileInMemory } from '../support/compiled-in-memory'
import { temporaryFolder } from '../support/files'

const SOURCE = `import { other } from 'other'
const trail = new Map(), second = new Set()
function session(options, store) {
  const trail = []
  const { cache, ...rest } = options
  return function middleware() {
    return [trail, cache, store]
  }
}
const trailing = 1
`

function lineOf(t: TestContext, name: string, scope: string, seenFromLine: number): string {
  const file = join(temporaryFolder(t), 'app.js')
  writeFileSync(file, SOURCE)
  const seenFrom = { scriptId: '1', lineNumber: seenFromLine - 1, columnNumber: 0 }
  const place = declarationOf({ name, scope, seenFrom, url: file }, new SourceMaps())
  assert.match(place.file!, /app\.js$/)
  return `${place.function}:${place.line}`
}

describe('declarationOf', () => {
  it('is the declaration, the nearest above the function that sees it', (t) => {
    assert.equal(lineOf(t, 'trail', 'Closure (session)', 6), 'session:4')
    assert.equal(lineOf(t, 'trail', 'Closure', 3), '(module):2')
    assert.equal(lineOf(t, 'session', 'Module', 6), '(module):3')
    assert.equal(lineOf(t, 'trailing', 'Module', 6), '(module):10')
  })

  it('is where a name is taken out of an object', (t) => {
    assert.equal(lineOf(t, 'cache', 'Closure (session)', 6), 'session:5')
  })

  it('is the function whose parameter it is', (t) => {
    assert.equal(lineOf(t, 'store', 'Closure (session)', 6), 'session:3')
  })

  it('is the function that sees it, where nothing else is known', (t) => {
    assert.equal(lineOf(t, 'nowhere', 'Closure', 6), '(module):6')
  })

  it('has the name of the source where the map has it', (t) => {
    const file = join(temporaryFolder(t), 'app.js')
    writeFileSync(file, 'const t=new Map\n//# sourceMappingURL=app.js.map\n')
    // Line 1, column 6 of the script is line 3, column 6 of app.ts, and the first of the names.
    const map = { version: 3, sources: ['app.ts'], names: ['trail'], mappings: 'MAEMA' }
    writeFileSync(`${file}.map`, JSON.stringify(map))
    const seenFrom = { scriptId: '1', lineNumber: 0, columnNumber: 15 }
    const variable = { name: 't', scope: 'Closure', seenFrom, url: pathToFileURL(file).href }
    const { name, line, file: shown } = declarationOf(variable, new SourceMaps())
    assert.equal(name, 'trail')
    assert.equal(line, 3)
    assert.match(shown!, /app\.ts$/)
  })

  it('is in the file, where that is the source of what was compiled in memory', (t) => {
    const file = join(temporaryFolder(t), 'app.ts')
    writeFileSync(file, SOURCE)
    // The one line of the script is line 6 of the source and what follows.
    compileInMemory(t, file, 'return 1', { version: 3, sources: ['app.ts'], mappings: 'AAKA' })
    const seenFrom = { scriptId: '1', lineNumber: 0, columnNumber: 6 }
    const variable = { name: 'trail', scope: 'Closure (session)', seenFrom, url: file }
    const { function: within, line, file: shown } = declarationOf(variable, new SourceMaps())
    assert.deepEqual([within, line, basename(shown!)], ['session', 4, 'app.ts'])
  })

  it('is nothing for a global, and the file alone for a module', () => {
    const maps = new SourceMaps()
    const variable = { name: 'globalThis.x', scope: '', seenFrom: null, url: '' }
    assert.deepEqual(declarationOf(variable, maps), {})
    const module = { name: 'module.exports', scope: 'Module', seenFrom: null, url: '/x/db.js' }
    assert.equal(declarationOf(module, maps).file, '/x/db.js')
  })
})
