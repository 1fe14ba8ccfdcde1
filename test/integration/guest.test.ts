import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { ofEvent, parseLines, startApp } from '../support/app'
import { FIXTURES, REGISTER, ROOT, temporaryFolder } from '../support/files'
import { get, RawConnection, request } from '../support/http'
import { runNode } from '../support/node'

const PRELOAD = { NODE_OPTIONS: `-r ${REGISTER}` }

function script(t: TestContext, code: string): string {
  const file = join(temporaryFolder(t), 'app.cjs')
  writeFileSync(file, code)
  return file
}

/** A server that prints its port and then does what the test is about. */
function serving(t: TestContext, code: string): string {
  return script(
    t,
    `const server = require('node:http').createServer((_req, res) => res.end('ok'))
     server.listen(0, '127.0.0.1', () => {
       console.log('PORT ' + server.address().port)
       ${code}
     })`,
  )
}

async function assertSame(args: string[], input?: string): Promise<void> {
  const options = input === undefined ? {} : { input }
  const without = await runNode(args, options)
  const [shown, loud] = await Promise.all([
    runNode(args, { ...options, env: PRELOAD }),
    // Wrong settings, too, are no business of a process that does not serve.
    runNode(args, { ...options, env: { ...PRELOAD, MEMPROF_INTERVAL: 'often', MEMPROF_X: '1' } }),
  ])
  assert.deepEqual(shown, without)
  assert.deepEqual(loud, without)
}

describe('a process that does not serve is as without memprof, byte for byte', () => {
  const npm = join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js')

  it('npm --version', async () => {
    await assertSame([findNpm(npm), '--version'])
  })

  it('tsc --version', async () => {
    await assertSame([join(ROOT, 'node_modules/typescript/bin/tsc'), '--version'])
  })

  it('a script that prints JSON', async (t) => {
    await assertSame([script(t, `console.log(JSON.stringify({ keys: Object.keys(globalThis) }))`)])
  })

  it('a script that reads stdin', async () => {
    await assertSame(['-e', 'process.stdin.pipe(process.stdout)'], 'some input')
  })

  it('one that fails, and one that exits with a code', async (t) => {
    await assertSame([script(t, 'process.exitCode = 7')])
    await assertSame([script(t, 'process.exit(3)')])
    const fails = script(t, `Error.stackTraceLimit = 0; throw new Error('planted')`)
    const without = await runNode([fails])
    const shown = await runNode([fails], { env: PRELOAD })
    assert.deepEqual(shown, without)
    assert.equal(shown.code, 1)
  })

  it('one that only listens for TCP, or asks others by http', async (t) => {
    await assertSame([
      script(
        t,
        `const net = require('node:net')
         const server = net.createServer((socket) => socket.end('hello')).listen(0, () => {
           net.connect(server.address().port).on('data', (d) => { console.log(String(d)); server.close() })
         })`,
      ),
    ])
  })

  it('listeners of process: none of its own', async (t) => {
    await assertSame([
      script(
        t,
        `console.log(process.eventNames().map((name) => String(name) + process.listenerCount(name)))`,
      ),
    ])
  })
})

