import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ofEvent, startApp } from '../support/app'
import { temporaryFolder } from '../support/files'

describe('the start line tells where the first server listens', () => {
  it('http: protocol, host and port', async (t) => {
    const app = await startApp(t, 'plain-http.mjs')
    const [start] = ofEvent(await app.stop(), 'start')
    assert.deepEqual(start?.listen, { protocol: 'http', host: '127.0.0.1', port: app.port })
  })

  it('https', async (t) => {
    const app = await startApp(t, 'https.cjs')
    const [start] = ofEvent(await app.stop(), 'start')
    assert.deepEqual(start?.listen, { protocol: 'https', host: '127.0.0.1', port: app.port })
  })

  it('a socket: its path', async (t) => {
    const folder = temporaryFolder(t)
    const file = join(folder, 'app.cjs')
    writeFileSync(
      file,
      `require('node:http').createServer().listen('app.sock', () => console.log('PORT 0'))`,
    )
    const app = await startApp(t, file, { cwd: folder })
    const [start] = ofEvent(await app.stop(), 'start')
    assert.deepEqual(start?.listen, { socket: 'app.sock' })
  })

  it('a worker of a cluster: the port that the primary holds for it', async (t) => {
    const app = await startApp(t, 'cluster.cjs')
    await app.ask('endWorker()')
    await app.ended
    const [start] = ofEvent(app.lines, 'start')
    assert.deepEqual(start?.listen, { protocol: 'http', host: '127.0.0.1', port: app.port })
  })

  it('nothing where the server does not say', async (t) => {
    const folder = temporaryFolder(t)
    const file = join(folder, 'app.cjs')
    writeFileSync(
      file,
      `const server = require('node:http').createServer()
       server.address = () => { throw new Error('planted') }
       server.listen(0, '127.0.0.1', () => console.log('PORT 0'))`,
    )
    const app = await startApp(t, file)
    const [start] = ofEvent(await app.stop(), 'start')
    assert.equal(start && 'listen' in start, false)
    assert.equal(app.stderr, '')
  })
})
