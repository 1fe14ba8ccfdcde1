import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { countsByRoute, ofEvent, parseLines, startApp } from '../support/app'
import { ROOT, temporaryFolder } from '../support/files'
import { get, RawConnection, request } from '../support/http'
import { runNode } from '../support/node'

const LIB = join(ROOT, 'dist/lib/index.js')

/** Runs code with memprof's exports in scope; it ends by itself. */
function run(t: TestContext, code: string, env: Record<string, string> = {}) {
  const file = join(temporaryFolder(t), 'app.cjs')
  writeFileSync(
    file,
    `const memprof = require(${JSON.stringify(LIB)})
     const { profiler, measure, snapshot, start } = memprof
     const http = require('node:http')
     const assert = require('node:assert/strict')
     const channel = require('node:diagnostics_channel')
     const ask = (port, path) => new Promise((resolve, reject) => http.get({ port, path, agent: false }, (res) => res.resume().on('end', resolve)).on('error', reject))
     const ended = async (memprof, count) => { while (memprof.records().length < count) await new Promise(setImmediate) }
     ;(async () => { ${code} })().catch((error) => { console.error(error); process.exit(99) })`,
  )
  return runNode([file], { env })
}

describe('the package', () => {
  it('exports these names, for require and import alike, without effects', async (t) => {
    const names = ['measure', 'profiler', 'snapshot', 'start', 'unit']
    const { stdout } = await run(t, 'console.log(Object.keys(memprof).sort().join())')
    assert.equal(stdout.trim(), names.join())
    const imported = await runNode([
      '--input-type=module',
      '-e',
      `import { ${names.join(', ')} } from ${JSON.stringify(LIB)}
       console.log([${names.join(', ')}].map((f) => typeof f).join())`,
    ])
    assert.equal(imported.stderr, '')
    assert.equal(imported.stdout.trim(), names.map(() => 'function').join())
  })
})

describe('measure()', () => {
  it('returns what the function returns, and logs one line', async (t) => {
    const { stdout, stderr, code } = await run(
      t,
      `globalThis.kept = null
       assert.equal(measure('fill', () => { globalThis.kept = Buffer.alloc(1 << 20); return 7 }), 7)`,
    )
    assert.equal(stderr, '')
    assert.equal(code, 0)
    const [line, ...more] = ofEvent(parseLines(stdout), 'measure')
    assert.deepEqual(more, [])
    assert.equal(line?.label, 'fill')
    assert.equal(line.outcome, 'finished')
    assert.ok(line.externalDeltaBytes >= 1 << 20)
    assert.equal(line.heapUsedDeltaBytes, line.heapUsedAfterBytes - line.heapUsedBeforeBytes)
    assert.ok(line.durationMs >= 0)
  })

  it('measures a promise until it settles, and passes on its value or error', async (t) => {
    const { stdout, stderr } = await run(
      t,
      `assert.equal(await measure('later', async () => { await new Promise((r) => setTimeout(r, 30)); return 7 }), 7)
       await assert.rejects(measure('fails', async () => { throw new Error('planted') }), /planted/)
       assert.throws(() => measure('throws', () => { throw new Error('planted') }), /planted/)`,
    )
    assert.equal(stderr, '')
    const lines = ofEvent(parseLines(stdout), 'measure')
    assert.deepEqual(
      lines.map((line) => `${line.label} ${line.outcome}`),
      ['later finished', 'fails errored', 'throws errored'],
    )
    assert.ok(lines[0]!.durationMs > 25)
  })

  it('leaves a rejection that nobody handles to Node', async (t) => {
    const { stdout, stderr, code } = await run(
      t,
      `Error.stackTraceLimit = 0; measure('fails', async () => { throw new Error('planted') })`,
    )
    assert.equal(code, 1)
    assert.match(stderr, /Error: planted/)
    assert.equal(ofEvent(parseLines(stdout), 'measure')[0]?.outcome, 'errored')
  })

  it('refuses arguments of the wrong type, by code', async (t) => {
    const { stderr, code } = await run(
      t,
      `assert.throws(() => measure(7, () => {}), { code: 'ERR_MEMPROF_ARGUMENT' })
       assert.throws(() => measure('label', 'no function'), { code: 'ERR_MEMPROF_ARGUMENT' })`,
    )
    assert.equal(stderr, '')
    assert.equal(code, 0)
  })

  it('writes into the log of the server where there is one, and nowhere when disabled', async (t) => {
    const served = await run(
      t,
      `start()
       const server = http.createServer().listen(0, () => { measure('in', () => {}); server.close() })`,
    )
    const lines = parseLines(served.stdout)
    assert.deepEqual(
      lines.map((line) => line.event),
      ['start', 'measure', 'process', 'stop'],
    )
    assert.equal(new Set(lines.map((line) => line.instance)).size, 1)
    const off = await run(t, `assert.equal(measure('off', () => 7), 7)`, {
      MEMPROF_ENABLED: 'false',
    })
    assert.deepEqual(off, { code: 0, signal: null, stdout: '', stderr: '' })
  })
})