describe('a server ends as without memprof, and its last lines are written', () => {
  const ENDS: Array<[how: string, code: string, end: number | NodeJS.Signals, stderr: RegExp]> = [
    ['by itself', 'server.close()', 0, /^$/],
    ['by process.exit(3)', 'process.exit(3)', 3, /^$/],
    ['by process.exitCode', 'process.exitCode = 4; server.close()', 4, /^$/],
    [
      'by an uncaught exception',
      `Error.stackTraceLimit = 0; setTimeout(() => { throw new Error('planted') })`,
      1,
      /Error: planted/,
    ],
    [
      'by an unhandled rejection',
      `Error.stackTraceLimit = 0; Promise.reject(new Error('planted'))`,
      1,
      /Error: planted/,
    ],
    [
      'by a handler that removes itself and raises the signal again, as of NestJS and signal-exit',
      `process.on('SIGTERM', function cleanUp(signal) {
         process.removeListener(signal, cleanUp)
         process.kill(process.pid, signal)
         console.error('still there')
       })
       process.kill(process.pid, 'SIGTERM')
       console.error('handled')`,
      'SIGTERM',
      /^handled\n$/,
    ],
    [
      'by a signal that no handler of memprof waits for, raised by its number, as after nodemon',
      `const { kill } = process
       process.once('SIGUSR2', () => kill(process.pid, require('node:os').constants.signals.SIGUSR2))
       kill(process.pid, 'SIGUSR2')`,
      'SIGUSR2',
      /^$/,
    ],
    [
      'by a signal to itself that it never handled, at once',
      `process.kill(process.pid, 'SIGINT'); console.error('still there')`,
      'SIGINT',
      /^$/,
    ],
    ['by SIGKILL to itself', `process.kill(process.pid, 'SIGKILL')`, 'SIGKILL', /^$/],
    ['by process.reallyExit(6), with no exit event', 'process.reallyExit(6)', 6, /^$/],
    [
      'by process.exit(8), whose event the app keeps to itself',
      'process.emit = () => true; process.exit(8)',
      8,
      /^$/,
    ],
    [
      'by itself, after signals to itself that end nothing',
      `process.on('SIGUSR2', () => server.close())
       for (const [pid, signal] of [[process.pid, 0], [process.pid, 'SIGWINCH'], [-process.pid, 'SIGTERM']]) {
         try { process.kill(pid, signal) } catch (error) { console.error(error.code) }
       }
       process.kill(process.pid, 'SIGUSR2')`,
      0,
      /^ESRCH\n$/,
    ],
  ]
  for (const [how, code, end, stderr] of ENDS) {
    it(how, async (t) => {
      const file = serving(t, code)
      const without = await runNode([file])
      const ended = await runNode(['-r', REGISTER, file])
      assert.equal(ended.signal ?? ended.code, end)
      assert.deepEqual([ended.code, ended.signal], [without.code, without.signal])
      assert.equal(ended.stderr, without.stderr)
      assert.match(ended.stderr, stderr)
      const lines = parseLines(ended.stdout)
      const stops = ofEvent(lines, 'stop')
      assert.deepEqual(
        stops.map(({ reason }) => reason),
        [typeof end === 'string' ? end : 'exit'],
      )
      assert.equal(lines.at(-1), stops[0])
    })
  }

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    it(`by ${signal}: the parent sees that signal`, async (t) => {
      const app = await startApp(t, 'express5.cjs')
      await request(app.port, '/a')
      const lines = await app.stop(signal)
      const { code, signal: seen } = await app.ended
      assert.equal(code, null)
      assert.equal(seen, signal)
      assert.equal(ofEvent(lines, 'stop')[0]?.reason, signal)
      assert.equal(ofEvent(lines, 'route')[0]?.requests, 1)
    })

    it(`by ${signal} with a handler of the app's: it alone decides`, async (t) => {
      const app = await startApp(t, 'plain-http.mjs')
      assert.equal(await app.ask(`process.listenerCount('${signal}')`), 1)
      const once = `process.once('${signal}', () => { console.log('handled'); setTimeout(() => process.exit(9), 50) })`
      await app.ask(`void ${once}`)
      assert.equal(await app.ask(`process.listenerCount('${signal}')`), 1)
      app.child.kill(signal)
      const { code } = await app.ended
      assert.equal(code, 9)
      assert.match(app.stdout, /handled\n/)
      assert.equal(ofEvent(app.lines, 'stop')[0]?.reason, 'exit')
    })
  }

  it('by a signal whose handler the app had before it listened', async (t) => {
    const file = script(
      t,
      `process.on('SIGTERM', () => { console.log(process.listenerCount('SIGTERM')); process.exit(5) })
       const server = require('node:http').createServer().listen(0, () => console.log('PORT ' + server.address().port))`,
    )
    const app = await startApp(t, file)
    app.child.kill('SIGTERM')
    const { code } = await app.ended
    assert.equal(code, 5)
    assert.match(app.stdout, /^1$/m)
    assert.equal(ofEvent(app.lines, 'stop').length, 1)
  })

  it('by its own handlers below a function of its own in process.emit, and nothing is said of lost lines', async (t) => {
    const app = await startApp(t, 'express5.cjs', { env: { MEMPROF_INTERVAL: '100ms' } })
    // As signal-exit does, where it is loaded by a request.
    await app.ask(`void (() => {
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.once(signal, () => process.kill(process.pid, signal))
      const { emit } = process
      process.emit = function (...args) { return emit.apply(this, args) }
    })()`)
    await app.printed(/"event":"process"[^]*"event":"process"/)
    const lines = await app.stop()
    assert.equal((await app.ended).signal, 'SIGTERM')
    assert.deepEqual(ofEvent(lines, 'warning'), [])
    assert.equal(lines.at(-1)?.event, 'stop')
  })

  it('and is not kept alive by memprof, with requests behind it', async (t) => {
    const file = serving(
      t,
      `require('node:http').get({ port: server.address().port, agent: false }, (res) => {
         res.resume().on('end', () => server.close())
       })`,
    )
    const { code, stdout } = await runNode(['-r', REGISTER, file])
    assert.equal(code, 0)
    const [route] = ofEvent(parseLines(stdout), 'route')
    assert.equal(route?.requests, 1)
  })
})

