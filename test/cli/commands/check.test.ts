import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { runMemprof, startMemprof } from '../../support/command'
import { FIXTURES, temporaryFolder } from '../../support/files'

/** A server of plain http on whatever port; `answer` gets req and res. */
function app(t: TestContext, answer: string, before = ''): { folder: string; file: string } {
  const folder = temporaryFolder(t)
  const file = join(folder, 'app.js')
  writeFileSync(
    file,
    `${before}
     require('node:http').createServer((req, res) => { ${answer} }).listen(0, '127.0.0.1')`,
  )
  return { folder, file }
}

interface Outcome {
  outcome: string
  urls: Array<{
    method: string
    path: string
    route: string | null
    outcome: string
    reason: string
    requests: number
    statuses: Record<string, number>
    leak: {
      ci95: [number, number]
      sites: Array<{ line: number }>
      holders: Array<{ path: string }>
    } | null
  }>
}

function outcomeIn(file: string): Outcome {
  return JSON.parse(readFileSync(file, 'utf8')) as Outcome
}

/** Too short for a verdict: for all that is not about verdicts. */
const SHORT = ['--requests', '30', '--seconds', '1']

describe('memprof check', () => {
  it('exits 1 for a planted leak, tells how much and where, and calls its neighbour innocent', async (t) => {
    const folder = temporaryFolder(t)
    const files = ['--json', 'out.json', '--junit', 'out.xml', '--log', 'app-%p.ndjson']
    const urls = ['--url', '/keeps', '--url', '/keeps-nothing?x=1']
    const { code, stdout, stderr } = await runMemprof(
      t,
      [
        'check',
        ...urls,
        ...files,
        '--requests',
        '600',
        '--seconds',
        '8',
        join(FIXTURES, 'leaky.cjs'),
      ],
      { cwd: folder },
    )
    assert.equal(stderr, '')
    assert.match(stdout, /^LEAKS +GET \/keeps +keeps \S+ kB per request \(95 %: /m)
    assert.match(stdout, /^ +allocated in \S+ \(\S*leaky\.cjs:\d+\)$/m)
    assert.match(stdout, /^ok +GET \/keeps-nothing\?x=1 /m)
    assert.equal(code, 1)
    const { outcome, urls: checked } = outcomeIn(join(folder, 'out.json'))
    assert.equal(outcome, 'leaking')
    const [keeps, keepsNothing] = checked
    assert.equal(keeps?.requests, 600)
    assert.deepEqual(keeps?.statuses, { 200: 600 })
    const [low, high] = keeps!.leak!.ci95
    // It keeps 10,240 bytes by construction.
    assert.ok(low > 5000 && low < high && high > 8000 && high < 20_000, `${low} to ${high}`)
    assert.deepEqual(
      [keepsNothing?.outcome, keepsNothing?.route, keepsNothing?.leak],
      ['passed', '/keeps-nothing', null],
    )
    assert.match(readFileSync(join(folder, 'out.xml'), 'utf8'), /tests="2" failures="1" errors="0"/)
  })

  it('exits 2 where requests or time were too few, or the answers errors, and says what to try', async (t) => {
    const { file } = app(t, `res.writeHead(req.url === '/typo' ? 404 : 200).end()`)
    const urls = ['--url', '/', '--url', '/typo']
    const { code, stdout } = await runMemprof(t, ['check', ...urls, ...SHORT, file])
    assert.equal(code, 2)
    assert.match(
      stdout,
      /^UNKNOWN +GET \/ +too few requests or readings to tell: try --requests \d+$/m,
    )
    assert.match(stdout, /^UNKNOWN +GET \/typo +the answer was 404 in 30 of 30 requests/m)
  })

  it('sends methods, headers and bodies as given, exactly so many', async (t) => {
    const { folder, file } = app(
      t,
      `let body = ''
       req.setEncoding('utf8').on('data', (text) => { body += text })
       req.on('end', () => {
         fs.appendFileSync('seen', [req.method, req.url, req.headers['x-a'], body].join(' ') + '\\n')
         res.end('ok')
       })`,
      `const fs = require('node:fs')`,
    )
    const args = [
      '--url',
      'get /q/{n}?a=1',
      '--url',
      '/carts',
      '--method',
      'post',
      '--header',
      'X-A: b: c',
    ]
    const json = join(folder, 'out.json')
    const body = ['--body', '{"n":{n}}', '--json', json, '--requests', '20', '--seconds', '1']
    await runMemprof(t, ['check', ...args, ...body, file], { cwd: folder })
    const seen = readFileSync(join(folder, 'seen'), 'utf8').slice(0, -1).split('\n')
    // One to learn the route by, one in ten to warm up, and those that were asked for.
    assert.equal(seen.length, 2 * (1 + 2 + 20))
    const expected = Array.from({ length: 23 }, (_, n) => [
      `GET /q/${n}?a=1 b: c `,
      `POST /carts b: c {"n":${n}}`,
    ]).flat()
    assert.deepEqual(seen.toSorted(), expected.toSorted())
    assert.deepEqual(
      outcomeIn(json).urls.map(({ method, path, route, requests }) => [
        method,
        path,
        route,
        requests,
      ]),
      [
        ['GET', '/q/{n}?a=1', '/q/:n', 20],
        ['POST', '/carts', '/carts', 20],
      ],
    )
  })

  it('finds an https server, one on a socket, and workers of a cluster', async (t) => {
    const folder = temporaryFolder(t)
    const socket = join(folder, 'socket.js')
    writeFileSync(
      socket,
      `require('node:http').createServer((_req, res) => res.end('ok')).listen('app.sock')`,
    )
    const files = [join(FIXTURES, 'https.cjs'), socket, join(FIXTURES, 'cluster.cjs')]
    await Promise.all(
      files.map(async (file, at) => {
        const json = join(folder, `${at}.json`)
        const args = ['check', '--url', '/a', ...SHORT, '--json', json, file]
        const { stdout, stderr } = await runMemprof(t, args, { cwd: folder })
        const [url] = outcomeIn(json).urls
        assert.deepEqual(url?.statuses, { 200: 30 }, file + stdout + stderr)
        assert.equal(url?.route, '/a')
      }),
    )
  })

  for (const [how, code, message] of [
    ['ends before it listens', `console.error('no db\\u001b[31m'); process.exit(3)`, /exit code 3/],
    [
      'ends under the requests',
      `require('node:http').createServer(() => process.abort()).listen(0, '127.0.0.1')`,
      /by SIGABRT/,
    ],
  ] as const) {
    it(`exits 2 where the app ${how}, with the end of its stderr`, async (t) => {
      const folder = temporaryFolder(t)
      writeFileSync(join(folder, 'app.js'), code)
      const ended = await runMemprof(t, ['check', '--url', '/', 'app.js'], { cwd: folder })
      assert.equal(ended.code, 2)
      assert.match(ended.stderr, message)
      assert.match(ended.stderr, /^memprof: ERR_MEMPROF_APP: the app must listen/m)
      // Nothing of the app's drives the terminal.
      assert.ok(!ended.stderr.includes('\u001b'))
      if (code.includes('no db')) assert.match(ended.stderr, /^ {2}no db\\u\{1b\}\[31m$/m)
    })
  }

  it('told to end, ends the app and what the app started, then by the same signal', async (t) => {
    // Each of the two holds a connection here: it closes when the process is gone.
    const connections: Array<Promise<unknown>> = []
    const server = net.createServer((socket) => {
      connections.push(once(socket.on('error', () => {}).resume(), 'close'))
      server.emit('holds')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const { port } = server.address() as net.AddressInfo
    const hold = `require('node:net').connect(${port}, '127.0.0.1')`
    const { file } = app(
      t,
      `res.end('ok')`,
      `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(hold)}])
       ${hold}`,
    )
    const command = startMemprof(t, ['check', '--url', '/', file], { input: '' })
    while (connections.length < 2) await once(server, 'holds')
    command.child.kill('SIGINT')
    const { signal } = await command.ended
    assert.equal(signal, 'SIGINT')
    await Promise.all(connections)
  })

  for (const [args, message] of [
    [['app.js'], /memprof check needs a URL\. Write --url \/path/],
    [['--url', '/'], /memprof check needs an app to start/],
    [['--url', 'a', 'app.js'], /--url a is no path/],
    [['--url', 'FETCH /', 'app.js'], /FETCH is no method\. There are GET, /],
    [['--url', '/', '--header', 'x', 'app.js'], /--header x is no header/],
    [['--url', '/', '--requests', '0', 'app.js'], /--requests 0 is no whole number from 1 to/],
    [['--url', '/', '--limt', '0', 'app.js'], /Did you mean --limit\?/],
  ] as const) {
    it(`memprof check ${args.join(' ')} is told what to write, exit 2`, async (t) => {
      const { code, stdout, stderr } = await runMemprof(t, ['check', ...args])
      assert.equal(code, 2)
      assert.equal(stdout, '')
      assert.match(stderr, message)
    })
  }
})
