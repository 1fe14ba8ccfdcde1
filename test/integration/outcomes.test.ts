import assert from 'node:assert/strict'
import http from 'node:http'
import { describe, it } from 'node:test'
import { type App, countsByRoute, type LineOf, ofEvent, startApp } from '../support/app'
import { get, RawConnection, request } from '../support/http'

const DEBUG = { MEMPROF_LEVEL: 'debug' }

/** The `request` lines of one app after some requests to it. */
async function requestLines(app: App): Promise<Array<LineOf<'request'>>> {
  return ofEvent(await app.stop(), 'request')
}

/** `/path: status outcome` of each, in the order they ended. */
function summary(lines: ReadonlyArray<LineOf<'request'>>): string[] {
  return lines.map((line) => `${line.path} ${line.status} ${line.outcome}`)
}

async function ended(app: App, held: number): Promise<void> {
  while ((await app.ask<number>('heldCount()')) < held) {
    // Each question is a round trip: no time is assumed.
  }
}

describe('each request counts once', () => {
  it('whatever its status and method', async (t) => {
    const app = await startApp(t, 'outcomes.cjs', { env: DEBUG })
    await request(app.port, '/ok')
    await request(app.port, '/ok?secret=1', { method: 'HEAD' })
    await request(app.port, '/ok', { method: 'POST', body: 'text' })
    await request(app.port, '/not-modified')
    await request(app.port, '/empty', { method: 'DELETE' })
    await request(app.port, '/broken')
    await request(app.port, '/missing')
    await request(app.port, '/end-twice')
    await request(app.port, '/stream')
    const lines = await requestLines(app)
    assert.deepEqual(summary(lines), [
      '/ok 200 finished',
      '/ok 200 finished',
      '/ok 200 finished',
      '/not-modified 304 finished',
      '/empty 204 finished',
      '/broken 500 finished',
      '/missing 404 finished',
      '/end-twice 200 finished',
      '/stream 200 finished',
    ])
    assert.deepEqual(
      lines.map((line) => line.method),
      ['GET', 'HEAD', 'POST', 'GET', 'DELETE', 'GET', 'GET', 'GET', 'GET'],
    )
    assert.equal(JSON.stringify(lines).includes('secret'), false)
    const [route] = ofEvent(app.lines, 'route').filter(({ route }) => route === '/broken')
    assert.equal(route?.errors, 1)
  })

  it('over one connection kept alive, each with its own reading', async (t) => {
    const app = await startApp(t, 'outcomes.cjs', { env: DEBUG })
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    for (let sent = 0; sent < 50; sent++) await request(app.port, '/ok', { agent })
    agent.destroy()
    const lines = await requestLines(app)
    assert.equal(lines.length, 50)
    assert.ok(lines.every((line) => line.concurrency === 1 && line.outcome === 'finished'))
    assert.deepEqual(countsByRoute(app.lines), { 'GET /ok': '50' })
  })

  it('when the client goes away before the answer, as aborted', async (t) => {
    const app = await startApp(t, 'outcomes.cjs', { env: DEBUG })
    const client = new RawConnection(app.port)
    client.send(get('/held'))
    await ended(app, 1)
    await client.destroy()
    await app.settled()
    await app.ask('release()')
    assert.deepEqual(summary(await requestLines(app)), ['/held 0 aborted'])
    assert.deepEqual(countsByRoute(app.lines), { 'GET /held': '0, 1 aborted' })
  })

  it('when the client goes away in the middle of its own body, as aborted', async (t) => {
    const app = await startApp(t, 'outcomes.cjs', { env: DEBUG })
    const client = new RawConnection(app.port)
    client.send('POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf')
    // Its head has been handled once the server has answered on another connection.
    await request(app.port, '/ok')
    await client.destroy()
    assert.deepEqual(summary(await requestLines(app)), ['/ok 200 finished', '/upload 0 aborted'])
  })

  it('when the app destroys socket or response, as aborted; with an error, as errored', async (t) => {
    const app = await startApp(t, 'outcomes.cjs', { env: DEBUG })
    for (const path of [
      '/destroy-socket',
      '/destroy-response',
      '/destroy-response-error',
      '/half-then-error',
    ]) {
      const client = new RawConnection(app.port)
      client.send(get(path))
      await client.closed()
    }
    assert.deepEqual(summary(await requestLines(app)), [
      '/destroy-socket 0 aborted',
      '/destroy-response 0 aborted',
      '/destroy-response-error 0 errored',
      '/half-then-error 200 errored',
    ])
    assert.deepEqual(countsByRoute(app.lines), {
      'GET /destroy-socket': '0, 1 aborted',
      'GET /destroy-response': '0, 1 aborted',
      'GET /destroy-response-error': '1',
      'GET /half-then-error': '1',
    })
  })

  it('when it is never answered, in inFlight and nowhere else', async (t) => {
    const app = await startApp(t, 'outcomes.cjs', { env: DEBUG })
    const client = new RawConnection(app.port)
    client.send(get('/never'))
    await request(app.port, '/ok')
    // Not settled: the connection stays.
    app.child.kill('SIGTERM')
    await app.ended
    assert.deepEqual(summary(ofEvent(app.lines, 'request')), ['/ok 200 finished'])
    const [never] = ofEvent(app.lines, 'route').filter(({ route }) => route === '/never')
    assert.equal(never?.inFlight, 1)
    assert.equal(never?.requests, 0)
    assert.equal(ofEvent(app.lines, 'process')[0]?.inFlight, 1)
    assert.equal(ofEvent(app.lines, 'process')[0]?.requests, 2)
    assert.equal(ofEvent(app.lines, 'stop')[0]?.inFlight, 1)
  })

  it('when several are pipelined, in the order of their answers', async (t) => {
    const app = await startApp(t, 'outcomes.cjs', { env: DEBUG })
    const client = new RawConnection(app.port)
    client.send(
      get('/held') + get('/ok') + get('/empty') + get('/held-too', 'Connection: close\r\n'),
    )
    await ended(app, 2)
    await app.ask('release()')
    await client.closed()
    assert.deepEqual(summary(await requestLines(app)), [
      '/held 200 finished',
      '/ok 200 finished',
      '/empty 204 finished',
      '/held-too 200 finished',
    ])
    assert.equal(ofEvent(app.lines, 'stop')[0]?.inFlight, 0)
  })

  it('when a pipelined connection is gone while answers wait their turn', async (t) => {
    const app = await startApp(t, 'outcomes.cjs', { env: DEBUG })
    const client = new RawConnection(app.port)
    // The second is answered, and waits for the first; the body of the third has been read.
    client.send(
      get('/held') +
        get('/empty') +
        'POST /read-then-held HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody',
    )
    await ended(app, 2)
    await client.destroy()
    await app.settled()
    await app.ask('release()')
    const lines = await requestLines(app)
    assert.deepEqual(summary(lines).sort(), [
      '/empty 204 aborted',
      '/held 0 aborted',
      '/read-then-held 0 aborted',
    ])
    assert.equal(ofEvent(app.lines, 'stop')[0]?.inFlight, 0)
  })

  it('and a pipelined request whose body was read still finishes', async (t) => {
    const app = await startApp(t, 'outcomes.cjs', { env: DEBUG })
    const client = new RawConnection(app.port)
    client.send(
      get('/held') +
        'POST /read-then-held HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody',
    )
    await ended(app, 2)
    await app.ask('release()')
    await client.closed()
    assert.deepEqual(summary(await requestLines(app)), [
      '/held 200 finished',
      '/read-then-held 200 finished',
    ])
  })

  it('and no listener of memprof is ever on a pipelined connection', async (t) => {
    const app = await startApp(t, 'outcomes.cjs')
    const client = new RawConnection(app.port)
    client.send(get('/held'))
    await ended(app, 1)
    const count =
      'process._getActiveHandles().filter((h) => h.remoteAddress && h.server)[0].listenerCount("close")'
    const alone = await app.ask<number>(count)
    client.send(get('/held-too'))
    await ended(app, 2)
    assert.equal(await app.ask<number>(count), alone)
    await app.ask('release()')
    await client.until(/released[^]*released/)
    // Node's own, for the response under way, is gone too.
    assert.equal(await app.ask<number>(count), alone - 1)
    await client.destroy()
  })

  for (const args of [[], ['--check-continue']]) {
    it(`with 100-continue and ${args[0] ?? 'no listener of the app for it'}`, async (t) => {
      const app = await startApp(t, 'outcomes.cjs', { env: DEBUG, args })
      const client = new RawConnection(app.port)
      client.send(
        'POST /body HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n',
      )
      await client.until(/100 Continue/)
      client.send('body')
      assert.match(await client.closed(), /200 OK/)
      assert.deepEqual(summary(await requestLines(app)), ['/body 200 finished'])
    })
  }

  it('with an expectation nobody meets, or the app refuses', async (t) => {
    for (const args of [[], ['--check-expectation']]) {
      const app = await startApp(t, 'outcomes.cjs', { env: DEBUG, args })
      const client = new RawConnection(app.port)
      client.send('GET /e HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: tea\r\n\r\n')
      assert.match(await client.closed(), /417/)
      const expected = args.length === 0 ? [] : ['/e 417 finished']
      assert.deepEqual(summary(await requestLines(app)), expected)
    }
  })

  it('with 102 and 103 before the answer', async (t) => {
    const app = await startApp(t, 'outcomes.cjs', { env: DEBUG })
    const client = new RawConnection(app.port)
    client.send(get('/early-hints', 'Connection: close\r\n'))
    assert.match(await client.closed(), /103 Early Hints[^]*102 Processing[^]*200 OK/)
    assert.deepEqual(summary(await requestLines(app)), ['/early-hints 200 finished'])
  })

  it('as an upgrade and as a CONNECT', async (t) => {
    const app = await startApp(t, 'outcomes.cjs', { env: DEBUG })
    const client = new RawConnection(app.port)
    client.send(get('/chat', 'Connection: Upgrade\r\nUpgrade: chat\r\n'))
    assert.match(await client.closed(), /101 Switching/)
    const tunnel = new RawConnection(app.port)
    tunnel.send('CONNECT host:443 HTTP/1.1\r\nHost: host:443\r\n\r\n')
    assert.match(await tunnel.closed(), /200 OK/)
    const lines = await requestLines(app)
    assert.deepEqual(
      lines.map((line) => `${line.method} ${line.route} ${line.outcome}`),
      ['GET /chat finished', 'CONNECT * finished'],
    )
  })

  it('and bytes that are no HTTP are no request', async (t) => {
    const app = await startApp(t, 'outcomes.cjs', { env: DEBUG })
    const client = new RawConnection(app.port)
    client.send('\u0016\u0003\u0001 hello\r\n\r\n')
    assert.match(await client.closed(), /400 Bad Request/)
    assert.deepEqual(await requestLines(app), [])
  })
})