describe('MEMPROF_SIGNAL', () => {
  for (const signal of ['SIGUSR2', 'SIGHUP'] as const) {
    it(`${signal} writes all lines at once, and the app goes on`, async (t) => {
      const app = await startApp(t, 'express5.cjs', { env: { MEMPROF_SIGNAL: signal } })
      await request(app.port, '/a')
      await app.settled()
      app.child.kill(signal)
      await app.printed(/"event":"process"/)
      assert.equal(ofEvent(app.lines, 'route')[0]?.requests, 1)
      await request(app.port, '/b')
      app.child.kill(signal)
      await app.printed(/"event":"process"[^]*"event":"process"/)
      const lines = await app.stop()
      assert.equal(ofEvent(lines, 'process').length, 3)
      assert.deepEqual(
        ofEvent(lines, 'route').map((line) => [line.requests, line.requestsTotal]),
        [
          [1, 1],
          [1, 2],
        ],
      )
      assert.equal(ofEvent(lines, 'stop')[0]?.reason, 'SIGTERM')
    })
  }
})

describe('after stop()', () => {
  it('every prototype is as it was, own or inherited, and the process ends by itself', async () => {
    const file = join(FIXTURES, 'prototypes.cjs')
    const lib = join(ROOT, 'dist/lib/index.js')
    for (const args of [[], ['loaded']]) {
      const { code, stdout, stderr } = await runNode([file, lib, ...args])
      assert.equal(stderr, '')
      assert.equal(code, 0)
      const own = stdout.split('\n').filter((line) => line && !line.startsWith('{'))
      for (const line of own) assert.match(line, /^\w+( true)+$/)
      assert.equal(own.length, args.length === 0 ? 11 : 19)
      const lines = parseLines(stdout)
      assert.equal(ofEvent(lines, 'stop')[0]?.reason, 'stop')
    }
  })

  it('requests that were in flight end without memprof', async (t) => {
    const app = await startApp(t, 'outcomes.cjs', { preload: [] })
    const lib = JSON.stringify(join(ROOT, 'dist/lib/index.js'))
    await app.ask(`void (globalThis.memprof = require(${lib}).start())`)
    const client = new RawConnection(app.port)
    client.send(get('/held') + get('/held-too', 'Connection: close\r\n'))
    while ((await app.ask<number>('heldCount()')) < 2) {
      // Each question is a round trip.
    }
    await app.ask('memprof.stop()')
    await app.ask('release()')
    assert.match(await client.closed(), /released[^]*released/)
    const lines = await app.stop()
    assert.equal(ofEvent(lines, 'stop')[0]?.inFlight, 2)
  })
})

