import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { isOwnScript, ownerOf } from '../../lib/heap/own-scripts'
import { FrameTable, placesOf } from '../../lib/heap/sites'
import { loadRequireHook } from '../../lib/hooks/require-hook'
import { InspectorSession } from '../../lib/inspector/session'
import { ROOT, temporaryFolder } from '../support/files'

const OWN: Array<[path: string, owner: string]> = [
  [join(ROOT, 'dist/lib/hooks/http.js'), 'hook'],
  [join(ROOT, 'dist/lib/start.js'), 'hook'],
  [require.resolve('require-in-the-middle'), 'hook'],
  [require.resolve('shimmer'), 'hook'],
  [join(ROOT, 'dist/lib/record/recorder.js'), 'memprof'],
  [join(ROOT, 'dist/lib/recording/recording.js'), 'memprof'],
]
/** An app may have these for itself, in the same files. */
const OTHERS = [
  join(ROOT, 'dist/test/heap/own-scripts.test.js'),
  require.resolve('pino'),
  require.resolve('debug'),
  '/app/hooks/http.js',
  'node:internal/modules/cjs/loader',
  '',
]

describe('ownerOf', () => {
  it("tells hooks, and the packages that call on into the app, from memprof's other files", () => {
    for (const [path, owner] of OWN) assert.equal(ownerOf(path), owner, path)
  })

  it("leaves an app's own and its packages' files to it", () => {
    for (const path of OTHERS) assert.equal(ownerOf(path), 'others', path)
  })
})

describe('isOwnScript', () => {
  it('knows the same files by path and by URL, and the trampolines', () => {
    for (const [path] of OWN) {
      assert.equal(isOwnScript(path), true, path)
      assert.equal(isOwnScript(pathToFileURL(path).href), true, path)
    }
    assert.equal(isOwnScript('memprof:7:GET /'), true)
    for (const path of OTHERS) assert.equal(isOwnScript(path), false, path)
  })
})

describe('what an app loads by require', () => {
  it('has the app for its first site, not what memprof sees it by', (t) => {
    const file = join(temporaryFolder(t), 'rules.cjs')
    writeFileSync(file, 'exports.rules = Array.from({ length: 1000 }, () => ({}))')
    function loadAnew(): unknown {
      Reflect.deleteProperty(require.cache, file)
      return require(file)
    }
    const Hook = loadRequireHook()
    const hook = new Hook(['none'], {}, (exports) => exports)
    const session = new InspectorSession()
    session.start(1024)
    const kept = Array.from({ length: 50 }, loadAnew)
    const { head } = session.read()!.profile
    session.close()
    hook.unhook()
    assert.equal(kept.length, 50)

    const places = placesOf(head, { labelOf: () => null, ownerOf }, new FrameTable())
    const stacks = [...places.values()].map(({ frames }) =>
      frames.map(({ functionName }) => functionName),
    )
    assert.ok(stacks.some((names) => names.includes('loadAnew')))
    assert.deepEqual(
      stacks.filter((names) => names.includes('patchedRequire')),
      [],
    )
  })
})