describe('snapshot()', () => {
  it('reads bytes, with and without a major GC first', async (t) => {
    const { stdout, stderr } = await run(
      t,
      `let garbage = Array.from({ length: 200_000 }, (_, at) => ({ at }))
       const before = snapshot()
       garbage = null
       const after = snapshot({ gc: true })
       console.log(JSON.stringify({ before, after, usage: process.memoryUsage(), now: Date.now() }))`,
    )
    assert.equal(stderr, '')
    const { before, after, usage, now } = JSON.parse(stdout) as Record<
      'before' | 'after' | 'usage',
      Record<string, number>
    > & { now: number }
    const names = ['arrayBuffers', 'external', 'heapTotal', 'heapUsed', 'rss', 'time']
    if (process.platform === 'linux') names.push('vsize')
    assert.deepEqual(Object.keys(before).sort(), names)
    assert.ok(before.heapUsed! - after.heapUsed! > 4_000_000)
    assert.ok(Math.abs(after.rss! - usage.rss!) < 16 << 20)
    assert.ok(Math.abs(after.time! - now) < 60_000)
  })

  it('refuses options of the wrong type, by code', async (t) => {
    const { stderr } = await run(
      t,
      `assert.throws(() => snapshot({ gc: 'yes' }), { code: 'ERR_MEMPROF_ARGUMENT' })`,
    )
    assert.equal(stderr, '')
  })
})

describe('profiler()', () => {
  it('prints the six lines per request in Express and Connect, and passes each on', async (t) => {
    for (const framework of ['express', 'connect']) {
      const app = await startApp(t, 'profiler.cjs', { preload: [], args: [LIB, framework] })
      assert.equal((await request(app.port, '/mount/page?secret')).body, 'page')
      await app.printed(/heap after: .*\n\n/)
      const report = app.stdout.replace(/^PORT.*\n/, '')
      assert.match(
        report,
        /^GET \/mount\/page\nresponse time: \d+ms\nmemory rss: \S+\nmemory vsize: \S+\nheap before: \S+ \/ \S+\nheap after: \S+ \/ \S+\n\n$/,
      )
    }
  })

  it('reports a request whose client went away', async (t) => {
    const app = await startApp(t, 'profiler.cjs', { preload: [], args: [LIB, 'express'] })
    const client = new RawConnection(app.port)
    client.send(get('/head-only'))
    await client.until(/200 OK/)
    await client.destroy()
    await app.printed(/GET \/head-only\n/)
  })

  it('gives reports to a function of one’s own, and collects first where asked', async (t) => {
    const app = await startApp(t, 'profiler.cjs', { preload: [], args: [LIB, 'express', 'own'] })
    await request(app.port, '/mount/page')
    await app.printed(/own: GET \/mount\/page/)
  })

  it('refuses options of the wrong type, by code', async (t) => {
    const { stderr } = await run(
      t,
      `assert.throws(() => profiler({ gc: 1 }), { code: 'ERR_MEMPROF_ARGUMENT' })
       assert.throws(() => profiler({ write: 'stdout' }), { code: 'ERR_MEMPROF_ARGUMENT' })`,
    )
    assert.equal(stderr, '')
  })
})