describe('an error inside memprof', () => {
  const BREAKS: Array<[what: string, code: string]> = [
    ['start', `Recorder.prototype.start = () => { throw new Error('planted') }`],
    ['finish', `Recorder.prototype.finish = () => { throw new Error('planted') }`],
    ['close', `Recorder.prototype.close = () => { throw new Error('planted') }`],
    ['enterLayer', `Recorder.prototype.enterLayer = () => { throw new Error('planted') }`],
    ['markUnmatched', `Recorder.prototype.markUnmatched = () => { throw new Error('planted') }`],
    ['drain', `Recorder.prototype.drain = () => { throw new Error('planted') }`],
    ['detach', `Recorder.prototype.detach = () => { throw new Error('planted') }`],
  ]
  for (const [what, code] of BREAKS) {
    it(`(in ${what}) reaches no request, and is told once`, async (t) => {
      const breaker = script(
        t,
        `const { Recorder } = require(${JSON.stringify(join(ROOT, 'dist/lib/record/recorder.js'))})
         ${code}`,
      )
      const app = await startApp(t, 'express5.cjs', {
        preload: ['-r', REGISTER, '-r', breaker],
        env: { MEMPROF_INTERVAL: '100ms' },
      })
      for (let sent = 0; sent < 3; sent++) {
        assert.equal((await request(app.port, '/v1/items/7')).body, '{"id":"7"}')
        assert.equal((await request(app.port, '/nowhere')).status, 404)
      }
      const lines = await app.stop()
      assert.equal((await app.ended).signal, 'SIGTERM')
      const told = ofEvent(lines, 'warning').filter((line) => line.msg.includes('planted'))
      assert.equal(told.length, 1, app.stdout)
      assert.match(app.stderr, /^(memprof: failed 10 times; [^\n]*\n)?$/)
    })
  }

  it('ten times over ends memprof, and never the app', async (t) => {
    const breaker = script(
      t,
      `const { Recorder } = require(${JSON.stringify(join(ROOT, 'dist/lib/record/recorder.js'))})
       Recorder.prototype.start = () => { throw new Error('planted') }`,
    )
    const app = await startApp(t, 'express5.cjs', { preload: ['-r', REGISTER, '-r', breaker] })
    for (let sent = 0; sent < 20; sent++) {
      assert.equal((await request(app.port, '/a')).status, 200)
    }
    await app.settled()
    assert.equal(ofEvent(app.lines, 'stop').length, 1)
    assert.match(app.stderr, /^memprof: failed 10 times; the app runs on without memprof\.\n$/)
    assert.equal(await app.ask(`process.listenerCount('SIGTERM')`), 0)
  })

  it('while it wakes up is told in one line, and the app serves', async (t) => {
    const breaker = script(
      t,
      `const file = ${JSON.stringify(join(ROOT, 'dist/lib/recording/recording.js'))}
       require(file)
       require.cache[file].exports = { Recording: function () { throw new Error('planted') } }`,
    )
    const app = await startApp(t, 'express5.cjs', { preload: ['-r', REGISTER, '-r', breaker] })
    assert.equal((await request(app.port, '/a')).status, 200)
    await app.stop()
    assert.deepEqual(app.lines, [])
    assert.match(app.stderr, /^memprof: could not start \(planted\); the app runs on[^\n]*\n$/)
  })
})

function findNpm(beside: string): string {
  try {
    readFileSync(beside)
    return beside
  } catch {
    // The binary of npm's `node` package has no npm beside it.
    const root = execFileSync('npm', ['root', '-g'], { encoding: 'utf8' }).trim()
    return join(root, 'npm/bin/npm-cli.js')
  }
}
