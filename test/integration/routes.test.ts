import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { countsByRoute, ofEvent, startApp } from '../support/app'
import { EXPRESS, expected, OTHERS, type Sent, sendAll } from '../support/declared-routes'
import { REGISTER } from '../support/files'
import { request } from '../support/http'

describe('the route of a request is its pattern, with the mounts above it', () => {
  for (const args of [[], ['--express4']]) {
    const name = args.length === 0 ? 'Express 5' : 'Express 4'
    it(`in ${name}`, async (t) => {
      const app = await startApp(t, 'routes.cjs', { args })
      const files = args.length === 0 ? '/files/*path' : '/files/*'
      const sent: readonly Sent[] = [...EXPRESS, ['GET', '/files/a/b.txt', files]]
      await sendAll(app.port, sent)
      const lines = await app.stop()
      assert.deepEqual(countsByRoute(lines), expected(sent))
      const [start] = ofEvent(lines, 'start')
      assert.deepEqual(start?.notHooked, [])
      assert.ok(start?.hooked.some((hooked) => hooked.name === 'express'))
    })
  }

  for (const { app: file, hooked, sent } of OTHERS) {
    it(`in ${file}`, async (t) => {
      const app = await startApp(t, file)
      await sendAll(app.port, sent)
      const lines = await app.stop()
      assert.deepEqual(countsByRoute(lines), expected(sent))
      const [start] = ofEvent(lines, 'start')
      const names = start?.hooked.map(({ name }) => name)
      // Whether an imported Express itself is seen depends on the version of Node.
      assert.deepEqual(names?.filter((name) => name !== 'express').sort(), hooked)
    })
  }

  it('in an imported Connect', async (t) => {
    const app = await startApp(t, 'connect.mjs', { preload: ['--import', REGISTER] })
    const sent: readonly Sent[] = [
      ['GET', '/v1/items/7', '/v1/items'],
      ['GET', '/mw', '/mw'],
      ['GET', '/nowhere', '(unmatched)'],
    ]
    await sendAll(app.port, sent)
    assert.deepEqual(countsByRoute(await app.stop()), expected(sent))
  })

  it('of middleware that answered for all paths, its name', async (t) => {
    const app = await startApp(t, 'routes.cjs')
    await request(app.port, '/any/where', { headers: { 'x-maintenance': '1' } })
    assert.deepEqual(countsByRoute(await app.stop()), { 'GET (maintenance)': '1' })
  })

  it('of a body that cannot be parsed before any route, the parser', async (t) => {
    const app = await startApp(t, 'express5.cjs')
    await sendAll(app.port, [['POST', '/v1/items', '', '{broken']])
    assert.deepEqual(countsByRoute(await app.stop()), { 'POST (jsonParser)': '1' })
  })

  it('in Express 4 and 5 side by side', async (t) => {
    const app = await startApp(t, 'two-versions.cjs')
    const [, port4] = await app.printed(/PORT4 (\d+)/)
    await request(app.port, '/mount/express/1')
    await request(Number(port4), '/mount/express4/1')
    const lines = await app.stop()
    assert.deepEqual(countsByRoute(lines), {
      'GET /mount/express/:id': '1',
      'GET /mount/express4/:id': '1',
    })
    const versions = ofEvent(lines, 'start')[0]
      ?.hooked.filter(({ name }) => name === 'express')
      .map(({ version }) => version.split('.')[0])
    assert.deepEqual(versions, ['5', '4'])
  })
})

describe('strangers', () => {
  it('make no routes: unknown paths are one line, and known ones stay themselves', async (t) => {
    const env = { MEMPROF_MAX_ROUTES: '8' }
    for (const file of ['outcomes.cjs', 'finalhandler.cjs', 'express5.cjs']) {
      const app = await startApp(t, file, { env })
      // Words, so that no digit folds them; of an app that answers 404 for them.
      const unknown = file === 'outcomes.cjs' ? ['/missing'] : strangePaths(200)
      for (const path of unknown) await request(app.port, path)
      const known = { 'outcomes.cjs': '/ok', 'finalhandler.cjs': '/file.txt' }[file] ?? '/a'
      await request(app.port, known)
      const lines = await app.stop()
      const route = file === 'express5.cjs' ? '(/a|/b)' : known
      assert.deepEqual(countsByRoute(lines), {
        'GET (unmatched)': String(unknown.length),
        [`GET ${route}`]: '1',
      })
      assert.deepEqual(ofEvent(lines, 'warning'), [])
    }
  })

  it('drive no terminal: control characters of a path stay out of the log', async (t) => {
    const app = await startApp(t, 'plain-http.mjs', { env: { MEMPROF_LEVEL: 'debug' } })
    await request(app.port, '/a%1b[31m%0a')
    await app.stop()
    const controls = Array.from(app.stdout).filter((text) => text < ' ' && text !== '\n')
    assert.deepEqual(controls, [])
  })
})

function strangePaths(count: number): string[] {
  const letter = (at: number): string => String.fromCharCode(97 + (at % 26))
  return Array.from({ length: count }, (_, at) => `/wp-${letter(at)}${letter(at / 26)}x`)
}