describe('a request is clean', () => {
  it('when it was alone; not when another was in flight during any part of it', async (t) => {
    const app = await startApp(t, 'outcomes.cjs', { env: DEBUG })
    await request(app.port, '/ok')
    const first = new RawConnection(app.port)
    first.send(get('/held', 'Connection: close\r\n'))
    await ended(app, 1)
    await request(app.port, '/ok?during')
    const second = new RawConnection(app.port)
    second.send(get('/held-too', 'Connection: close\r\n'))
    await ended(app, 2)
    await app.ask('release()')
    await Promise.all([first.closed(), second.closed()])
    await request(app.port, '/ok?after')
    const lines = await requestLines(app)
    assert.deepEqual(
      lines.map((line) => `${line.path} ${line.concurrency}`),
      ['/ok 1', '/ok 2', '/held 2', '/held-too 2', '/ok 1'],
    )
    for (const line of lines) assert.equal(line.clean, line.concurrency === 1 && line.gcs === 0)
  })

  it('not when a collection ran in it, which `gcs` counts', async (t) => {
    const app = await startApp(t, 'outcomes.cjs', { env: DEBUG, nodeArgs: ['--expose-gc'] })
    const client = new RawConnection(app.port)
    client.send(get('/held', 'Connection: close\r\n'))
    await ended(app, 1)
    await app.ask('(gc(), gc())')
    await app.ask('release()')
    await client.closed()
    const [line] = await requestLines(app)
    assert.ok(line && line.gcs >= 2)
    assert.equal(line.clean, false)
    const [route] = ofEvent(app.lines, 'route')
    assert.deepEqual(route?.heapDeltaBytes, { clean: 0 })
  })
})
