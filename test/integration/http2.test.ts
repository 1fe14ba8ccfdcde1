import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import http2 from 'node:http2'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ofEvent, startApp } from '../support/app'
import { ROOT, temporaryFolder } from '../support/files'

const SERVER = `
const http2 = require('node:http2')
const server = http2.createServer()
const held = []
server.on('sessionError', () => {})
server.on('stream', (stream, headers) => {
  stream.on('error', () => {})
  const path = headers[':path']
  if (path === '/held') held.push(stream)
  stream.respond({ ':status': 200 })
  if (path === '/whole') stream.end('whole')
  else stream.write('begun')
  if (path === '/destroyed') stream.destroy(new Error('planted'))
})
globalThis.answerHeld = () => held.splice(0).forEach((stream) => stream.end('answered'))
globalThis.prototypeOfStream = null
server.on('stream', (stream) => { globalThis.prototypeOfStream = Object.getPrototypeOf(stream) })
server.listen(0, '127.0.0.1', () => console.log('PORT ' + server.address().port))
`

function serverFile(t: { after(clean: () => void): void }): string {
  const file = join(temporaryFolder(t), 'server.cjs')
  writeFileSync(file, SERVER)
  return file
}

describe('an HTTP/2 stream', () => {
  it('ends as the request it is: whole, given up, or destroyed by the app', async (t) => {
    const app = await startApp(t, serverFile(t), { env: { MEMPROF_LEVEL: 'debug' } })
    for (const path of ['/whole', '/given-up', '/session-gone', '/destroyed']) {
      const session = http2.connect(`http://127.0.0.1:${app.port}`)
      session.on('error', () => {})
      const stream = session.request({ ':path': path })
      stream.on('error', () => {})
      const closed = new Promise((resolve) => stream.once('close', resolve))
      stream.once('data', () => {
        if (path === '/given-up') stream.close(http2.constants.NGHTTP2_CANCEL)
        if (path === '/session-gone') session.destroy()
      })
      stream.resume()
      await closed
      session.destroy()
    }
    const requests = ofEvent(await app.stop(), 'request')
    // In no order: the server hears of a session that is gone when its socket is.
    assert.deepEqual(
      new Set(requests.map(({ route, status, outcome }) => `${route} ${status} ${outcome}`)),
      new Set([
        '/whole 200 finished',
        '/given-up 200 aborted',
        '/session-gone 200 aborted',
        '/destroyed 200 errored',
      ]),
    )
    assert.equal(requests.length, 4)
  })

  it('is one of several at a time on one connection', async (t) => {
    const app = await startApp(t, serverFile(t), { env: { MEMPROF_LEVEL: 'debug' } })
    const session = http2.connect(`http://127.0.0.1:${app.port}`)
    const streams = Array.from({ length: 3 }, () => session.request({ ':path': '/held' }))
    await Promise.all(streams.map((stream) => once(stream, 'data')))
    const closed = Promise.all(streams.map((stream) => once(stream.resume(), 'close')))
    await app.ask('answerHeld()')
    await closed
    await new Promise<void>((resolve) => session.close(resolve))
    const requests = ofEvent(await app.stop(), 'request')
    assert.deepEqual(
      requests.map(({ concurrency, outcome }) => `${concurrency} ${outcome}`),
      ['3 finished', '3 finished', '3 finished'],
    )
  })

  it('has its prototype back after stop()', async (t) => {
    const app = await startApp(t, serverFile(t), { preload: [] })
    const lib = JSON.stringify(join(ROOT, 'dist/lib/index.js'))
    await app.ask(`void (globalThis.memprof = require(${lib}).start())`)
    const session = http2.connect(`http://127.0.0.1:${app.port}`)
    await once(session.request({ ':path': '/whole' }).resume(), 'close')
    const own = `Object.hasOwn(prototypeOfStream, 'emit')`
    assert.equal(await app.ask(own), true)
    await app.ask('memprof.stop()')
    assert.equal(await app.ask(own), false)
    await new Promise<void>((resolve) => session.close(resolve))
  })
})
