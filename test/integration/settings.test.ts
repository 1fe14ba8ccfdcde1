import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { SETTINGS } from '../../lib/config/settings'
import { countsByRoute, ofEvent, parseLines, startApp } from '../support/app'
import { temporaryFolder } from '../support/files'
import { get, RawConnection, request } from '../support/http'

describe('a setting that cannot be used', () => {
  /** A wrong value of each; every kind of wrong value is in test/config.test.ts. */
  const WRONG: Record<string, string> = Object.fromEntries(
    Object.values(SETTINGS).map(({ env, kind }) => [
      env,
      kind.parse('perhaps') && 'value' in kind.parse('perhaps') ? 'a\u0007b' : 'perhaps',
    ]),
  )
  for (const [name, value] of Object.entries(WRONG)) {
    it(`${name}=${JSON.stringify(value)} is told in one line, and the default is used`, async (t) => {
      const app = await startApp(t, 'plain-http.mjs', { env: { [name]: value } })
      await request(app.port, '/ok')
      const lines = await app.stop()
      assert.match(app.stderr, /^memprof: ERR_MEMPROF_CONFIG_VALUE: [^\n]+\n$/)
      assert.ok(app.stderr.includes(`${name} must be`), app.stderr)
      assert.deepEqual(countsByRoute(lines), { 'GET /ok': '1' })
    })
  }

  it('of an unknown name is told with the nearest known one', async (t) => {
    const app = await startApp(t, 'plain-http.mjs', { env: { MEMPROF_INTERVALL: '1s' } })
    await app.stop()
    assert.match(
      app.stderr,
      /^memprof: [^\n]*MEMPROF_INTERVALL[^\n]*Did you mean MEMPROF_INTERVAL\?\n$/,
    )
  })
})

describe('MEMPROF_DESTINATION', () => {
  it('writes to a file, its pid and thread in the name, and nothing to stdout', async (t) => {
    const folder = temporaryFolder(t)
    const app = await startApp(t, 'express5.cjs', {
      env: { MEMPROF_DESTINATION: join(folder, 'log-%p-%t.ndjson') },
    })
    await request(app.port, '/a')
    assert.deepEqual(await app.stop(), [])
    assert.match(app.stdout, /^PORT \d+\n$/)
    assert.deepEqual(readdirSync(folder), [`log-${app.child.pid}-0.ndjson`])
    const text = readFileSync(join(folder, `log-${app.child.pid}-0.ndjson`), 'utf8')
    const lines = text.trimEnd().split('\n')
    assert.ok(lines.every((line) => (JSON.parse(line) as { name: string }).name === 'memprof'))
    assert.deepEqual(countsByRoute(parseLines(text)), { 'GET (/a|/b)': '1' })
  })

  it('stderr writes there', async (t) => {
    const app = await startApp(t, 'plain-http.mjs', { env: { MEMPROF_DESTINATION: 'stderr' } })
    await request(app.port, '/ok')
    assert.deepEqual(await app.stop(), [])
    assert.deepEqual(countsByRoute(parseLines(app.stderr)), { 'GET /ok': '1' })
  })

  it('that cannot be opened is told in one line, and stdout stands in', async (t) => {
    const folder = temporaryFolder(t)
    mkdirSync(join(folder, 'a-folder'))
    for (const destination of [join(folder, 'a-folder'), join(folder, 'none/log.ndjson')]) {
      const app = await startApp(t, 'plain-http.mjs', {
        env: { MEMPROF_DESTINATION: destination },
      })
      await request(app.port, '/ok')
      assert.deepEqual(countsByRoute(await app.stop()), { 'GET /ok': '1' })
      assert.match(app.stderr, /^memprof: ERR_MEMPROF_DESTINATION: [^\n]+ stdout\.\n$/)
    }
  })

  it('is followed when the file is moved away or deleted', async (t) => {
    const folder = temporaryFolder(t)
    const file = join(folder, 'log.ndjson')
    const app = await startApp(t, 'plain-http.mjs', {
      env: { MEMPROF_DESTINATION: file, MEMPROF_INTERVAL: '100ms' },
    })
    const written = async (path: string): Promise<void> => {
      // The app says when it has written: the test reads no clock.
      while (!readIfThere(path).includes('"event":"process"')) await app.ask('0')
    }
    await written(file)
    renameSync(file, join(folder, 'log.1.ndjson'))
    await written(file)
    rmSync(file)
    await written(file)
    await app.stop()
    assert.equal(ofEvent(parseLines(readFileSync(file, 'utf8')), 'stop').length, 1)
    assert.equal(app.stderr, '')
  })

  it('whose folder disappears is told once, and what is lost is counted', async (t) => {
    const folder = temporaryFolder(t)
    const home = join(folder, 'logs')
    mkdirSync(home)
    const file = join(home, 'log.ndjson')
    const app = await startApp(t, 'plain-http.mjs', {
      env: { MEMPROF_DESTINATION: file, MEMPROF_INTERVAL: '100ms' },
    })
    rmSync(home, { recursive: true })
    while (!app.stderr.includes('\n')) await app.ask('0')
    mkdirSync(home)
    while (!readIfThere(file).includes('lines-lost')) await app.ask('0')
    assert.equal((await request(app.port, '/ok')).status, 200)
    await app.stop()
    assert.match(app.stderr, /^memprof: ERR_MEMPROF_DESTINATION: [^\n]+\n$/)
    assert.equal(ofEvent(parseLines(readFileSync(file, 'utf8')), 'stop').length, 1)
  })

  it('stdout that nobody reads any more does not end the app', async (t) => {
    const app = await startApp(t, 'plain-http.mjs', { env: { MEMPROF_INTERVAL: '100ms' } })
    app.child.stdout?.destroy()
    while (!app.stderr.includes('\n')) await app.ask('0')
    assert.equal((await request(app.port, '/ok')).status, 200)
    await app.settled()
    app.child.kill('SIGTERM')
    const { signal, stderr } = await app.ended
    assert.equal(signal, 'SIGTERM')
    const [failed, lost, ...rest] = stderr.trimEnd().split('\n')
    assert.match(failed!, /^memprof: ERR_MEMPROF_DESTINATION: .*EPIPE/)
    assert.match(lost!, /^memprof: \d+ lines could not be written to stdout$/)
    assert.deepEqual(rest, [])
  })
})

