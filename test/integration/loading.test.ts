import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import http2 from 'node:http2'
import https from 'node:https'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { countsByRoute, ofEvent, startApp } from '../support/app'
import { FIXTURES, REGISTER, ROOT, temporaryFolder } from '../support/files'
import { request } from '../support/http'

/** A second copy of memprof, of another version. */
function otherVersion(t: TestContext): string {
  const folder = temporaryFolder(t)
  for (const part of ['dist/lib', 'dist/register']) {
    cpSync(join(ROOT, part), join(folder, part), { recursive: true })
  }
  const about = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as object
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...about, version: '99.0.0' }))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return join(folder, 'dist/register/index.js')
}

/** A folder whose node_modules holds one made-up package; returns the app's path in it. */
function appWith(t: TestContext, name: string, version: string, main: string, app: string): string {
  const folder = temporaryFolder(t)
  const home = join(folder, 'node_modules', name)
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name, version, main: 'index.js' }))
  writeFileSync(join(home, 'index.js'), main)
  writeFileSync(join(folder, 'app.cjs'), app)
  return join(folder, 'app.cjs')
}

const PRINTS_PORT = `.listen(0, '127.0.0.1', function () { console.log('PORT ' + this.address().port) })`

describe('memprof is loaded', () => {
  for (const [how, preload] of [
    ['-r', ['-r', REGISTER]],
    ['--import', ['--import', REGISTER]],
    ['both', ['-r', REGISTER, '--import', REGISTER]],
    ['-r twice', ['-r', REGISTER, '-r', REGISTER]],
  ] as const) {
    it(`by ${how}: each request counts once, one start and one stop`, async (t) => {
      for (const file of ['express5.cjs', 'express5.mjs']) {
        const app = await startApp(t, file, { preload: [...preload] })
        const path = file === 'express5.cjs' ? '/v1/items/7' : '/users/7'
        await request(app.port, path)
        const lines = await app.stop()
        const route = file === 'express5.cjs' ? '/v1/items/:id' : '/users/:id'
        assert.deepEqual(countsByRoute(lines), { [`GET ${route}`]: '1' })
        assert.equal(ofEvent(lines, 'start').length, 1)
        assert.equal(ofEvent(lines, 'stop').length, 1)
        assert.deepEqual(ofEvent(lines, 'warning'), [])
        assert.equal(app.stderr, '')
      }
    })
  }

  it('in two copies of different versions: the first records, and says so once', async (t) => {
    const preload = ['-r', REGISTER, '-r', otherVersion(t)]
    const app = await startApp(t, 'express5.cjs', { preload })
    await request(app.port, '/v1/items/7')
    const lines = await app.stop()
    assert.deepEqual(countsByRoute(lines), { 'GET /v1/items/:id': '1' })
    assert.equal(ofEvent(lines, 'start').length, 1)
    assert.notEqual(ofEvent(lines, 'start')[0]?.versions.memprof, '99.0.0')
    const [warning, ...more] = ofEvent(lines, 'warning')
    assert.equal(warning?.code, 'second-copy')
    assert.match(warning.msg, /99\.0\.0/)
    assert.deepEqual(more, [])
  })

  it('in a worker thread, whose lines carry its number', async (t) => {
    const app = await startApp(t, 'worker.cjs')
    await request(app.port, '/ok')
    await app.ask('endWorker()')
    await app.printed(/worker ended/)
    const { lines } = app
    assert.deepEqual(countsByRoute(lines), { 'GET /ok': '1' })
    assert.ok(lines.every((line) => line.threadId === 1))
    assert.equal(ofEvent(lines, 'stop')[0]?.reason, 'exit')
    assert.equal(new Set(lines.map((line) => line.instance)).size, 1)
  })

  it('in a cluster: the workers record, the primary does not', async (t) => {
    const app = await startApp(t, 'cluster.cjs')
    await request(app.port, '/ok')
    await app.ask('endWorker()')
    await app.ended
    const { lines } = app
    assert.deepEqual(countsByRoute(lines), { 'GET /ok': '1' })
    assert.equal(ofEvent(lines, 'stop')[0]?.reason, 'SIGTERM')
    assert.ok(lines.every((line) => line.pid !== app.child.pid))
  })

  it('and does nothing where MEMPROF_ENABLED is false', async (t) => {
    const app = await startApp(t, 'express5.cjs', { env: { MEMPROF_ENABLED: 'false' } })
    await request(app.port, '/v1/items/7')
    assert.deepEqual(await app.stop(), [])
    assert.equal(app.stderr, '')
    assert.match(app.stdout, /^PORT \d+\n$/)
  })
})