describe('start()', () => {
  const SERVER = `const server = http.createServer((_req, res) => res.end('ok'))
       await new Promise((resolve) => server.listen(0, resolve))
       const { port } = server.address()`

  it('records(): what has ended, oldest first, as in the lines', async (t) => {
    const { stdout, stderr } = await run(
      t,
      `const memprof = start({ level: 'debug' })
       assert.deepEqual(memprof.records(), [])
       ${SERVER}
       await ask(port, '/a'); await ask(port, '/b')
       await ended(memprof, 2)
       console.log('RECORDS ' + JSON.stringify(memprof.records()))
       console.log('VERDICTS ' + JSON.stringify(memprof.verdicts()))
       server.close()`,
    )
    assert.equal(stderr, '')
    const [, json] = /RECORDS (.*)/.exec(stdout) ?? []
    const records = JSON.parse(json ?? '') as Array<Record<string, unknown>>
    assert.deepEqual(
      records.map((record) => record.path),
      ['/a', '/b'],
    )
    const lines = ofEvent(parseLines(stdout), 'request')
    assert.equal(lines.length, 2)
    for (const [at, record] of records.entries()) {
      assert.deepEqual({ ...lines[at], ...record }, lines[at])
    }
    const [, verdicts] = /VERDICTS (.*)/.exec(stdout) ?? []
    const routes = (JSON.parse(verdicts ?? '') as Array<{ route: string; verdict: string }>).map(
      ({ route, verdict }) => `${route} ${verdict}`,
    )
    assert.deepEqual(routes, ['/a insufficient-data', '/b insufficient-data'])
  })

  it('flush(): the lines of the interval so far', async (t) => {
    const { stdout, stderr } = await run(
      t,
      `const memprof = start()
       memprof.flush()
       ${SERVER}
       await ask(port, '/a')
       await ended(memprof, 1)
       memprof.flush()
       await ask(port, '/a')
       await ended(memprof, 2)
       server.close()`,
    )
    assert.equal(stderr, '')
    const lines = parseLines(stdout)
    assert.equal(ofEvent(lines, 'process').length, 2)
    assert.deepEqual(
      ofEvent(lines, 'route').map((line) => [line.requests, line.requestsTotal]),
      [
        [1, 1],
        [1, 2],
      ],
    )
  })

  it('twice is the same one; after stop() a new one starts', async (t) => {
    const { stdout, stderr } = await run(
      t,
      `const first = start()
       assert.equal(start(), first)
       ${SERVER}
       await ask(port, '/first')
       await ended(first, 1)
       first.stop()
       await ask(port, '/between')
       const second = start()
       assert.notEqual(second, first)
       await ask(port, '/second')
       await ended(second, 1)
       first.stop()
       assert.equal(start(), second)
       second.stop()
       second.flush()
       assert.deepEqual(second.records(), [])
       server.close()`,
    )
    assert.equal(stderr, '')
    assert.deepEqual(countsByRoute(parseLines(stdout)), { 'GET /first': '1', 'GET /second': '1' })
  })

  it('says what it does not know of its options, in one line, and uses the default', async (t) => {
    const { stderr, code } = await run(
      t,
      `start({ interval: 'often' })
       const server = http.createServer().listen(0, () => server.close())`,
    )
    assert.equal(code, 0)
    assert.match(stderr, /^memprof: ERR_MEMPROF_CONFIG_VALUE: options\.interval [^\n]+\n$/)
  })
})

describe('channel memprof:request', () => {
  it('carries the objects of the request lines, whatever the level', async (t) => {
    const { stdout, stderr } = await run(
      t,
      `const seen = []
       channel.subscribe('memprof:request', (line) => seen.push(line))
       const memprof = start({ level: 'silent' })
       const server = http.createServer((_req, res) => res.end('ok'))
       await new Promise((resolve) => server.listen(0, resolve))
       await ask(server.address().port, '/a?secret')
       await ended(memprof, 1)
       memprof.flush()
       console.log(seen.length, seen[0].event, seen[0].route, typeof seen[0].heapUsedDeltaBytes)
       server.close()`,
    )
    assert.equal(stderr, '')
    assert.equal(stdout, '1 request /a number\n')
  })

  it('a subscriber that throws is the app’s own matter, as Node has it', async (t) => {
    const { stdout, stderr, code } = await run(
      t,
      `process.on('uncaughtException', (error) => console.error('caught ' + error.message))
       channel.subscribe('memprof:request', () => { throw new Error('planted') })
       const memprof = start()
       const server = http.createServer((_req, res) => res.end('ok'))
       await new Promise((resolve) => server.listen(0, resolve))
       await ask(server.address().port, '/a')
       await ended(memprof, 1)
       server.close()`,
    )
    assert.equal(stderr, 'caught planted\n')
    assert.equal(code, 0)
    const lines = parseLines(stdout)
    assert.deepEqual(countsByRoute(lines), { 'GET /a': '1' })
    assert.deepEqual(ofEvent(lines, 'warning'), [])
  })
})
