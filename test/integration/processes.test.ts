import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { countsByRoute, type LogLine, ofEvent, parseLines } from '../support/app'
import { REGISTER, ROOT, temporaryFolder } from '../support/files'
import { runNode } from '../support/node'

const PRELOAD = { NODE_OPTIONS: `-r ${REGISTER}` }

/** Asks its own server once for that path, and ends. */
const ASKS_ITSELF = `
function askItself(path) {
  const http = require('node:http')
  const server = http.createServer((_req, res) => res.end('ok'))
  server.listen({ port: 0, host: '127.0.0.1', exclusive: true }, () => {
    http.get({ port: server.address().port, path, agent: false }, (res) => {
      res.resume().on('end', () => server.close(() => process.disconnect?.()))
    })
  })
}`

async function run(t: TestContext, code: string, args: string[] = []): Promise<LogLine[]> {
  const file = join(temporaryFolder(t), 'app.cjs')
  writeFileSync(file, ASKS_ITSELF + code)
  const { code: exitCode, stdout, stderr } = await runNode([...args, file], { env: PRELOAD })
  assert.equal(stderr.replace(/^(Debugger|For help|Waiting).*\n/gm, ''), '')
  assert.equal(exitCode, 0)
  return parseLines(stdout)
}

/** What each process or thread that wrote anything recorded. */
function byInstance(lines: readonly LogLine[]): Array<Record<string, string>> {
  const instances = [...new Set(lines.map(({ instance }) => instance))]
  return instances
    .map((one) => countsByRoute(lines.filter(({ instance }) => instance === one)))
    .sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))
}

describe('each process that serves has lines of its own', () => {
  it('the workers of a cluster, and not the primary', async (t) => {
    const lines = await run(
      t,
      `const cluster = require('node:cluster')
       if (cluster.isPrimary) for (const path of ['/one', '/two']) cluster.fork({ ASKS: path })
       else askItself(process.env.ASKS)`,
    )
    assert.deepEqual(byInstance(lines), [{ 'GET /one': '1' }, { 'GET /two': '1' }])
    assert.equal(new Set(lines.map(({ pid }) => pid)).size, 2)
    assert.equal(ofEvent(lines, 'stop').length, 2)
  })

  it('child processes, forked and spawned, and not their parent', async (t) => {
    const lines = await run(
      t,
      `if (process.argv[2]) askItself(process.argv[2])
       else {
         const { fork, spawn } = require('node:child_process')
         fork(__filename, ['/forked'])
         spawn(process.execPath, [__filename, '/spawned'], { stdio: 'inherit' })
       }`,
    )
    assert.deepEqual(byInstance(lines), [{ 'GET /forked': '1' }, { 'GET /spawned': '1' }])
  })

  it('worker threads and the main thread', async (t) => {
    const lines = await run(
      t,
      `const { isMainThread, Worker, workerData } = require('node:worker_threads')
       if (isMainThread) for (const workerData of ['/first', '/second']) new Worker(__filename, { workerData })
       askItself(isMainThread ? '/main' : workerData)`,
    )
    assert.deepEqual(byInstance(lines), [
      { 'GET /first': '1' },
      { 'GET /main': '1' },
      { 'GET /second': '1' },
    ])
    assert.equal(new Set(lines.map(({ pid }) => pid)).size, 1)
    assert.equal(new Set(lines.map(({ threadId }) => threadId)).size, 3)
  })
})

describe('beside a profiler of Node’s own', () => {
  it('--heap-prof: its profile is written, and a warning says that leaks cannot be told', async (t) => {
    const folder = temporaryFolder(t)
    const lines = await run(t, `askItself('/a')`, ['--heap-prof', `--heap-prof-dir=${folder}`])
    assert.deepEqual(countsByRoute(lines), { 'GET /a': '1' })
    assert.deepEqual(
      ofEvent(lines, 'warning').map(({ code }) => code),
      ['heap-profiler-taken'],
    )
    assert.match(readdirSync(folder).join(), /\.heapprofile$/)
  })

  it('--cpu-prof: both work', async (t) => {
    const folder = temporaryFolder(t)
    const lines = await run(t, `askItself('/a')`, ['--cpu-prof', `--cpu-prof-dir=${folder}`])
    assert.deepEqual(countsByRoute(lines), { 'GET /a': '1' })
    assert.deepEqual(ofEvent(lines, 'warning'), [])
    assert.match(readdirSync(folder).join(), /\.cpuprofile$/)
  })

  it('--inspect: both work', async (t) => {
    const lines = await run(t, `askItself('/a')`, ['--inspect=127.0.0.1:0'])
    assert.deepEqual(countsByRoute(lines), { 'GET /a': '1' })
    assert.deepEqual(ofEvent(lines, 'warning'), [])
  })
})

describe('beside an agent that patches the same functions', () => {
  // As the instrumentations of OpenTelemetry do: what looks like an older wrapper is taken off first.
  const AGENT = `
    const shimmer = require(${JSON.stringify(join(ROOT, 'node_modules/shimmer'))})
    const seen = {}
    function instrument(holder, name) {
      const { __original, __unwrap, __wrapped } = holder[name]
      if (__original && __unwrap && __wrapped) holder[name].__unwrap()
      shimmer.wrap(holder, name, (original) => function (...args) {
        seen[name] = (seen[name] ?? 0) + 1
        return original.apply(this, args)
      })
    }
    function agent() {
      const Router = require(${JSON.stringify(join(ROOT, 'node_modules/router'))})
      for (const name of ['use', 'route']) instrument(Router.prototype, name)
      instrument(require('node:http').Server.prototype, 'emit')
    }
    function app() {
      const app = require(${JSON.stringify(join(ROOT, 'node_modules/express'))})()
      app.get('/items/:id', (_req, res) => res.json(Object.keys(seen).sort()))
      const server = app.listen(0, '127.0.0.1', async () => {
        const answer = await fetch('http://127.0.0.1:' + server.address().port + '/items/7')
        require('node:assert').deepEqual(await answer.json(), ['emit', 'route'])
        server.close()
        server.closeAllConnections()
      })
    }`
  const memprof = `require(${JSON.stringify(REGISTER)})`

  for (const [order, code] of [
    ['after memprof', `${memprof}; agent(); app()`],
    ['before memprof', `agent(); ${memprof}; app()`],
  ] as const) {
    it(`${order}: both see the request and its route`, async (t) => {
      const file = join(temporaryFolder(t), 'app.cjs')
      writeFileSync(file, `${AGENT}\n${code}`)
      const { code: exitCode, stdout, stderr } = await runNode([file])
      assert.equal(stderr, '')
      assert.equal(exitCode, 0)
      assert.deepEqual(countsByRoute(parseLines(stdout)), { 'GET /items/:id': '1' })
    })
  }
})
