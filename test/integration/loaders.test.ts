import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { after, before, describe, it } from 'node:test'
import { buildSync } from 'esbuild'
import { App, cleanEnv, countsByRoute, ofEvent, parseLines, startApp } from '../support/app'
import { APPS, type AppFile } from '../support/express-apps'
import { REGISTER, ROOT, temporaryFolder } from '../support/files'
import { request } from '../support/http'
import { runNode } from '../support/node'

const TSX = pathToFileURL(require.resolve('tsx')).href
const TSX_CJS = require.resolve('tsx/cjs')
/** From here on Node runs TypeScript by itself. */
const STRIPS_TYPES = Boolean(
  (process.features as typeof process.features & { typescript?: false | string }).typescript,
)

// By `-r` and `--import`, and both: loading.test.ts.
describe('routes are named however the app is loaded', () => {
  const folder = temporaryFolder({ after })

  before(() => {
    for (const [name, code] of Object.entries(APPS)) writeFileSync(join(folder, name), code)
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction')
  })

  const WAYS: Array<[what: string, file: AppFile, preload: string[]]> = [
    ['import() in an ES module', 'app-dynamic.mjs', ['--import', REGISTER]],
    ['import() in CommonJS', 'app-dynamic.cjs', ['-r', REGISTER]],
    ['required from TypeScript by tsx', 'app.cts', ['-r', TSX_CJS, '-r', REGISTER]],
    ['required from TypeScript by tsx, memprof first', 'app.cts', ['-r', REGISTER, '-r', TSX_CJS]],
    ['imported from TypeScript by tsx', 'app.mts', ['-r', REGISTER, '--import', TSX]],
    [
      'imported from TypeScript by tsx, memprof last',
      'app.mts',
      ['--import', TSX, '--import', REGISTER],
    ],
  ]
  if (STRIPS_TYPES) {
    WAYS.push(
      ['required from TypeScript by Node itself', 'app.cts', ['-r', REGISTER]],
      ['imported from TypeScript by Node itself', 'app.mts', ['--import', REGISTER]],
    )
  }

  for (const [what, file, preload] of WAYS) {
    it(what, async (t) => {
      const app = await startApp(t, join(folder, file), { preload })
      assert.equal((await request(app.port, '/items/7')).body, '{"id":"7"}')
      const lines = await app.stop()
      assert.deepEqual(countsByRoute(lines), { 'GET /items/:id': '1' })
      assert.match(ofEvent(lines, 'start')[0]!.msg, /hooked: .*express 5/)
      assert.equal(app.stderr.replace(/^.*(ExperimentalWarning|--trace-warnings).*\n/gm, ''), '')
    })
  }

  it('in a test of node --test, whose report is not disturbed', async () => {
    const file = join(folder, 'it.test.cjs')
    writeFileSync(
      file,
      `const { it } = require('node:test')
       const express = require('express')
       it('answers', async () => {
         const server = express().get('/items/:id', (req, res) => res.json(req.params)).listen(0, '127.0.0.1')
         await new Promise((resolve) => server.once('listening', resolve))
         const answer = await fetch('http://127.0.0.1:' + server.address().port + '/items/7')
         await answer.json()
         server.closeAllConnections()
         server.close()
       })`,
    )
    const { code, stdout } = await runNode(['--test', '--test-reporter=tap', file], {
      env: { NODE_OPTIONS: `-r ${REGISTER}` },
    })
    assert.equal(code, 0)
    assert.match(stdout, /^# pass 1$/m)
    // Node's runner shows what a test file prints as comments.
    const shown = stdout.replace(/^# (\{.*)$/gm, '$1').replaceAll('\\#', '#')
    assert.deepEqual(countsByRoute(parseLines(shown)), { 'GET /items/:id': '1' })
  })

  it('under --watch, whose watcher prints nothing of memprof', async (t) => {
    const child: ChildProcess = spawn(
      process.execPath,
      ['--watch', '-r', REGISTER, join(folder, 'app.cjs')],
      { env: cleanEnv(), stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const app = new App(child)
    t.after(async () => {
      child.kill('SIGTERM')
      await app.ended
    })
    const [, port] = await app.printed(/^PORT (\d+)$/m)
    await request(Number(port), '/items/7')
    child.kill('SIGTERM')
    await app.ended
    assert.equal(ofEvent(app.lines, 'start').length, 1)
    assert.notEqual(ofEvent(app.lines, 'start')[0]!.pid, child.pid)
  })
})

describe('a bundle by esbuild', () => {
  const folder = temporaryFolder({ after })
  const options = { platform: 'node', absWorkingDir: ROOT, logLevel: 'error' } as const

  function bundle(name: string, more: { external?: string[]; format?: 'cjs' | 'esm' }): string {
    const outfile = join(folder, name)
    const stdin = { contents: APPS['app.cjs'], resolveDir: ROOT }
    buildSync({ ...options, bundle: true, stdin, outfile, format: 'cjs', ...more })
    return outfile
  }

  it('with Express inside is measured by URL, and start says that Express was not seen', async (t) => {
    const app = await startApp(t, bundle('inside.cjs', {}))
    await request(app.port, '/items/7')
    await request(app.port, '/items/8')
    const lines = await app.stop()
    assert.deepEqual(countsByRoute(lines), { 'GET /items/:n': '2' })
    const [start] = ofEvent(lines, 'start')
    assert.deepEqual(start?.hooked, [])
    assert.deepEqual(
      start?.notHooked.map(({ name }) => name),
      ['express'],
    )
    assert.match(start!.msg, /hooked: http only; not hooked: express \(.*bundled/)
  })

  it('with Express outside has its routes named', async (t) => {
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction')
    const app = await startApp(t, bundle('outside.cjs', { external: ['express'] }))
    await request(app.port, '/items/7')
    const lines = await app.stop()
    assert.deepEqual(countsByRoute(lines), { 'GET /items/:id': '1' })
    assert.deepEqual(ofEvent(lines, 'start')[0]?.notHooked, [])
  })
})