describe('a framework outside the supported versions', () => {
  it('is named with the versions that are, and left alone', async (t) => {
    const app = appWith(
      t,
      'finalhandler',
      '3.0.0',
      'module.exports = function theirs() { return () => {} }',
      `const theirs = require('finalhandler')
       if (theirs.name !== 'theirs') throw new Error('replaced')
       require('node:http').createServer((_req, res) => res.end('ok'))${PRINTS_PORT}`,
    )
    const running = await startApp(t, app)
    const [start] = ofEvent(await running.stop(), 'start')
    assert.deepEqual(start?.hooked, [])
    assert.deepEqual(start?.notHooked, [
      { name: 'finalhandler', version: '3.0.0', why: 'supported: >=1.0 <3.0' },
    ])
  })

  for (const [version, isHooked] of [
    ['0.5.0', false],
    ['1.0.0', true],
    ['2.9.9', true],
    ['2.1.0-beta.1', true],
  ] as const) {
    it(`ends where the table says: finalhandler ${version}`, async (t) => {
      const app = appWith(
        t,
        'finalhandler',
        version,
        'module.exports = () => () => {}',
        `require('finalhandler')
         require('node:http').createServer((_req, res) => res.end('ok'))${PRINTS_PORT}`,
      )
      const running = await startApp(t, app)
      const [start] = ofEvent(await running.stop(), 'start')
      assert.equal(start?.hooked.length, isHooked ? 1 : 0)
      assert.equal(start?.notHooked.length, isHooked ? 0 : 1)
    })
  }

  it('whose files are not what they were is left alone too', async (t) => {
    const app = appWith(
      t,
      'router',
      '2.9.0',
      'module.exports = class Router {}; module.exports.prototype.use = 7',
      `require('router')
       require('node:http').createServer((_req, res) => res.end('ok'))${PRINTS_PORT}`,
    )
    const running = await startApp(t, app)
    await request(running.port, '/ok')
    const lines = await running.stop()
    assert.deepEqual(countsByRoute(lines), { 'GET /ok': '1' })
    const [start] = ofEvent(lines, 'start')
    assert.deepEqual(start?.hooked, [])
    assert.match(start?.notHooked[0]?.why ?? '', /^router: use is no function/)
    assert.equal(running.stderr, '')
  })
})

describe('a server', () => {
  it('of https is seen as one of http', async (t) => {
    const app = await startApp(t, 'https.cjs')
    const body = await new Promise<string>((resolve, reject) => {
      const options = { port: app.port, path: '/secure?q', rejectUnauthorized: false, agent: false }
      https
        .get(options as https.RequestOptions, (res) => {
          res.setEncoding('utf8').on('data', resolve)
        })
        .on('error', reject)
    })
    assert.equal(body, 'secret')
    assert.deepEqual(countsByRoute(await app.stop()), { 'GET /secure': '1' })
  })

  it('of HTTP/2 is seen as one of http, and its objects are its own', async (t) => {
    const app = await startApp(t, 'http2.cjs')
    const session = http2.connect(`http://127.0.0.1:${app.port}`)
    const stream = session.request({ ':path': '/' })
    stream.resume()
    const shape = await new Promise((resolve, reject) => {
      stream.on('response', (headers) => resolve(headers['x-shape']))
      stream.on('error', reject)
    })
    assert.equal(shape, 'Http2ServerRequest')
    await new Promise<void>((resolve) => session.close(resolve))
    assert.deepEqual(countsByRoute(await app.stop()), { 'GET /': '1' })
  })

  it('that began to listen before start() is recorded from its next request on', async (t) => {
    const folder = temporaryFolder(t)
    const file = join(folder, 'late.cjs')
    const lib = JSON.stringify(join(ROOT, 'dist/lib/index.js'))
    writeFileSync(
      file,
      `const server = require('node:http').createServer((_req, res) => res.end('ok'))
       globalThis.startLate = () => void require(${lib}).start()
       server${PRINTS_PORT}`,
    )
    const app = await startApp(t, file, { preload: [] })
    await request(app.port, '/before')
    await app.ask('startLate()')
    await request(app.port, '/after')
    assert.deepEqual(countsByRoute(await app.stop()), { 'GET /after': '1' })
  })
})

describe('the service in each line', () => {
  it('is that of the nearest package.json, unless it is set', async (t) => {
    const app = await startApp(t, 'plain-http.mjs', { cwd: FIXTURES })
    const [start] = ofEvent(await app.stop(), 'start')
    assert.equal(start?.service, 'memprof')
    const env = { MEMPROF_SERVICE: 'shop', MEMPROF_VERSION: '1.2.3' }
    const named = await startApp(t, 'plain-http.mjs', { env })
    const lines = await named.stop()
    assert.ok(lines.length > 1)
    for (const line of lines) {
      assert.equal(`${line.service} ${line.version}`, 'shop 1.2.3')
      assert.equal(`${line.name} ${line.v}`, 'memprof 1')
    }
  })
})
