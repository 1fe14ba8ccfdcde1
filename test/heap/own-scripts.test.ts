import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { isOwnScript, ownerOf } from '../../lib/heap/own-scripts'
import { FrameTable, placesOf } from '../../lib/heap/sites'
import type { SampledNode } from '../../lib/inspector/sampled-profile'
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

describe('what runs below the hooks', () => {
  it('is the app, in the files that ship: modules that it loads, and routes that it adds', (t) => {
    const folder = temporaryFolder(t)
    writeFileSync(
      join(folder, 'rules.cjs'),
      'exports.rules = Array.from({ length: 1000 }, () => ({}))',
    )
    const app = join(folder, 'app.cjs')
    writeFileSync(app, APP)
    const preload = join(ROOT, 'dist/register/index.js')
    const out = execFileSync(process.execPath, ['-r', preload, app], { encoding: 'utf8' })
    const head = JSON.parse(out) as SampledNode

    const places = placesOf(head, { labelOf: () => null, ownerOf }, new FrameTable())
    const found = new Set<string>()
    for (const { origin, frames } of places.values()) {
      for (const { functionName } of frames) found.add(`${origin} ${functionName}`)
    }
    assert.ok(found.has('app loadAnew') && found.has('app addRoute'), [...found].join())
    assert.ok(!found.has('app patchedRequire'))
    // The module loader's work, the largest part of it, is done for the app.
    assert.ok(bytesOf(head, (id) => places.get(id)?.origin === 'memprof') < bytesOf(head) / 10)
  })
})

function bytesOf(node: SampledNode, isCounted: (id: number) => boolean = () => true): number {
  return node.children.reduce(
    (bytes, child) => bytes + bytesOf(child, isCounted),
    isCounted(node.id) ? node.selfSize : 0,
  )
}

/** Prints where all was allocated that it keeps. */
const APP = `
const express = require(${JSON.stringify(require.resolve('express'))})
const { Session } = require('node:inspector')
const app = express()
function loadAnew() {
  delete require.cache[require.resolve('./rules.cjs')]
  return require('./rules.cjs')
}
function addRoute(at) {
  app.get('/' + at, function answer(req, res) { res.end() })
}
const session = new Session()
session.connect()
session.post('HeapProfiler.startSampling', { samplingInterval: 256 })
globalThis.kept = Array.from({ length: 100 }, (_, at) => [loadAnew(), addRoute(at)])
session.post('HeapProfiler.getSamplingProfile', (error, { profile }) => {
  process.stdout.write(JSON.stringify(profile.head))
})
`
