import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { ofEvent, startApp } from '../support/app'
import { ROOT, temporaryFolder } from '../support/files'
import { request } from '../support/http'
import { runNode } from '../support/node'

const jq = require('jq-wasm') as typeof import('jq-wasm')

/** The six lines of one request, as the old profiler had them. */
const SIZE = /-?\d+(?:\.\d\d)?(?:b|kb|mb|gb)/.source
const REPORT = new RegExp(
  [
    '^(GET|POST|HEAD) (/[^ ?]*)',
    'response time: \\d+ms',
    `memory rss: ${SIZE}`,
    `memory vsize: ${SIZE}`,
    `heap before: ${SIZE} / ${SIZE}`,
    `heap after: ${SIZE} / ${SIZE}`,
    '$',
  ].join('\n'),
  'm',
)

/** A log of every event that needs no leak, as users collect it. */
async function logOf(t: TestContext): Promise<string> {
  const app = await startApp(t, 'express5.cjs', { env: { MEMPROF_LEVEL: 'debug' } })
  await request(app.port, '/v1/items/7')
  await request(app.port, '/throw')
  await request(app.port, '/nowhere')
  await app.stop()
  return app.stdout.replace(/^PORT.*\n/, '')
}

describe('MEMPROF_FORMAT=connect', () => {
  it('prints the six lines per request, and nothing else', async (t) => {
    const app = await startApp(t, 'express5.cjs', { env: { MEMPROF_FORMAT: 'connect' } })
    await request(app.port, '/v1/items/7?secret=1')
    await request(app.port, '/a', { method: 'HEAD' })
    await request(app.port, '/nowhere/%1b[2J')
    await app.stop()
    const reports = app.stdout.replace(/^PORT.*\n/, '').split(/(?<=\n\n)/)
    assert.equal(reports.length, 3, app.stdout)
    const shown = reports.map((report) => {
      const [, method, path] = REPORT.exec(report) ?? assert.fail(report)
      return `${method} ${path}`
    })
    assert.deepEqual(shown, ['GET /v1/items/7', 'HEAD /a', 'GET /nowhere/%1b[2J'])
    assert.equal(app.stderr, '')
  })

  it('prints a report as soon as its request has ended', async (t) => {
    const app = await startApp(t, 'plain-http.mjs', { env: { MEMPROF_FORMAT: 'connect' } })
    await request(app.port, '/ok')
    await app.printed(/heap after/)
  })
})

describe('the log', () => {
  it('is one JSON object per line, which JSON.parse and jq read alike', async (t) => {
    const log = await logOf(t)
    const events = log
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string }).event)
    assert.deepEqual([...new Set(events)], ['start', 'request', 'route', 'process', 'stop'])
    assert.deepEqual((await jq.raw(log, '.event', ['-r'])).trimEnd().split('\n'), events)
    const sums = await jq.raw(
      log,
      '[.[] | select(.event == "route")] | group_by(.route) | map("\\(.[0].route) \\(map(.requests) | add)") | .[]',
      ['-r', '-s'],
    )
    assert.equal(sums.trimEnd(), '(unmatched) 1\n/throw 1\n/v1/items/:id 1')
  })

  it('goes through pino-pretty with every sentence and no line left as JSON', async (t) => {
    const log = await logOf(t)
    const bin = join(ROOT, 'node_modules/pino-pretty/bin.js')
    const { code, stdout, stderr } = await runNode([bin, '--no-colorLevel', '--singleLine'], {
      input: log,
    })
    assert.equal(stderr, '')
    assert.equal(code, 0)
    const pretty = stdout.trimEnd().split('\n')
    const messages = log
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { msg: string }).msg)
    assert.equal(pretty.length, messages.length)
    for (const [at, message] of messages.entries()) assert.ok(pretty[at]?.includes(message))
  })

  it('mixes with the app’s own lines without tearing either', async (t) => {
    const file = join(temporaryFolder(t), 'chatty.cjs')
    writeFileSync(
      file,
      `const own = JSON.stringify({ own: 'x'.repeat(3000) })
       const server = require('node:http').createServer((_req, res) => {
         console.log(own)
         res.end('ok')
       }).listen(0, '127.0.0.1', () => console.log('PORT ' + server.address().port))`,
    )
    const env = { MEMPROF_LEVEL: 'debug', MEMPROF_RING_SIZE: '64' }
    const app = await startApp(t, file, { env })
    const count = 300
    for (let sent = 0; sent < count; sent += 10) {
      await Promise.all(Array.from({ length: 10 }, () => request(app.port, '/ok')))
    }
    await app.stop()
    const lines = app.stdout.trimEnd().split('\n').slice(1)
    const parsed = lines.map((line) => JSON.parse(line) as { own?: string; event?: string })
    assert.equal(parsed.filter((line) => line.own).length, count)
    assert.equal(parsed.filter((line) => line.event === 'request').length, count)
    assert.ok(ofEvent(app.lines, 'stop').length === 1)
  })
})