describe('MEMPROF_RING_SIZE', () => {
  it('rows overwritten before they were read are counted as dropped, their requests are not', async (t) => {
    const env = { MEMPROF_RING_SIZE: '64', MEMPROF_LEVEL: 'debug' }
    const app = await startApp(t, 'outcomes.cjs', { env })
    const client = new RawConnection(app.port)
    // In one turn of the app's event loop, so that nothing is drained in between.
    const count = 100
    for (let sent = 0; sent < count; sent++) {
      client.send(get('/held', sent === count - 1 ? 'Connection: close\r\n' : ''))
    }
    while ((await app.ask<number>('heldCount()')) < count) {
      // Each question is a round trip.
    }
    await app.ask('release()')
    await client.closed()
    const lines = await app.stop()
    assert.deepEqual(countsByRoute(lines), { 'GET /held': String(count) })
    const dropped = ofEvent(lines, 'stop')[0]?.dropped ?? 0
    assert.equal(ofEvent(lines, 'request').length, count - dropped)
    assert.equal(
      ofEvent(lines, 'process').reduce((sum, line) => sum + line.dropped, 0),
      dropped,
    )
  })
})

describe('MEMPROF_MAX_ROUTES', () => {
  it('routes beyond it share (other), which is told once', async (t) => {
    const env = { MEMPROF_MAX_ROUTES: '4', MEMPROF_LEVEL: 'debug' }
    const app = await startApp(t, 'ten-routes.cjs', { env })
    for (let route = 0; route < 10; route++) await request(app.port, `/r${route}/1`)
    const lines = await app.stop()
    // Its requests are still known one by one.
    const shared = ofEvent(lines, 'request').filter((line) => line.route === '(other)')
    assert.deepEqual(new Set(shared.map((line) => line.method)), new Set(['GET']))
    const counts = countsByRoute(lines)
    assert.equal(counts[' (other)'], '7')
    assert.equal(Object.keys(counts).length, 4)
    assert.deepEqual(
      ofEvent(lines, 'warning').map((line) => line.code),
      ['routes-full'],
    )
  })
})

describe('MEMPROF_LEVEL', () => {
  it('silent writes nothing, warn no info, info no line per request', async (t) => {
    const events: Record<string, string[]> = {}
    for (const level of ['silent', 'warn', 'info', 'debug']) {
      const app = await startApp(t, 'plain-http.mjs', { env: { MEMPROF_LEVEL: level } })
      await request(app.port, '/ok')
      events[level] = (await app.stop()).map((line) => line.event)
    }
    assert.deepEqual(events, {
      silent: [],
      warn: [],
      info: ['start', 'route', 'process', 'stop'],
      debug: ['start', 'request', 'route', 'process', 'stop'],
    })
  })
})

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
