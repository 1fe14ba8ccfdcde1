import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, parse, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { describeApp, mainPath } from '../../lib/config/app-identity'

describe('mainPath', () => {
  it('is the main script, else the working directory', () => {
    assert.equal(mainPath(['node', resolve('/srv/app.js')]), resolve('/srv/app.js'))
    assert.equal(mainPath(['node']), process.cwd())
  })
})

describe('describeApp', () => {
  let root = ''
  const unknown = { service: 'unknown_service:node', version: 'unknown' }

  before(() => {
    // The real path: on macOS the folder for temporary files is a link.
    root = realpathSync(mkdtempSync(join(tmpdir(), 'memprof-config-')))
  })
  after(() => {
    rmSync(root, { recursive: true, force: true })
  })

  const write = (path: string, content: unknown): string => {
    const file = join(root, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
    return file
  }

  it('takes OTEL_SERVICE_NAME and npm_package_version before any file', () => {
    write('named/package.json', { name: 'shop', version: '1.2.3' })
    const main = write('named/src/server/main.js', '')
    const env = { OTEL_SERVICE_NAME: ' otel-shop ', npm_package_version: '9.9.9' }
    assert.deepEqual(describeApp(env, main), { service: 'otel-shop', version: '9.9.9' })
  })

  it('takes what was set before everything', () => {
    const env = { OTEL_SERVICE_NAME: 'otel-shop', npm_package_version: '9.9.9' }
    const given = { service: 'set', version: '0' }
    assert.deepEqual(describeApp(env, null, given), given)
    const service = { service: 'set', version: null }
    assert.deepEqual(describeApp(env, null, service), { service: 'set', version: '9.9.9' })
  })

  it('finds the nearest package.json upwards from the main script, its folder or a folder', () => {
    write('near/package.json', { name: 'outer', version: '1.0.0' })
    write('near/inner/package.json', { name: 'inner', version: '2.0.0' })
    const main = write('near/inner/src/main.js', '')
    const inner = { service: 'inner', version: '2.0.0' }
    assert.deepEqual(describeApp({}, main), inner)
    assert.deepEqual(describeApp({}, dirname(main)), inner)
    assert.deepEqual(describeApp({}, join(root, 'near/inner')), inner)
    assert.deepEqual(describeApp({}, join(root, 'near')), { service: 'outer', version: '1.0.0' })
  })

  it('ignores variables that are empty or hold control characters', () => {
    write('named/package.json', { name: 'shop', version: '1.2.3' })
    const env = { OTEL_SERVICE_NAME: 'a\nb', npm_package_version: '' }
    const shop = { service: 'shop', version: '1.2.3' }
    assert.deepEqual(describeApp(env, join(root, 'named')), shop)
  })

  it('does not mix the name of one package with the version of another', () => {
    write('mixed/package.json', { name: 'outer', version: '1.0.0' })
    write('mixed/inner/package.json', { name: 'inner' })
    const inner = { service: 'inner', version: 'unknown' }
    assert.deepEqual(describeApp({}, join(root, 'mixed/inner')), inner)
  })

  for (const [what, content] of [
    ['neither name nor version', { type: 'module' }],
    ['a name that is no string', { name: 7, version: {} }],
    ['a name of 257 characters', { name: 'x'.repeat(257) }],
    ['broken JSON', '{ "name": '],
    ['null', 'null'],
    ['nothing', ''],
    ['more than 1 MiB', `{"name":"huge"}${' '.repeat(1024 ** 2 - 14)}`],
  ] as const) {
    it(`passes over a package.json with ${what}`, () => {
      write('over/package.json', { name: 'outer', version: '1.0.0' })
      write('over/dist/package.json', content)
      const outer = { service: 'outer', version: '1.0.0' }
      assert.deepEqual(describeApp({}, join(root, 'over/dist/main.js')), outer)
    })
  }

  it('reads a package.json of 1 MiB, and one that begins with a byte order mark', () => {
    write('big/package.json', `{"name":"big"}${' '.repeat(1024 ** 2 - 14)}`)
    assert.equal(describeApp({}, join(root, 'big')).service, 'big')
    write('bom/package.json', '\uFEFF{"name":"bom"}')
    assert.equal(describeApp({}, join(root, 'bom')).service, 'bom')
  })

  it('passes over a package.json that is a folder or a pipe', { timeout: 5000 }, () => {
    write('pipe/package.json', { name: 'outer' })
    mkdirSync(join(root, 'pipe/folder/package.json'), { recursive: true })
    assert.equal(describeApp({}, join(root, 'pipe/folder')).service, 'outer')
    if (process.platform === 'win32') return
    mkdirSync(join(root, 'pipe/fifo'))
    execFileSync('mkfifo', [join(root, 'pipe/fifo/package.json')])
    assert.equal(describeApp({}, join(root, 'pipe/fifo')).service, 'outer')
  })

  it('looks at 32 folders and not at the 33rd', () => {
    write('deep/package.json', { name: 'deep', version: '1.0.0' })
    const below = (levels: number): string => join(root, 'deep', ...Array(levels).fill('d'))
    assert.equal(describeApp({}, below(31)).service, 'deep')
    assert.deepEqual(describeApp({}, below(32)), { service: 'd', version: 'unknown' })
  })

  it('names the project around a runner in node_modules', () => {
    write('project/package.json', { name: 'project', version: '1.0.0' })
    write('project/node_modules/next/package.json', { name: 'next', version: '15.0.0' })
    const main = write('project/node_modules/next/dist/bin/next', '')
    assert.deepEqual(describeApp({}, main), { service: 'project', version: '1.0.0' })
  })

  it('names a global command itself, also through its link', () => {
    write('global/lib/node_modules/tool/package.json', { name: 'tool', version: '3.0.0' })
    const main = write('global/lib/node_modules/tool/bin.js', '')
    const tool = { service: 'tool', version: '3.0.0' }
    assert.deepEqual(describeApp({}, main), tool)
    mkdirSync(join(root, 'global/bin'))
    symlinkSync(main, join(root, 'global/bin/tool'))
    assert.deepEqual(describeApp({}, join(root, 'global/bin/tool')), tool)
  })

  it('is called as its script where there is nothing to read', () => {
    const main = join(parse(root).root, 'no-such-folder', 'server.prod.mjs')
    assert.deepEqual(describeApp({}, main), { service: 'server.prod', version: 'unknown' })
  })

  it('has the name OpenTelemetry prescribes where the script has none that can be one', () => {
    assert.deepEqual(describeApp({}, null), unknown)
    assert.deepEqual(describeApp({}, parse(root).root), unknown)
    assert.deepEqual(describeApp({}, join(parse(root).root, 'a\u0000b')), unknown)
  })
})
